import { MajorityConfig } from './majority.js';
import type { AckedIndexer, GroupAckedIndexer, GroupCommittedIndex, VoteResult, Votes } from './quorum.js';

const NOBODY = new MajorityConfig();

/**
 * Two sets of voters that must both agree (Thesis §4.3). While no change is under way the outgoing set is empty, and agrees to
 * everything. Never changes; a new configuration is a new object.
 */
export class JointConfig {
  readonly #ids: readonly number[];

  constructor(
    /** The set that is being moved to; the only one while not joint. */
    readonly incoming: MajorityConfig = NOBODY,
    /** The set that is being left; empty while not joint. */
    readonly outgoing: MajorityConfig = NOBODY,
  ) {
    this.#ids = new MajorityConfig([...incoming.ids, ...outgoing.ids]).ids;
  }

  /** Voters of either half, ascending. */
  ids(): readonly number[] {
    return this.#ids;
  }

  /** Whether it is a voter of either half. */
  contains(id: number): boolean {
    return this.#ids.includes(id);
  }

  /** Whether both sets count. */
  isJoint(): boolean {
    return this.outgoing.size > 0;
  }

  /** Whether one voter decides alone. */
  isSingleton(): boolean {
    return !this.isJoint() && this.incoming.size === 1;
  }

  /** Highest index that a majority of both halves has acknowledged; NO_LIMIT where there is no voter at all. */
  committedIndex(acked: AckedIndexer): number {
    return Math.min(this.incoming.committedIndex(acked), this.outgoing.committedIndex(acked));
  }

  /** The lower of what group commit allows in both halves; used only where both used it. */
  groupCommittedIndex(acked: GroupAckedIndexer): GroupCommittedIndex {
    const incoming = this.incoming.groupCommittedIndex(acked);
    const outgoing = this.outgoing.groupCommittedIndex(acked);
    return {
      index: Math.min(incoming.index, outgoing.index),
      usedGroupCommit: incoming.usedGroupCommit && outgoing.usedGroupCommit,
    };
  }

  /** Won where both halves are won, lost where either is lost. */
  voteResult(votes: Votes): VoteResult {
    const incoming = this.incoming.voteResult(votes);
    const outgoing = this.outgoing.voteResult(votes);
    if (incoming === outgoing) return incoming;
    return incoming === 'lost' || outgoing === 'lost' ? 'lost' : 'pending';
  }

  /** `(1 2)` or, while joint, `(1 2)&&(1)` */
  toString(): string {
    return this.isJoint() ? `${this.incoming}&&${this.outgoing}` : this.incoming.toString();
  }
}
