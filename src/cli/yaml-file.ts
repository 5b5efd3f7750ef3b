import { messageOf, RaftctlError } from '../base/errors.js';
import { type InputFileRules, readInputText } from './input-file.js';

/** Path to a part of a document. */
export type Place = readonly (string | number)[];
/** Refuses what stands at a place, for a reason. */
export type Refuse = (place: Place, why: string) => never;

/** What a YAML file holds, and how to refuse a part of it. */
export interface YamlFile {
  readonly value: unknown;
  readonly refuse: Refuse;
}

/**
 * Reads a YAML file: one document, no key twice in a mapping, and no aliases, with which a short file stands for a huge value.
 * @param hint what to do where it is refused
 * @param check judges whose file it is, before it is read
 * @throws RaftctlError E_USAGE naming the file and the line
 */
export async function readYaml(path: string, hint?: string, check?: InputFileRules['check']): Promise<YamlFile> {
  const rules = { bytesMax: yamlBytesMax, ...(check === undefined ? {} : { check }) };
  return parseYaml(path, await readInputText(path, rules), hint);
}

/** Most bytes of a file in YAML: its parser takes a second for each. */
const yamlBytesMax = 1024 * 1024;

/** The same of a text. */
export async function parseYaml(path: string, text: string, hint?: string): Promise<YamlFile> {
  const { LineCounter, parseDocument } = await import('yaml');
  const refusal = (line: number, why: string, cause?: unknown) =>
    new RaftctlError('E_USAGE', `${path}, line ${line}: ${why}`, { ...(hint === undefined ? {} : { hint }), cause });
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line;
  try {
    const document = parseDocument(text, { lineCounter: lines });
    const [problem] = document.errors;
    if (problem !== undefined) {
      throw refusal(lineAt(problem.pos[0]), problem.message.replace(/ at line \d[\s\S]*$/, ''), problem);
    }
    /** Ends with the line of the innermost part of the path that is there. */
    const refuse: Refuse = (place, why) => {
      const around = place.map((_, at) => place.slice(0, place.length - at));
      const ranges = around.map((part) => rangeOf(document.getIn(part, true)));
      throw refusal(lineAt(ranges.find((range) => range !== undefined)?.[0] ?? 0), why);
    };
    return { value: document.toJS({ maxAliasCount: 0 }), refuse };
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    // The parser calls itself for each level.
    const why = thrown instanceof RangeError ? 'it is nested too deep' : messageOf(thrown);
    throw refusal(1, why, thrown);
  }
}

/** A mapping with no fields but the known ones. */
export function fieldsOf(
  value: unknown,
  known: readonly string[],
  place: Place,
  refuse: Refuse,
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(place, `${place.length === 0 ? 'it' : place.join('.')} must have the fields ${known.join(', ')}`);
  }
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger !== undefined)
    refuse([...place, stranger], `there is no field "${stranger}"; there are ${known.join(', ')}`);
  return { ...value };
}

/** A text, or undefined where there is none. */
export function textOf(value: unknown, place: Place, refuse: Refuse): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : refuse(place, `${place.at(-1)} must be a text; put it in quotes`);
}

function rangeOf(node: unknown): readonly number[] | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) ? range : undefined;
}
