import { type Entry, MessageType } from '../gen/raft/v1/raft.js';
import { NO_LIMIT } from './config.js';
import { CompactedError, LogTemporarilyUnavailableError } from './errors.js';
import { NO_ENTRIES, newMessage, payloadSize, snapshotIndex } from './messages.js';
import type { Raft } from './raft.js';
import { send } from './send.js';
import { traceState } from './trace.js';
import type { Progress } from './tracker/progress.js';

/**
 * Sends a peer what comes next for it, or a snapshot where the log no longer goes back that far.
 * @param allowEmpty sends also without entries, which tells the commit index and probes
 * @returns whether a message was sent
 */
export function maybeSendAppend(raft: Raft, to: number, progress: Progress, allowEmpty: boolean): boolean {
  if (progress.isPaused()) return false;
  if (progress.pendingRequestSnapshot !== 0) return maybeSendSnapshot(raft, to, progress);
  const { raftLog } = raft;
  if (!allowEmpty && progress.nextIdx > raftLog.lastIndex()) return false;
  const prevIndex = progress.nextIdx - 1;
  const prevTerm = raftLog.term(prevIndex);
  if (prevTerm === undefined) return maybeSendSnapshot(raft, to, progress);

  const entries = nextEntries(raft, to, progress, !allowEmpty);
  if (entries === 'later') return false;
  if (entries === 'compacted') return allowEmpty && maybeSendSnapshot(raft, to, progress);
  if (entries.length === 0 && !allowEmpty) return false;

  if (!(raft.batchAppend && joinUnsent(raft, to, prevIndex, entries))) {
    const message = newMessage(MessageType.APPEND, to);
    message.index = prevIndex;
    message.logTerm = prevTerm;
    message.entries = entries;
    message.commit = raftLog.committed;
    send(raft, message);
  }
  progress.sentEntries(entries.length, raft.config.maxInflightBytes < NO_LIMIT ? payloadSize(entries) : 0);
  progress.sentCommit(raftLog.committed);
  return true;
}

/** Entries for a peer; none where its window is full, so that one empty append for each answer to a heartbeat still finds losses. */
function nextEntries(
  raft: Raft,
  to: number,
  progress: Progress,
  aggressively: boolean,
): Entry[] | 'later' | 'compacted' {
  if (progress.state === 'replicate' && progress.ins.full()) return NO_ENTRIES;
  const context = { kind: 'send-append', to, term: raft.term, aggressively } as const;
  try {
    return raft.raftLog.entries(progress.nextIdx, raft.config.maxSizePerMsg, context);
  } catch (thrown) {
    if (thrown instanceof LogTemporarilyUnavailableError) return 'later';
    if (thrown instanceof CompactedError) return 'compacted';
    throw thrown;
  }
}

/** Adds entries to the last append to this peer that has not left yet, if they follow on it (raft-rs `batch_append`). */
function joinUnsent(raft: Raft, to: number, prevIndex: number, entries: readonly Entry[]): boolean {
  const last = raft.messages.findLast((message) => message.to === to && message.msgType === MessageType.APPEND);
  if (last === undefined || last.index + last.entries.length !== prevIndex) return false;
  last.entries = [...last.entries, ...entries];
  last.commit = raft.raftLog.committed;
  return true;
}

/** Sends the most recent snapshot to a peer that was heard from lately; nothing else goes to it until that has arrived. */
function maybeSendSnapshot(raft: Raft, to: number, progress: Progress): boolean {
  if (!progress.recentActive) return false;
  const snapshot = raft.raftLog.snapshot(progress.pendingRequestSnapshot, to);
  if (snapshot === undefined) return false;
  progress.becomeSnapshot(snapshotIndex(snapshot));
  const message = newMessage(MessageType.SNAPSHOT, to);
  message.snapshot = snapshot;
  send(raft, message);
  return true;
}

/** Sends a peer what comes next for it, or at least the commit index. */
export function sendAppend(raft: Raft, to: number): void {
  const progress = raft.tracker.get(to);
  if (progress !== undefined) maybeSendAppend(raft, to, progress, true);
}

/** Sends all that the peer's window takes, and nothing that is empty. */
export function sendAppendAggressively(raft: Raft, to: number, progress: Progress): void {
  while (maybeSendAppend(raft, to, progress, false));
}

/** Sends all peers what comes next for them. */
export function bcastAppend(raft: Raft): void {
  for (const [id, progress] of raft.tracker.progress) {
    if (id !== raft.id) maybeSendAppend(raft, id, progress, true);
  }
}

/** Tells all peers that this leader lives. Carries the newest read that waits, so that the answers confirm it. */
export function bcastHeartbeat(raft: Raft): void {
  const context = raft.readOnly.lastContext();
  for (const [id, progress] of raft.tracker.progress) {
    if (id === raft.id) continue;
    const message = newMessage(MessageType.HEARTBEAT, id);
    // What lies behind `matched` may differ there, and must not be committed before it is overwritten.
    message.commit = Math.min(progress.matched, raft.raftLog.committed);
    message.context = context;
    send(raft, message);
    progress.sentCommit(message.commit);
  }
}

/** Asks a peer to campaign now. */
export function sendTimeoutNow(raft: Raft, to: number): void {
  send(raft, newMessage(MessageType.TIMEOUT_NOW, to));
}

/** Commits what a quorum has, if it is of this leader's term (Paper §5.4.2). */
export function maybeCommit(raft: Raft): boolean {
  if (!raft.raftLog.maybeCommit(raft.tracker.maximalCommittedIndex(), raft.term)) return false;
  traceState(raft, 'Commit');
  return true;
}
