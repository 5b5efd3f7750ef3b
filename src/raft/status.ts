import type { HardState } from '../gen/raft/v1/raft.js';
import type { Raft, SoftState } from './raft.js';
import type { Configuration } from './tracker/configuration.js';
import type { ProgressState } from './tracker/progress.js';

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
  /** Highest commit index that it has told; 0 without `piggybackCommit`. */
  readonly committedIndex: number;
  readonly commitGroupId: number;
  /** As etcd/raft prints it. */
  readonly text: string;
}

/** How a node stands. A copy: it does not change afterwards. */
export interface Status {
  readonly id: number;
  readonly hs: HardState;
  readonly ss: SoftState;
  readonly applied: number;
  readonly persisted: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** 0: no transfer is under way. */
  readonly leadTransferee: number;
  readonly config: Configuration;
  /** Bound of a configuration change that may be unapplied; at or below `applied` where none can be. */
  readonly pendingConfIndex: number;
  /** Ascending by id; empty unless this node leads. */
  readonly progress: readonly ProgressStatus[];
}

/** How `raft` stands. */
export function statusOf(raft: Raft): Status {
  const { raftLog } = raft;
  return {
    id: raft.id,
    hs: raft.hardState,
    ss: raft.softState,
    applied: raftLog.applied,
    persisted: raftLog.persisted,
    firstIndex: raftLog.firstIndex(),
    lastIndex: raftLog.lastIndex(),
    lastTerm: raftLog.lastTerm(),
    leadTransferee: raft.leadTransferee,
    config: raft.tracker.conf,
    pendingConfIndex: raft.pendingConfIndex,
    progress: raft.role === 'leader' ? progressOf(raft) : [],
  };
}

function progressOf(raft: Raft): ProgressStatus[] {
  const last = raft.raftLog.lastIndex();
  return [...raft.tracker.progress].map(([id, progress]) => ({
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
    lag: Math.max(0, last - progress.matched),
    committedIndex: progress.committedIndex,
    commitGroupId: progress.commitGroupId,
    text: progress.toString(),
  }));
}
