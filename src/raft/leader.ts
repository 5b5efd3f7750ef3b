import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { INVALID_ID, INVALID_INDEX } from './config.js';
import { newEntry } from './messages.js';
import { propose } from './proposals.js';
import type { Raft } from './raft.js';
import { confirmReads, releaseEarlyReads, takeRead } from './reads.js';
import {
  bcastAppend,
  maybeCommit,
  maybeSendAppend,
  sendAppend,
  sendAppendAggressively,
  sendTimeoutNow,
} from './replication.js';
import { becomeFollower } from './roles.js';
import type { Progress } from './tracker/progress.js';
import { handOver } from './transfer.js';

/** One message to a leader. Peers that are in no configuration are not listened to. */
export function stepLeader(raft: Raft, message: Message): void {
  switch (message.msgType) {
    case MessageType.PROPOSE:
      // The sender may still hold these entries, and the log must not share them.
      propose(
        raft,
        message.entries.map(({ entryType, data, context }) => newEntry(entryType, data, context)),
      );
      return;
    case MessageType.READ_INDEX:
      // One of its own, from when it was a follower, was dropped when it became leader.
      if (message.from !== raft.id) takeRead(raft, message.from, message.entries[0]?.data ?? new Uint8Array(0));
      return;
    case MessageType.TRANSFER_LEADER:
      handOver(raft, message.from);
      return;
    default:
  }
  const progress = raft.tracker.get(message.from);
  if (progress === undefined) return;
  switch (message.msgType) {
    case MessageType.APPEND_RESPONSE:
      handleAppendResponse(raft, message, progress);
      return;
    case MessageType.HEARTBEAT_RESPONSE:
      handleHeartbeatResponse(raft, message, progress);
      return;
    default:
  }
}

/** Also the leader's own acknowledgement to itself, which comes once its entries are durable. */
function handleAppendResponse(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.updateCommitted(message.commit);
  if (message.reject) handleRejection(raft, message, progress);
  else handleAcknowledgement(raft, message, progress);
}

/** The peer's log differs before what was sent, or it wants a snapshot: goes back to where they may meet (Paper §5.3). */
function handleRejection(raft: Raft, message: Message, progress: Progress): void {
  let hint = message.rejectHint;
  if (message.logTerm > 0) hint = raft.raftLog.findConflictByTerm(hint, message.logTerm).index;
  if (!progress.maybeDecrTo(message.index, hint, message.requestSnapshot)) return;
  if (progress.state === 'replicate') progress.becomeProbe();
  // A request for a snapshot says, durably, how far the peer's log goes, and is all that it will say: where that is this log, it counts as
  // an acknowledgement, without which the group might not commit what the snapshot must hold.
  const acknowledges =
    message.requestSnapshot !== INVALID_INDEX && raft.raftLog.matchTerm(message.rejectHint, message.logTerm);
  if (acknowledges && progress.maybeUpdate(message.rejectHint)) {
    progress.progressedAt = raft.leaderTicks;
    commitAndTell(raft);
  }
  sendAppend(raft, message.from);
}

function handleAcknowledgement(raft: Raft, message: Message, progress: Progress): void {
  const { from, index } = message;
  if (progress.maybeUpdate(index)) progress.progressedAt = raft.leaderTicks;
  else if (progress.matched !== index || !waitsForWord(progress)) return;
  if (progress.state === 'probe') {
    progress.becomeReplicate();
  } else if (progress.state === 'replicate') {
    progress.ins.freeTo(index);
  } else if (progress.matched + 1 >= raft.raftLog.firstIndex()) {
    // Whichever snapshot has brought it here, the log can carry it on.
    progress.becomeProbe();
    progress.becomeReplicate();
    progress.pendingRequestSnapshot = INVALID_INDEX;
  }
  const committed = commitAndTell(raft);
  if (from === raft.id) return;
  if (!committed && raft.shouldBcastCommit && progress.canBumpCommit(raft.raftLog.committed)) {
    maybeSendAppend(raft, from, progress, true);
  }
  sendAppendAggressively(raft, from, progress);
  if (from === raft.leadTransferee && progress.matched === raft.raftLog.lastIndex()) sendTimeoutNow(raft, from);
}

/**
 * Whether an acknowledgement that is no news moves the peer on all the same: it has all already, but is being probed as it was unreachable,
 * or has installed a snapshot that it asked for without needing it.
 */
function waitsForWord({ state, matched, pendingSnapshot }: Progress): boolean {
  return state === 'probe' || (state === 'snapshot' && matched >= pendingSnapshot);
}

/** Commits what a quorum has, and tells all peers. @returns whether there was anything to commit */
function commitAndTell(raft: Raft): boolean {
  if (!maybeCommit(raft)) return false;
  releaseEarlyReads(raft);
  if (raft.shouldBcastCommit) bcastAppend(raft);
  return true;
}

/**
 * The peer lives. Where its window is full an empty append goes out, lest all that filled it was lost; where it is only being probed one
 * goes out too, so that its answer ends that.
 */
function handleHeartbeatResponse(raft: Raft, message: Message, progress: Progress): void {
  progress.recentActive = true;
  progress.updateCommitted(message.commit);
  progress.resume();
  const wants = progress.matched < raft.raftLog.lastIndex() || progress.pendingRequestSnapshot !== INVALID_INDEX;
  if (wants || progress.state === 'probe') sendAppend(raft, message.from);
  confirmReads(raft, message.from, message.context);
}

/** What was sent to the peer may be lost: one append at a time until it answers. Only a leader streams to anybody. */
export function reportUnreachable(raft: Raft, id: number): void {
  const progress = raft.tracker.get(id);
  if (progress?.state === 'replicate') progress.becomeProbe();
}

/** How the snapshot that was sent fared. Either way appends wait for the peer's next word. Only a leader sends any. */
export function reportSnapshot(raft: Raft, id: number, status: 'finish' | 'failure'): void {
  const progress = raft.tracker.get(id);
  if (progress?.state !== 'snapshot') return;
  if (status === 'failure') progress.snapshotFailure();
  progress.becomeProbe();
  progress.pause();
  progress.pendingRequestSnapshot = INVALID_INDEX;
}

/** Steps down where no quorum was heard from in the last period (Thesis §6.2), and begins the next one. */
export function checkQuorum(raft: Raft): void {
  if (raft.tracker.quorumRecentlyActive(raft.id)) return;
  raft.config.logger.warn('stepped down since quorum is not active', { id: raft.id, term: raft.term });
  becomeFollower(raft, raft.term, INVALID_ID);
}
