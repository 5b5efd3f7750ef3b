import { assert } from '../../base/assert.js';
import { INVALID_INDEX, NO_LIMIT } from '../config.js';
import { Inflights } from './inflights.js';

/**
 * How a leader sends to a peer. `probe`: one append at a time, until it is known where the logs meet. `replicate`: a stream of appends, as
 * wide as the window. `snapshot`: nothing, until the snapshot that was sent has arrived.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

/**
 * What a leader knows of a peer's log, and what it may send to it.
 *
 * Invariant: 0 <= matched < nextIdx.
 */
export class Progress {
  /** Highest index known to be on the peer's disk. */
  matched = 0;
  /** Index of the next entry to send. In `replicate` it runs ahead of what the peer has acknowledged. */
  nextIdx: number;
  state: ProgressState = 'probe';
  /**
   * Nothing more is to be sent until an answer to an append or to a heartbeat comes: a probe is under way, or the window is full (etcd
   * `MsgAppFlowPaused`).
   */
  msgAppFlowPaused = false;
  /** Index of the snapshot under way while in `snapshot`; 0 otherwise. */
  pendingSnapshot = INVALID_INDEX;
  /** Index from which the peer has asked for a snapshot; 0: it has not (raft-rs). */
  pendingRequestSnapshot = INVALID_INDEX;
  /** Whether the peer was heard from since check-quorum last looked. */
  recentActive = false;
  /** The leader's ticks when `matched` last rose, or when the leader began with this peer. */
  progressedAt = 0;
  /** Gets entries, but has no vote. Voters of the outgoing half that will be learners are not learners yet. */
  isLearner = false;
  /** Group for group commit; 0: none (raft-rs). */
  commitGroupId = 0;
  /** Highest commit index that the peer has told (raft-rs). Never goes back. */
  committedIndex = 0;
  /** Appends under way. */
  readonly ins: Inflights;
  /** Highest commit index sent to the peer that it will take once all before it has arrived. Invariant: < nextIdx. */
  #sentCommit = 0;

  constructor(nextIdx: number, maxInflightMsgs: number, maxInflightBytes = NO_LIMIT) {
    this.nextIdx = nextIdx;
    this.ins = new Inflights(maxInflightMsgs, maxInflightBytes);
  }

  /** Starts over, as a new leader does: nothing is known of the peer but that it may lack what comes at `nextIdx`. */
  reset(nextIdx: number): void {
    this.matched = 0;
    this.nextIdx = nextIdx;
    this.pendingRequestSnapshot = INVALID_INDEX;
    this.recentActive = false;
    this.progressedAt = 0;
    this.#sentCommit = 0;
    this.#enter('probe');
  }

  /** One append at a time, after what is known to be there: after the snapshot under way, or after `matched`. */
  becomeProbe(): void {
    // A snapshot that was sent but not yet acknowledged is taken to have arrived: if it has not, the probe is rejected.
    this.nextIdx = Math.max(this.matched, this.pendingSnapshot) + 1;
    this.#enter('probe');
    this.#lowerSentCommit();
  }

  /** A stream of appends, after `matched`. */
  becomeReplicate(): void {
    this.#enter('replicate');
    this.nextIdx = this.matched + 1;
    this.#lowerSentCommit();
  }

  /** A snapshot of `index` is under way. */
  becomeSnapshot(index: number): void {
    this.#enter('snapshot');
    this.pendingSnapshot = index;
    this.nextIdx = index + 1;
    this.#sentCommit = index;
  }

  /** The snapshot did not arrive: `becomeProbe` will start after `matched`. */
  snapshotFailure(): void {
    this.pendingSnapshot = INVALID_INDEX;
  }

  /**
   * The peer acknowledges up to `index`.
   * @returns whether that is news
   */
  maybeUpdate(index: number): boolean {
    if (index <= this.matched) return false;
    this.matched = index;
    this.nextIdx = Math.max(this.nextIdx, index + 1);
    this.resume();
    return true;
  }

  /** The peer tells its commit index (raft-rs). */
  updateCommitted(committedIndex: number): void {
    this.committedIndex = Math.max(this.committedIndex, committedIndex);
  }

  /**
   * The peer rejects an append, or asks for a snapshot.
   * @param rejected index before the entries of the rejected append
   * @param hint where the peer says that the logs may meet
   * @param requestSnapshot index from which it asks for a snapshot; 0: it does not
   * @returns false where the rejection is an old one, made known false by what came after it
   */
  maybeDecrTo(rejected: number, hint: number, requestSnapshot = INVALID_INDEX): boolean {
    if (requestSnapshot !== INVALID_INDEX) return this.#takeSnapshotRequest(rejected, requestSnapshot);
    if (this.state === 'replicate') {
      if (rejected <= this.matched) return false;
      this.nextIdx = this.matched + 1;
    } else {
      if (this.nextIdx - 1 !== rejected) return false;
      this.nextIdx = Math.max(Math.min(rejected, hint + 1), this.matched + 1);
      this.resume();
    }
    this.#lowerSentCommit();
    return true;
  }

  /** Whether nothing may be sent but heartbeats. */
  isPaused(): boolean {
    return this.state === 'snapshot' || this.msgAppFlowPaused;
  }

  /** Holds appends back until the next answer. */
  pause(): void {
    this.msgAppFlowPaused = true;
  }

  /** Lets appends go on. */
  resume(): void {
    this.msgAppFlowPaused = false;
  }

  /** An append of `entries` entries and `bytes` bytes was sent, from `nextIdx` on (etcd `SentEntries`; raft-rs `update_state`). */
  sentEntries(entries: number, bytes: number): void {
    assert(this.state !== 'snapshot', 'an append was sent while a snapshot is under way');
    if (this.state === 'probe') {
      if (entries > 0) this.pause();
      return;
    }
    if (entries > 0) {
      this.nextIdx += entries;
      this.ins.add(this.nextIdx - 1, bytes);
    }
    // With a full window the next append is a probe: an empty one for each answer to a heartbeat, lest a loss go unseen.
    this.msgAppFlowPaused = this.ins.full();
  }

  /** Whether telling the peer of this commit index can move it, given what it was already told and sent. */
  canBumpCommit(index: number): boolean {
    return index > this.#sentCommit && this.#sentCommit < this.nextIdx - 1;
  }

  /** The peer was sent this commit index. */
  sentCommit(index: number): void {
    this.#sentCommit = index;
  }

  /** `StateReplicate match=11 next=12 learner paused pendingSnap=9 inactive inflight=3[full]`, as etcd/raft prints it. */
  toString(): string {
    const words = [`${PROGRESS_STATE_NAMES[this.state]} match=${this.matched} next=${this.nextIdx}`];
    if (this.isLearner) words.push('learner');
    if (this.isPaused()) words.push('paused');
    if (this.pendingSnapshot > 0) words.push(`pendingSnap=${this.pendingSnapshot}`);
    if (!this.recentActive) words.push('inactive');
    if (this.ins.count > 0) words.push(`inflight=${this.ins.count}${this.ins.full() ? '[full]' : ''}`);
    return words.join(' ');
  }

  #takeSnapshotRequest(committed: number, requestSnapshot: number): boolean {
    if (this.state === 'replicate') {
      if (committed < this.matched) return false;
      this.pendingRequestSnapshot = requestSnapshot;
      return true;
    }
    if (this.pendingRequestSnapshot === INVALID_INDEX) this.pendingRequestSnapshot = requestSnapshot;
    this.resume();
    return true;
  }

  #enter(state: ProgressState): void {
    this.state = state;
    this.resume();
    this.pendingSnapshot = INVALID_INDEX;
    this.ins.reset();
  }

  /** What is to be sent again must not be taken for committed there. */
  #lowerSentCommit(): void {
    this.#sentCommit = Math.min(this.#sentCommit, this.nextIdx - 1);
  }
}

/** Names of the states, as etcd/raft prints them. */
export const PROGRESS_STATE_NAMES: Readonly<Record<ProgressState, string>> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};
