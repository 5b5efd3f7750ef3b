import { NO_LIMIT } from '../config.js';
import { groupCommittedIndex } from './group-commit.js';
import {
  type AckedIndexer,
  type GroupAckedIndexer,
  type GroupCommittedIndex,
  majority,
  type VoteResult,
  type Votes,
} from './quorum.js';

/**
 * A set of voters that decides by simple majority. Never changes; a new set is a new object.
 *
 * The empty set agrees to everything: that is how a configuration that is not joint is half of a joint one.
 */
export class MajorityConfig {
  /** Ascending, no duplicates. */
  readonly ids: readonly number[];
  /** Room for one sort, so that looking for the committed index makes no garbage. */
  readonly #acked: Float64Array;

  constructor(ids: Iterable<number> = []) {
    this.ids = [...new Set(ids)].sort((left, right) => left - right);
    this.#acked = new Float64Array(this.ids.length);
  }

  get size(): number {
    return this.ids.length;
  }

  /** Whether it is one of these voters. */
  has(id: number): boolean {
    return this.ids.includes(id);
  }

  /** Highest index that a majority has acknowledged; NO_LIMIT for the empty set. A voter that nothing is known of counts as 0. */
  committedIndex(acked: AckedIndexer): number {
    const count = this.ids.length;
    if (count === 0) return NO_LIMIT;
    const sorted = this.#acked;
    for (let i = 0; i < count; i++) {
      const index = acked.ackedIndex(this.ids[i]!) ?? 0;
      let at = i;
      for (; at > 0 && sorted[at - 1]! > index; at--) sorted[at] = sorted[at - 1]!;
      sorted[at] = index;
    }
    return sorted[count - majority(count)]!;
  }

  /** As `committedIndex`, but held back until two commit groups have the entry (raft-rs group commit). */
  groupCommittedIndex(acked: GroupAckedIndexer): GroupCommittedIndex {
    return groupCommittedIndex(this.ids, acked);
  }

  /** Won with a majority for; lost once a majority for is out of reach. */
  voteResult(votes: Votes): VoteResult {
    if (this.ids.length === 0) return 'won';
    let granted = 0;
    let missing = 0;
    for (const id of this.ids) {
      const vote = votes.get(id);
      if (vote === undefined) missing++;
      else if (vote) granted++;
    }
    const needed = majority(this.ids.length);
    if (granted >= needed) return 'won';
    return granted + missing >= needed ? 'pending' : 'lost';
  }

  /** `(1 2 3)` */
  toString(): string {
    return `(${this.ids.join(' ')})`;
  }
}
