import type { ConfState } from '../../gen/raft/v1/raft.js';
import { NO_LIMIT } from '../config.js';
import type { GroupAckedIndexer, GroupCommittedIndex, VoteResult } from '../quorum/quorum.js';
import { Configuration } from './configuration.js';
import { Progress } from './progress.js';

/** A member that a change of the configuration brings or takes away. */
export interface MapChange {
  readonly id: number;
  readonly type: 'add' | 'remove';
}

/** How a vote stands. */
export interface VoteTally {
  readonly granted: number;
  readonly rejected: number;
  readonly result: VoteResult;
}

/**
 * The configuration in force, the progress of each of its members, and the votes of the election under way.
 *
 * Invariant: there is a progress for every member of the configuration and for nobody else; `progress` iterates in ascending id, so
 * that the same inputs send the same messages in the same order.
 */
export class ProgressTracker implements GroupAckedIndexer {
  #progress = new Map<number, Progress>();
  #conf = new Configuration();
  readonly #votes = new Map<number, boolean>();
  #groupCommit = false;

  constructor(
    readonly maxInflightMsgs: number,
    readonly maxInflightBytes = NO_LIMIT,
  ) {}

  get conf(): Configuration {
    return this.#conf;
  }

  /** Ascending by id. */
  get progress(): ReadonlyMap<number, Progress> {
    return this.#progress;
  }

  /** Progress of a member; undefined for anybody else. */
  get(id: number): Progress | undefined {
    return this.#progress.get(id);
  }

  /** Forgets the configuration, every progress and every vote. */
  clear(): void {
    this.#progress.clear();
    this.#conf = new Configuration();
    this.#votes.clear();
  }

  /** The configuration as it is kept in snapshots; every list ascends. */
  toConfState(): ConfState {
    return this.#conf.toConfState();
  }

  /** Whether one voter decides alone. */
  isSingleton(): boolean {
    return this.#conf.voters.isSingleton();
  }

  /** Highest index that may be committed as far as numbers go; the term of its entry must still be looked at (Paper §5.4.2). */
  maximalCommittedIndex(): number {
    return this.#groupCommit ? this.groupCommittedIndex().index : this.#conf.voters.committedIndex(this);
  }

  /** What group commit allows, whether or not it is on. */
  groupCommittedIndex(): GroupCommittedIndex {
    return this.#conf.voters.groupCommittedIndex(this);
  }

  /** Whether commits must be on two commit groups (raft-rs group commit). */
  enableGroupCommit(on: boolean): void {
    this.#groupCommit = on;
  }

  /** Whether group commit is on. */
  groupCommit(): boolean {
    return this.#groupCommit;
  }

  ackedIndex(id: number): number | undefined {
    return this.#progress.get(id)?.matched;
  }

  commitGroup(id: number): number {
    return this.#progress.get(id)?.commitGroupId ?? 0;
  }

  /** Begins a new election. */
  resetVotes(): void {
    this.#votes.clear();
  }

  /** A peer's answer to a request for its vote; only its first one counts. */
  recordVote(id: number, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted);
  }

  /** Voters that have granted their vote so far, ascending. */
  grantedBy(): number[] {
    return [...this.#conf.voters.ids()].filter((id) => this.#votes.get(id) === true).sort((a, b) => a - b);
  }

  /** Counts the votes. Answers of those that are no voters do not count: a learner may have voted that does not know it is one. */
  tallyVotes(): VoteTally {
    let granted = 0;
    let rejected = 0;
    for (const id of this.#conf.voters.ids()) {
      const vote = this.#votes.get(id);
      if (vote === true) granted++;
      else if (vote === false) rejected++;
    }
    return { granted, rejected, result: this.#conf.voters.voteResult(this.#votes) };
  }

  /** How the voters in `votes` would decide. */
  voteResult(votes: ReadonlyMap<number, boolean>): VoteResult {
    return this.#conf.voters.voteResult(votes);
  }

  /** Whether the members of `ids` are a quorum. */
  hasQuorum(ids: ReadonlySet<number>): boolean {
    const votes = new Map<number, boolean>();
    for (const id of ids) votes.set(id, true);
    return this.voteResult(votes) === 'won';
  }

  /** Whether a quorum was heard from since this was last asked; `self` always is. Starts the next period: all others count as silent. */
  quorumRecentlyActive(self: number): boolean {
    const active = new Set<number>();
    for (const [id, progress] of this.#progress) {
      if (id === self) progress.recentActive = true;
      if (progress.recentActive) active.add(id);
      if (id !== self) progress.recentActive = false;
    }
    return this.hasQuorum(active);
  }

  /**
   * Puts a configuration that a `Changer` has made into force. New members start at `nextIdx` as if just heard from, lest check-quorum
   * depose a leader for adding them.
   */
  applyConf(conf: Configuration, changes: readonly MapChange[], nextIdx: number): void {
    this.#conf = conf;
    for (const { id, type } of changes) {
      this.#progress.delete(id);
      if (type === 'add') this.#progress.set(id, this.#newProgress(nextIdx));
    }
    this.#progress = new Map([...this.#progress].sort(([left], [right]) => left - right));
    for (const [id, progress] of this.#progress) progress.isLearner = conf.learners.has(id);
  }

  #newProgress(nextIdx: number): Progress {
    // An empty log has no entry 0 to send.
    const progress = new Progress(Math.max(nextIdx, 1), this.maxInflightMsgs, this.maxInflightBytes);
    progress.recentActive = true;
    return progress;
  }
}
