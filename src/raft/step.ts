import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { stepCandidate } from './candidate.js';
import { INVALID_ID } from './config.js';
import { handleVoteRequest, hup } from './election.js';
import { stepFollower } from './follower.js';
import { checkQuorum, stepLeader } from './leader.js';
import { isTransferCampaign, newMessage } from './messages.js';
import type { Raft } from './raft.js';
import { bcastHeartbeat } from './replication.js';
import { becomeFollower } from './roles.js';
import { send } from './send.js';
import { traceReceive } from './trace.js';
import { abortTransfer } from './transfer.js';

/** One message, that was checked or is this node's own: first its term, then its meaning for the role (Paper §5.1). */
export function step(raft: Raft, message: Message): void {
  traceReceive(raft, message);
  if (message.term > raft.term && !takeHigherTerm(raft, message)) return;
  if (message.term < raft.term && message.term !== 0) {
    answerLowerTerm(raft, message);
    return;
  }
  if (message.msgType === MessageType.REQUEST_VOTE || message.msgType === MessageType.REQUEST_PRE_VOTE) {
    handleVoteRequest(raft, message);
    return;
  }
  switch (raft.role) {
    case 'follower':
      stepFollower(raft, message);
      return;
    case 'leader':
      stepLeader(raft, message);
      return;
    default:
      stepCandidate(raft, message);
  }
}

/** @returns false where the message is to be ignored */
function takeHigherTerm(raft: Raft, message: Message): boolean {
  const { msgType } = message;
  const request = msgType === MessageType.REQUEST_VOTE || msgType === MessageType.REQUEST_PRE_VOTE;
  if (request && heardFromLeader(raft) && !isTransferCampaign(message)) return false;
  // Nobody has to follow a term that is only asked about, or was granted for the future.
  if (msgType === MessageType.REQUEST_PRE_VOTE) return true;
  if (msgType === MessageType.REQUEST_PRE_VOTE_RESPONSE && !message.reject) return true;
  const fromLeader =
    msgType === MessageType.APPEND || msgType === MessageType.HEARTBEAT || msgType === MessageType.SNAPSHOT;
  becomeFollower(raft, message.term, fromLeader ? message.from : INVALID_ID);
  return true;
}

/** Whether the leader's lease holds: within it nobody's vote is to be had (Paper §6, Thesis §4.2.3). */
function heardFromLeader(raft: Raft): boolean {
  return raft.checkQuorum && raft.leaderId !== INVALID_ID && raft.electionElapsed < raft.config.electionTick;
}

/**
 * Tells a leader of an older term about this one, where check-quorum or pre-vote could keep the group from doing so by an election; and a
 * pre-candidate that it is behind, lest it wait for answers for ever. All else that is late is ignored.
 */
function answerLowerTerm(raft: Raft, message: Message): void {
  const { msgType } = message;
  if (msgType === MessageType.APPEND || msgType === MessageType.HEARTBEAT) {
    if (raft.checkQuorum || raft.config.preVote) send(raft, newMessage(MessageType.APPEND_RESPONSE, message.from));
  } else if (msgType === MessageType.REQUEST_PRE_VOTE) {
    const response = newMessage(MessageType.REQUEST_PRE_VOTE_RESPONSE, message.from);
    response.term = raft.term;
    response.reject = true;
    send(raft, response);
  }
}

/** One unit of time passes. @returns whether that made the node do something */
export function tick(raft: Raft): boolean {
  return raft.role === 'leader' ? tickHeartbeat(raft) : tickElection(raft);
}

function tickElection(raft: Raft): boolean {
  raft.electionElapsed++;
  if (raft.electionElapsed < raft.randomizedElectionTimeout || !raft.promotable) return false;
  raft.electionElapsed = 0;
  hup(raft);
  return true;
}

function tickHeartbeat(raft: Raft): boolean {
  raft.leaderTicks++;
  raft.heartbeatElapsed++;
  raft.electionElapsed++;
  let gaveUp = false;
  if (raft.electionElapsed >= raft.config.electionTick) {
    raft.electionElapsed = 0;
    if (raft.checkQuorum) checkQuorum(raft);
    if (raft.role !== 'leader') return true;
    // It took too long: this leader goes on (Thesis §3.10).
    gaveUp = abortTransfer(raft);
  }
  if (raft.heartbeatElapsed < raft.config.heartbeatTick) return gaveUp;
  raft.heartbeatElapsed = 0;
  bcastHeartbeat(raft);
  return true;
}
