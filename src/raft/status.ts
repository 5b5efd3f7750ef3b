import type { HardState } from '../gen/raft/v1/raft.js';
import type { Raft, SoftState } from './raft.js';
import { ROLE_NAMES } from './trace.js';
import type { Configuration } from './tracker/configuration.js';
import { PROGRESS_STATE_NAMES, type Progress, type ProgressState } from './tracker/progress.js';

/** What a leader knows of a member. */
export interface ProgressStatus {
  readonly id: number;
  readonly matched: number;
  readonly nextIdx: number;
  readonly state: ProgressState;
  readonly paused: boolean;
  /** Index of the snapshot under way; 0: none. */
  readonly pendingSnapshot: number;
  /** Whether it was heard from in this period of check-quorum. */
  readonly recentActive: boolean;
  readonly isLearner: boolean;
  /** Appends under way, and whether no more may be. */
  readonly inflight: number;
  readonly inflightFull: boolean;
  /** Entries that it is behind the leader's last one. */
  readonly lag: number;
  /** Ticks since `matched` last rose, or since this leader began with the member: how long one that lags has stood still. */
  readonly ticksSinceProgress: number;
  /** Highest commit index that it has told; 0 without `piggybackCommit`. */
  readonly committedIndex: number;
  readonly commitGroupId: number;
  /** As etcd/raft prints it. */
  readonly text: string;
}

/** How a node stands, without its peers: costs one small object, however large the group is (etcd/raft `BasicStatus`). */
export interface BasicStatus {
  readonly id: number;
  readonly hs: HardState;
  readonly ss: SoftState;
  readonly applied: number;
  /** 0: no transfer is under way. */
  readonly leadTransferee: number;
}

/** How a node stands. A copy: it does not change afterwards. */
export interface Status extends BasicStatus {
  readonly persisted: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly config: Configuration;
  /** Bound of a configuration change that may be unapplied; at or below `applied` where none can be. */
  readonly pendingConfIndex: number;
  /** Ascending by id; empty unless this node leads. */
  readonly progress: readonly ProgressStatus[];
}

/** How `raft` stands, without its peers. */
export function basicStatusOf(raft: Raft): BasicStatus {
  return {
    id: raft.id,
    hs: raft.hardState,
    ss: raft.softState,
    applied: raft.raftLog.applied,
    leadTransferee: raft.leadTransferee,
  };
}

/** How `raft` stands. */
export function statusOf(raft: Raft): Status {
  const { raftLog } = raft;
  return {
    ...basicStatusOf(raft),
    persisted: raftLog.persisted,
    firstIndex: raftLog.firstIndex(),
    lastIndex: raftLog.lastIndex(),
    lastTerm: raftLog.lastTerm(),
    config: raft.tracker.conf,
    pendingConfIndex: raft.pendingConfIndex,
    progress: raft.role === 'leader' ? [...raft.tracker.progress].map(([id, one]) => progressOf(raft, id, one)) : [],
  };
}

/** A status as etcd/raft writes it in JSON: ids in hexadecimal, of each peer the match, the next index and the state. */
export function statusJson({ id, hs, ss, applied, leadTransferee, progress }: Status): string {
  const hex = (node: number) => node.toString(16);
  return JSON.stringify({
    id: hex(id),
    term: hs.term,
    vote: hex(hs.vote),
    commit: hs.commit,
    lead: hex(ss.leaderId),
    raftState: ROLE_NAMES[ss.raftState],
    applied,
    progress: Object.fromEntries(
      progress.map((peer) => [
        hex(peer.id),
        { match: peer.matched, next: peer.nextIdx, state: PROGRESS_STATE_NAMES[peer.state] },
      ]),
    ),
    leadtransferee: hex(leadTransferee),
  });
}

/** What a leader knows of a member, in a copy. */
export function progressOf(raft: Raft, id: number, progress: Progress): ProgressStatus {
  return {
    id,
    matched: progress.matched,
    nextIdx: progress.nextIdx,
    state: progress.state,
    paused: progress.isPaused(),
    pendingSnapshot: progress.pendingSnapshot,
    recentActive: progress.recentActive,
    isLearner: progress.isLearner,
    inflight: progress.ins.count,
    inflightFull: progress.ins.full(),
    lag: Math.max(0, raft.raftLog.lastIndex() - progress.matched),
    ticksSinceProgress: raft.leaderTicks - progress.progressedAt,
    committedIndex: progress.committedIndex,
    commitGroupId: progress.commitGroupId,
    text: progress.toString(),
  };
}
