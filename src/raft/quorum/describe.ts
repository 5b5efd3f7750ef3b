import type { AckedIndexer } from './quorum.js';

/**
 * A table for people: one line a voter, its acknowledged index, and a bar as long as the number of voters that are behind it. A `?` is a
 * voter of which nothing is known.
 *
 * ```
 *        idx
 * x>     100    (id=1)
 * xx>    101    (id=2)
 * >       99    (id=3)
 * ```
 * @param ids ascending
 */
export function describeCommittedIndex(ids: readonly number[], acked: AckedIndexer): string {
  if (ids.length === 0) return '<empty majority quorum>';
  const width = ids.length;
  const indexes = ids.map((id) => acked.ackedIndex(id) ?? 0);
  // Of voters with equal indexes only the first has a bar, as raft-rs draws it.
  const barOf = (index: number, at: number) =>
    indexes.indexOf(index) === at ? indexes.filter((other) => other < index).length : 0;
  const lines = ids.map((id, at) => {
    const bar =
      acked.ackedIndex(id) === undefined
        ? '?'.padEnd(width + 1)
        : `${'x'.repeat(barOf(indexes[at]!, at))}>`.padEnd(width + 1);
    return `${bar} ${String(indexes[at]).padStart(5)}    (id=${id})\n`;
  });
  return `${' '.repeat(width)}    idx\n${lines.join('')}`;
}
