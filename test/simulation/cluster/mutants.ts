import { coreMutants } from './mutants-of-core.js';
import { nodeMutants } from './mutants-of-node.js';
import { storageMutants } from './mutants-of-storage.js';

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
  /** Profile that has what it takes to notice it; left out: any. */
  readonly profile?: string;
  readonly changes: readonly Change[];
}

/** The famous bugs of Raft systems, each put into this one: the simulator must notice them all. */
export const MUTANTS: readonly Mutant[] = [...coreMutants, ...nodeMutants, ...storageMutants].sort(
  (left, right) => numberOf(left) - numberOf(right) || left.name.localeCompare(right.name),
);

function numberOf({ name }: Mutant): number {
  return Number.parseInt(name.slice(1), 10);
}

/** The module with its changes. @throws Error where a text is not there exactly once: the code has moved, and the table must follow */
export function mutate(source: string, changes: readonly Change[]): string {
  return changes.reduce((text, { file, from, to }) => {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${from}`);
    return parts.join(to);
  }, source);
}
