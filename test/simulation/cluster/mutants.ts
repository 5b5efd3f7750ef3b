/** A change of one compiled module. */
export interface Change {
  /** Below `dist/src`, without its ending. */
  readonly file: string;
  /** Text that stands in it exactly once. */
  readonly from: string;
  readonly to: string;
}

/** A known bug, put back in. */
export interface Mutant {
  readonly name: string;
  readonly what: string;
  readonly changes: readonly Change[];
}

/** The module with its changes. @throws Error where a text is not there exactly once: the code has moved, and the table must follow */
export function mutate(source: string, changes: readonly Change[]): string {
  return changes.reduce((text, { file, from, to }) => {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
    return parts.join(to);
  }, source);
}
