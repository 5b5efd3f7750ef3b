import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { INVALID_ID, INVALID_INDEX } from './config.js';
import { isNodeId } from './counts.js';
import { startCampaign } from './election.js';
import { newMessage } from './messages.js';
import { forwardProposal } from './proposals.js';
import type { Raft } from './raft.js';
import { send } from './send.js';
import { handleSnapshot, sendRequestSnapshot, waitsForSnapshot } from './snapshot-install.js';

/** One message to a follower. */
export function stepFollower(raft: Raft, message: Message): void {
  switch (message.msgType) {
    case MessageType.APPEND:
      hearLeader(raft, message.from);
      handleAppend(raft, message);
      return;
    case MessageType.HEARTBEAT:
      hearLeader(raft, message.from);
      handleHeartbeat(raft, message);
      return;
    case MessageType.SNAPSHOT:
      hearLeader(raft, message.from);
      handleSnapshot(raft, message);
      return;
    case MessageType.TIMEOUT_NOW:
      startCampaign(raft, 'transfer');
      return;
    case MessageType.PROPOSE:
      forwardProposal(raft, message.entries, message.from);
      return;
    case MessageType.TRANSFER_LEADER:
      forwardTransfer(raft, message.from);
      return;
    case MessageType.READ_INDEX:
      forwardRead(raft, message);
      return;
    case MessageType.READ_INDEX_RESP:
      handleReadIndexResponse(raft, message);
      return;
    default:
  }
}

function hearLeader(raft: Raft, leaderId: number): void {
  raft.electionElapsed = 0;
  raft.leaderId = leaderId;
}

/** Appends what the leader sends, or says where the logs may meet (Paper §5.3). */
export function handleAppend(raft: Raft, message: Message): void {
  if (waitsForSnapshot(raft)) {
    sendRequestSnapshot(raft);
    return;
  }
  const { raftLog } = raft;
  const response = newMessage(MessageType.APPEND_RESPONSE, message.from);
  if (message.index < raftLog.committed) {
    response.index = raftLog.committed;
  } else if (raftLog.maybeAppend(message.index, message.logTerm, message.commit, message.entries)) {
    response.index = message.index + message.entries.length;
    if (raft.pendingRequestSnapshot !== INVALID_INDEX) raft.pendingRequestSnapshot = raftLog.lastIndex();
  } else {
    const hint = raftLog.findConflictByTerm(Math.min(message.index, raftLog.lastIndex()), message.logTerm);
    response.index = message.index;
    response.reject = true;
    response.rejectHint = hint.index;
    response.logTerm = hint.term ?? 0;
  }
  if (raft.config.piggybackCommit) response.commit = raftLog.committed;
  send(raft, response);
}

/** Takes the commit index, and answers with the context, which confirms the leader's reads. */
export function handleHeartbeat(raft: Raft, message: Message): void {
  raft.raftLog.commitTo(message.commit);
  if (waitsForSnapshot(raft)) {
    sendRequestSnapshot(raft);
    return;
  }
  const response = newMessage(MessageType.HEARTBEAT_RESPONSE, message.from);
  response.context = message.context;
  if (raft.config.piggybackCommit) response.commit = raft.raftLog.committed;
  send(raft, response);
}

/** Passes a wish for a transfer of leadership on; the one who is to lead stands as its sender. */
export function forwardTransfer(raft: Raft, transferee: number): void {
  if (raft.leaderId === INVALID_ID || !isNodeId(transferee)) return;
  const message = newMessage(MessageType.TRANSFER_LEADER, raft.leaderId);
  send(raft, message);
  message.from = transferee;
}

/** Passes another node's read on, which keeps its sender and token. */
function forwardRead(raft: Raft, read: Message): void {
  if (raft.leaderId === INVALID_ID) return;
  const message = newMessage(MessageType.READ_INDEX, raft.leaderId);
  message.entries = read.entries;
  send(raft, message);
  message.from = read.from;
}

function handleReadIndexResponse(raft: Raft, message: Message): void {
  const token = message.entries[0]?.data;
  const requestContext = token === undefined ? undefined : raft.forwardedReads.take(token);
  if (requestContext === undefined) return;
  raft.readStates.push({ index: message.index, requestContext });
  if (raft.config.piggybackCommit) raft.raftLog.maybeCommit(message.index, message.term);
}

/**
 * Forgets who leads, so that this node may vote for another although it heard from the leader lately (etcd `ForgetLeader`): for an
 * application that knows that the leader is gone. Refused with lease-based reads, which stand on that very vote not being given.
 */
export function forgetLeader(raft: Raft): void {
  if (raft.role !== 'follower') return;
  if (raft.config.readOnlyOption === 'lease-based') {
    raft.config.logger.error('ignores forgetLeader, as reads are lease-based', { id: raft.id });
    return;
  }
  raft.leaderId = INVALID_ID;
}
