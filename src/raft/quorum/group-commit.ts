import { NO_LIMIT } from '../config.js';
import { type GroupAckedIndexer, type GroupCommittedIndex, majority } from './quorum.js';

/**
 * The committed index of voters that stand in commit groups, say data centres: an entry is committed only when a majority has it and
 * voters of two different groups do (raft-rs group commit).
 *
 * Where that cannot be, it falls back: to the majority's index where all voters are of one group, to the lowest acknowledged index where
 * some voter has no group and no two groups are seen, so that an unfinished assignment holds commits back rather than weaken them.
 */
export function groupCommittedIndex(ids: readonly number[], acked: GroupAckedIndexer): GroupCommittedIndex {
  if (ids.length === 0) return { index: NO_LIMIT, usedGroupCommit: true };
  const voters = ids.map((id) => ({ index: acked.ackedIndex(id) ?? 0, group: acked.commitGroup(id) }));
  voters.sort((left, right) => right.index - left.index);
  const last = voters[majority(voters.length) - 1]!;
  const lowest = voters[voters.length - 1]!;

  let group = last.group;
  let everyoneHasGroup = true;
  for (const voter of voters) {
    if (voter.group === 0) everyoneHasGroup = false;
    else if (group === 0) group = voter.group;
    else if (voter.group !== group) return { index: Math.min(voter.index, last.index), usedGroupCommit: true };
  }
  return { index: everyoneHasGroup ? last.index : lowest.index, usedGroupCommit: false };
}
