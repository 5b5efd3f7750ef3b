import { randomInt } from '../base/random.js';
import type { HardState, Message } from '../gen/raft/v1/raft.js';
import { isReachable, restore } from './confchange/restore.js';
import { type Config, INVALID_ID, INVALID_INDEX, maxElectionTick, minElectionTick, validateConfig } from './config.js';
import { isCount } from './counts.js';
import { FatalRaftError } from './errors.js';
import { RaftLog } from './raft-log.js';
import { ForwardedReads, type PendingRead, ReadOnly, type ReadState } from './read-only.js';
import type { Storage } from './storage.js';
import { traceState } from './trace.js';
import { ProgressTracker } from './tracker/progress-tracker.js';

/** What a node is at the moment (Paper §5.1); a pre-candidate asks for votes before it raises the term (Thesis §9.6). */
export type StateRole = 'follower' | 'candidate' | 'leader' | 'pre-candidate';

/** What a node knows that need not be durable. */
export interface SoftState {
  readonly leaderId: number;
  readonly raftState: StateRole;
}

/** Committed entries that were handed out and not yet reported applied. */
export interface HandedOut {
  /** Index of the last of them. */
  readonly index: number;
  /** Their bytes as the quota of uncommitted proposals counts them. */
  readonly bytes: number;
}

/**
 * All that a node is: one record, changed only by the functions of this room, one input at a time. Whatever it wants done leaves it by
 * `messages`, `messagesAfterAppend`, `readStates` and the log, which a `Ready` collects.
 */
export class Raft {
  readonly id: number;
  readonly config: Config;
  readonly raftLog: RaftLog;
  readonly tracker: ProgressTracker;

  /** Latest term seen. Durable, with `vote`, before any message of it leaves. */
  term = 0;
  /** Whom this node voted for in `term`; 0: nobody. */
  vote = INVALID_ID;
  role: StateRole = 'follower';
  /** Leader of `term` as far as is known; 0: none. */
  leaderId = INVALID_ID;
  /** Whom the leader is handing over to; 0: nobody. Nothing is proposed meanwhile. */
  leadTransferee = INVALID_ID;
  /** The leader has asked this node to take over, and it will as soon as it has applied the changes of the configuration that it must. */
  takesOverWhenApplied = false;
  /**
   * Index of the newest configuration change that may be in the log, or a bound above it: while it is not applied, the leader takes no
   * other (Thesis §4.1).
   */
  pendingConfIndex = INVALID_INDEX;
  /** Index from which this follower asks its leader for a snapshot; 0: it does not (raft-rs). */
  pendingRequestSnapshot = INVALID_INDEX;

  /** Ticks since the last word from the leader, or since the leader last checked its quorum. */
  electionElapsed = 0;
  heartbeatElapsed = 0;
  /** Ticks since this node began to lead. */
  leaderTicks = 0;
  /** Voters whose votes had come when this leader was elected, ascending; what comes later is not counted. Empty in other roles. */
  electedBy: readonly number[] = [];
  /** Drawn anew at each change of role or term from [minElectionTick, maxElectionTick). */
  randomizedElectionTimeout = 0;

  /** Bytes of this leader's proposals that are not applied yet. */
  uncommittedSize = 0;
  /** Last index when this leader was elected: entries up to there were never counted. */
  uncommittedTail = INVALID_INDEX;
  /** Oldest first. */
  readonly handedOut: HandedOut[] = [];

  readonly readOnly = new ReadOnly();
  readonly forwardedReads: ForwardedReads;
  /** Reads that came before this leader had committed an entry of its term: only then it knows what is committed (Paper §8). */
  earlyReads: PendingRead[] = [];
  readStates: ReadState[] = [];

  /** Messages that a leader may send before its own disk has written. */
  messages: Message[] = [];
  /** Votes and acknowledgements: they leave, also towards this node itself, once what they stand for is durable. */
  messagesAfterAppend: Message[] = [];

  // Settings that can be changed while the node runs; their meaning is that of `Config`.
  checkQuorum: boolean;
  skipBcastCommit: boolean;
  batchAppend: boolean;
  priority: number;
  /** Whether the application lets this node campaign. */
  campaigns = true;
  maxCommittedSizePerReady: number;

  /** @throws RaftError of kind `config-invalid`; FatalRaftError where storage contradicts itself */
  constructor(config: Config, store: Storage) {
    validateConfig(config);
    this.config = config;
    this.id = config.id;
    this.checkQuorum = config.checkQuorum;
    this.skipBcastCommit = config.skipBcastCommit;
    this.batchAppend = config.batchAppend;
    this.priority = config.priority;
    this.maxCommittedSizePerReady = config.maxCommittedSizePerReady;
    this.raftLog = new RaftLog(store, config.applyUnstableEntries);
    this.tracker = new ProgressTracker(config.maxInflightMsgs, config.maxInflightBytes);
    this.forwardedReads = new ForwardedReads(config.random());

    const { hardState, confState } = this.raftLog.initialState();
    if (!isReachable(confState)) {
      throw new FatalRaftError('the configuration in storage is not one that changes can lead to');
    }
    restore(this.tracker, this.raftLog.lastIndex() + 1, confState);
    this.#loadHardState(hardState);
    this.#loadApplied(config.applied);
    this.randomizedElectionTimeout = this.drawElectionTimeout();
    traceState(this, 'InitState');
  }

  #loadHardState(hardState: HardState): void {
    const { committed } = this.raftLog;
    const last = this.raftLog.lastIndex();
    const { term, vote, commit } = hardState;
    if (term === 0 && vote === 0 && commit === 0) return;
    if (!isCount(term) || !isCount(vote) || !isCount(commit)) {
      throw new FatalRaftError(`the hard state in storage is none: term ${term}, vote ${vote}, commit ${commit}`);
    }
    if (commit < committed || commit > last) {
      throw new FatalRaftError(`hard state's commit ${commit} is out of [${committed}, ${last}]`);
    }
    this.raftLog.committed = commit;
    this.term = term;
    this.vote = vote;
  }

  #loadApplied(applied: number): void {
    const { raftLog } = this;
    if (applied <= raftLog.applied) return;
    raftLog.applied = applied;
    // What is applied was committed, though the commit index need not have been durable. Only where entries may be applied before they are
    // persisted can the log at hand still hold another one there.
    if (this.config.maxApplyUnpersistedLogLimit === 0) raftLog.commitTo(Math.min(applied, raftLog.lastIndex()));
  }

  /** A new randomised election time-out, in ticks. */
  drawElectionTimeout(): number {
    return randomInt(this.config.random, minElectionTick(this.config), maxElectionTick(this.config));
  }

  get softState(): SoftState {
    return { leaderId: this.leaderId, raftState: this.role };
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.raftLog.committed };
  }

  /** Whether this node may become leader: a voter of either half that has no snapshot to install, and that is let. */
  get promotable(): boolean {
    return this.campaigns && this.tracker.conf.voters.contains(this.id) && !this.raftLog.hasPendingSnapshot();
  }

  /** Whether a configuration change may be unapplied. May err on the side of yes. */
  get hasPendingConf(): boolean {
    return this.pendingConfIndex > this.raftLog.applied;
  }

  /** Whether this leader has committed an entry of its own term. */
  get commitToCurrentTerm(): boolean {
    return this.raftLog.matchTerm(this.raftLog.committed, this.term);
  }

  /** Whether this leader has applied an entry of its own term. */
  get applyToCurrentTerm(): boolean {
    return this.raftLog.matchTerm(this.raftLog.applied, this.term);
  }

  /** Whether followers learn of a new commit index at once. */
  get shouldBcastCommit(): boolean {
    return !this.skipBcastCommit || this.hasPendingConf;
  }

  /**
   * Whether no other leader can have been elected: this one checks its quorum, has heard from it in this period, and asked nobody to take
   * over, which would pass the lease.
   */
  get inLease(): boolean {
    if (this.role !== 'leader' || !this.checkQuorum || this.leadTransferee !== INVALID_ID) return false;
    const active = new Set<number>([this.id]);
    for (const [id, progress] of this.tracker.progress) {
      if (progress.recentActive) active.add(id);
    }
    return this.tracker.hasQuorum(active);
  }
}
