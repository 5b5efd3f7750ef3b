import type { ConfState } from '../../gen/raft/v1/raft.js';
import { JointConfig } from '../quorum/joint.js';

/**
 * Who is in the group and in which part. Never changes; a new configuration is a new object. All sets are in ascending order.
 *
 * Invariants (held by `Changer`): learners and voters of either half have nobody in common; `learnersNext` is part of the outgoing half,
 * and empty while not joint; `autoLeave` is false while not joint.
 */
export class Configuration {
  readonly voters: JointConfig;
  /** Members without a vote. */
  readonly learners: ReadonlySet<number>;
  /** Voters of the outgoing half that become learners when the joint configuration is left: until then they keep their vote. */
  readonly learnersNext: ReadonlySet<number>;
  /** The leader leaves the joint configuration by itself as soon as it is applied. */
  readonly autoLeave: boolean;

  constructor(
    voters = new JointConfig(),
    learners: Iterable<number> = [],
    learnersNext: Iterable<number> = [],
    autoLeave = false,
  ) {
    this.voters = voters;
    this.learners = ascending(learners);
    this.learnersNext = ascending(learnersNext);
    this.autoLeave = autoLeave;
  }

  /** Whether a change is half way: two majorities are needed. */
  isJoint(): boolean {
    return this.voters.isJoint();
  }

  /** Voters of either half and learners, ascending. */
  members(): ReadonlySet<number> {
    return ascending([...this.voters.ids(), ...this.learners]);
  }

  /** As it is kept in snapshots; every list ascends. */
  toConfState(): ConfState {
    return {
      voters: [...this.voters.incoming.ids],
      votersOutgoing: [...this.voters.outgoing.ids],
      learners: [...this.learners],
      learnersNext: [...this.learnersNext],
      autoLeave: this.autoLeave,
    };
  }

  /** `voters=(1 2)&&(1) learners=(3) learners_next=(4) autoleave` */
  toString(): string {
    const words = [`voters=${this.voters}`];
    if (this.learners.size > 0) words.push(`learners=(${[...this.learners].join(' ')})`);
    if (this.learnersNext.size > 0) words.push(`learners_next=(${[...this.learnersNext].join(' ')})`);
    if (this.autoLeave) words.push('autoleave');
    return words.join(' ');
  }
}

function ascending(ids: Iterable<number>): ReadonlySet<number> {
  return new Set([...ids].sort((left, right) => left - right));
}
