import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Mutant, mutate } from './mutants.js';

/*
 * Hooks of the module loader, which make simulated machines of the real storage: what it imports of the system is another module, and no line
 * of it knows. With a mutant, one or more modules are read with a change in them.
 */

interface Resolved {
  readonly url: string;
  readonly shortCircuit?: boolean;
}
interface Loaded {
  readonly format: string;
  readonly source?: string | ArrayBuffer | Uint8Array;
  readonly shortCircuit?: boolean;
}

/** What the storage room imports, and what it gets. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  lmdb: 'lmdb.js',
  'node:fs/promises': 'fs-promises.js',
  'node:timers/promises': 'timers-promises.js',
};

let mutant: Mutant | undefined;

export function initialize(given: { mutant: Mutant | undefined }): void {
  mutant = given.mutant;
}

export async function resolve(
  specifier: string,
  context: { readonly parentURL?: string },
  next: (specifier: string, context: object) => Promise<Resolved>,
): Promise<Resolved> {
  const substitute = context.parentURL?.includes('/src/storage/') === true ? SUBSTITUTES[specifier] : undefined;
  if (substitute === undefined) return next(specifier, context);
  return { url: new URL(`./substitutes/${substitute}`, import.meta.url).href, shortCircuit: true };
}

export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const changes = mutant?.changes.filter(({ file }) => url.endsWith(`/dist/src/${file}.js`)) ?? [];
  if (changes.length === 0) return next(url, context);
  const source = await readFile(fileURLToPath(url), 'utf8');
  return { format: 'module', source: mutate(source, changes), shortCircuit: true };
}
