/** Lines kept to be shown when a run fails. */
const TAIL_MAX = 60;

/** What happened in a run, as a hash of all its lines: the same seed must give the same one. */
export class Trace {
  #hash = 0x811c9dc5;
  #lines = 0;
  readonly #tail: string[] = [];

  record(line: string): void {
    for (let at = 0; at < line.length; at++) this.#hash = Math.imul(this.#hash ^ line.charCodeAt(at), 0x01000193);
    this.#hash = Math.imul(this.#hash ^ 0x0a, 0x01000193);
    this.#lines++;
    this.#tail.push(line);
    if (this.#tail.length > TAIL_MAX) this.#tail.shift();
  }

  /** Hash and number of the lines so far. */
  get digest(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, '0')}/${this.#lines}`;
  }

  /** The last lines, oldest first. */
  get tail(): readonly string[] {
    return this.#tail;
  }
}

/** A short hash of a text (FNV-1a). */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
