import type { RawNode } from '../../src/raft/raw-node.js';

/** All that a node is, as data that can be compared, and that nothing the node does later changes. */
export function stateOf({ raft, store }: RawNode): unknown {
  const { raftLog, tracker } = raft;
  return structuredClone({
    id: raft.id,
    hard: raft.hardState,
    soft: raft.softState,
    leadTransferee: raft.leadTransferee,
    takesOverWhenApplied: raft.takesOverWhenApplied,
    electedBy: raft.electedBy,
    pendingConfIndex: raft.pendingConfIndex,
    pendingRequestSnapshot: raft.pendingRequestSnapshot,
    elapsed: [raft.electionElapsed, raft.heartbeatElapsed, raft.randomizedElectionTimeout],
    uncommitted: [raft.uncommittedSize, raft.uncommittedTail, raft.handedOut],
    reads: [raft.earlyReads, raft.readStates, raft.readOnly.pendingCount, raft.readOnly.lastContext()],
    messages: [raft.messages, raft.messagesAfterAppend],
    log: {
      committed: raftLog.committed,
      persisted: raftLog.persisted,
      applied: raftLog.applied,
      offset: raftLog.unstable.offset,
      unstable: raftLog.unstable.all(),
      snapshot: raftLog.unstable.snapshot,
      snapshotInFlight: raftLog.snapshotInFlight,
    },
    stored: [store.firstIndex(), store.lastIndex()],
    configuration: tracker.toConfState(),
    votes: tracker.tallyVotes(),
    progress: [...tracker.progress].map(([id, progress]) => ({
      id,
      text: String(progress),
      committedIndex: progress.committedIndex,
      pendingRequestSnapshot: progress.pendingRequestSnapshot,
      commitGroupId: progress.commitGroupId,
    })),
  });
}
