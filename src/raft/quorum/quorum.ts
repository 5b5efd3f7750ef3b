/** What is known of a vote: decided for, decided against, or open until more answers come. */
export type VoteResult = 'pending' | 'lost' | 'won';

/** Votes by voter: true for, false against; a voter that is not in it has not answered. */
export type Votes = ReadonlyMap<number, boolean>;

/** Says how far each voter has acknowledged the log. */
export interface AckedIndexer {
  /** Highest index that the voter has acknowledged; undefined where nothing is known of it. */
  ackedIndex(id: number): number | undefined;
}

/** Says also to which commit group a voter belongs, for group commit (raft-rs). */
export interface GroupAckedIndexer extends AckedIndexer {
  /** Commit group of the voter; 0: none. */
  commitGroup(id: number): number;
}

/** What group commit allows. */
export interface GroupCommittedIndex {
  readonly index: number;
  /** Whether the index stands on two groups, rather than falling back because voters have no group or all have the same. */
  readonly usedGroupCommit: boolean;
}

/** The least number of voters that is more than half of `count`. */
export function majority(count: number): number {
  return Math.floor(count / 2) + 1;
}
