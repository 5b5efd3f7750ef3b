import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Text of every file that a rule looks at, by its path from the root of the checkout. */
export type SourceTree = ReadonlyMap<string, string>;

/** Root of the checkout. */
export const checkout = fileURLToPath(new URL('../..', import.meta.url));

const codeFolders = ['src', 'commands', 'bin', 'bench', 'test', 'docs'];

/** Every source file of the checkout, the generated ones too: they can be imported. */
export function readSourceTree(root: string = checkout): SourceTree {
  const files = codeFolders.flatMap((folder) => filesBelow(join(root, folder)));
  const sources = files.filter((file) => /\.(ts|js)$/.test(file));
  return new Map(sources.map((file) => [relative(root, file).replaceAll('\\', '/'), readFileSync(file, 'utf8')]));
}

/** Files in a folder and in those within it, ascending. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Whether people wrote the file. */
export function isHandWritten(file: string): boolean {
  return !file.startsWith('src/gen/');
}
