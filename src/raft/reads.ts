import { MessageType } from '../gen/raft/v1/raft.js';
import { INVALID_ID } from './config.js';
import { newEntry, newMessage } from './messages.js';
import type { Raft } from './raft.js';
import type { PendingRead } from './read-only.js';
import { bcastHeartbeat } from './replication.js';
import { send } from './send.js';

/** A read of this node's own caller, whatever its role: served, passed to the leader, or dropped where there is none. */
export function readIndex(raft: Raft, context: Uint8Array): void {
  if (raft.role === 'leader') {
    takeRead(raft, raft.id, context);
    return;
  }
  if (raft.role !== 'follower' || raft.leaderId === INVALID_ID) return;
  const message = newMessage(MessageType.READ_INDEX, raft.leaderId);
  message.entries = [newEntry(0, raft.forwardedReads.add(context), new Uint8Array(0))];
  send(raft, message);
}

/**
 * A read on the leader. It waits for the first commit of the term, even where this node is the only voter: until then the leader may
 * not know of the last entries that were acknowledged (Paper §8).
 */
export function takeRead(raft: Raft, from: number, context: Uint8Array): void {
  const read: PendingRead = { from, context, index: raft.raftLog.committed };
  if (!raft.commitToCurrentTerm) raft.earlyReads.push(read);
  else serveRead(raft, read);
}

/** Lets reads go on that waited for the first commit of the term. */
export function releaseEarlyReads(raft: Raft): void {
  if (raft.earlyReads.length === 0 || !raft.commitToCurrentTerm) return;
  const reads = raft.earlyReads;
  raft.earlyReads = [];
  for (const { from, context } of reads) serveRead(raft, { from, context, index: raft.raftLog.committed });
}

function serveRead(raft: Raft, read: PendingRead): void {
  if (raft.config.readOnlyOption === 'lease-based' && raft.inLease) {
    answerRead(raft, read);
    return;
  }
  raft.readOnly.add(read);
  raft.readOnly.recvAck(raft.id, raft.readOnly.lastContext());
  // Nobody need be asked where this node is all voters by itself, be it of both halves.
  if (raft.tracker.conf.voters.ids().length === 1) releaseReads(raft);
  if (raft.readOnly.pendingCount > 0) bcastHeartbeat(raft);
}

/** A peer has answered a heartbeat, which confirms the reads up to the one that it carried. */
export function confirmReads(raft: Raft, from: number, context: Uint8Array): void {
  raft.readOnly.recvAck(from, context);
  releaseReads(raft);
}

/** Answers the reads that a quorum of the configuration in force has confirmed. */
export function releaseReads(raft: Raft): void {
  if (raft.readOnly.pendingCount === 0) return;
  for (const read of raft.readOnly.release(raft.tracker.conf.voters)) answerRead(raft, read);
}

function answerRead(raft: Raft, read: PendingRead): void {
  if (read.from === raft.id) {
    raft.readStates.push({ index: read.index, requestContext: read.context });
    return;
  }
  const message = newMessage(MessageType.READ_INDEX_RESP, read.from);
  message.index = read.index;
  message.entries = [newEntry(0, read.context, new Uint8Array(0))];
  send(raft, message);
}
