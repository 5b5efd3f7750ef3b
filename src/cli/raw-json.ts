import { randomUUID } from 'node:crypto';

/**
 * A JSON text that goes into documents as it is. A stored value must not be read on the way: JSON's numbers have any number of digits, the
 * runtime's have sixteen.
 */
export class RawJson {
  constructor(readonly text: string) {}

  /** The same value in one line: within a JSON text, line ends stand only where they mean nothing. */
  get line(): string {
    return this.text.replace(/\s*[\r\n]\s*/g, ' ').trim();
  }
}

/** Makes a text of a document, with what each key and value is replaced by on the way. */
export type Stringify = (document: unknown, replacer: (key: string, value: unknown) => unknown) => string;

/**
 * The text of a document in which the raw values stand unread. Each is first written as a mark that nothing else in the document can hold,
 * because JSON.stringify of Node 20 takes no raw text.
 */
export function stringifyWithRaw(document: unknown, stringify: Stringify): string {
  const mark = `raw-${randomUUID()}-`;
  const lines: string[] = [];
  const text = stringify(document, (_key, value) => {
    if (!(value instanceof RawJson)) return value;
    return `${mark}${lines.push(value.line) - 1}`;
  });
  if (lines.length === 0) return text;
  return text.replace(new RegExp(`"?${mark}(\\d+)"?`, 'g'), (_mark, place: string) => lines[Number(place)] ?? '');
}
