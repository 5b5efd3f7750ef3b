import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { INVALID_ID } from './config.js';
import { RaftError } from './errors.js';
import { CAMPAIGN_TRANSFER, isConfChangeEntry, isTransferCampaign, newMessage, voteResponseType } from './messages.js';
import type { Raft } from './raft.js';
import { bcastAppend } from './replication.js';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from './roles.js';
import { send } from './send.js';

/** `transfer`: the leader asked for it, so that neither pre-vote nor lease nor priority stand in the way. */
export type CampaignType = 'pre-election' | 'election' | 'transfer';

/** Campaigns because the time-out has passed or the application wants it, with a pre-vote where that is on. */
export function hup(raft: Raft): void {
  startCampaign(raft, raft.config.preVote ? 'pre-election' : 'election');
}

/** Campaigns, unless this node leads already, may not lead, or might not know the configuration that counts. */
export function startCampaign(raft: Raft, type: CampaignType): void {
  const { logger } = raft.config;
  if (raft.role === 'leader') return;
  if (!raft.promotable) {
    logger.warn('is unpromotable and can not campaign', { id: raft.id });
    return;
  }
  if (hasUnappliedConfChange(raft, 'transfer-leader')) {
    logger.warn('cannot campaign while a committed configuration change is not applied', { id: raft.id });
    raft.takesOverWhenApplied = type === 'transfer';
    return;
  }
  campaign(raft, type);
}

/**
 * Does what the leader asked for while it could not be done yet. A leader that is about to be removed asks in the same breath in which it
 * tells that its removal is committed: dropping that, as etcd/raft and raft-rs do, would leave the group without a leader.
 */
export function takeOver(raft: Raft): void {
  raft.takesOverWhenApplied = false;
  startCampaign(raft, 'transfer');
}

/**
 * Whether a committed configuration change is not applied yet. Yes where storage cannot tell: not campaigning is safe.
 * @param kind why it is asked, for storage
 */
function hasUnappliedConfChange(raft: Raft, kind: 'transfer-leader' | 'commit-by-vote'): boolean {
  const { raftLog } = raft;
  const low = Math.max(raftLog.applied + 1, raftLog.firstIndex());
  let found = false;
  try {
    raftLog.scan(low, raftLog.committed + 1, raft.maxCommittedSizePerReady, { kind }, (entries) => {
      found = entries.some(isConfChangeEntry);
      return !found;
    });
  } catch (thrown) {
    if (!(thrown instanceof RaftError)) throw thrown;
    raft.config.logger.error('cannot read the log to see whether it may campaign', { error: thrown.message });
    return true;
  }
  return found;
}

/** Asks all voters of either half for their vote, its own too: that one comes back once it is durable. */
function campaign(raft: Raft, type: CampaignType): void {
  const preVote = type === 'pre-election';
  if (preVote) becomePreCandidate(raft);
  else becomeCandidate(raft);
  const request = preVote ? MessageType.REQUEST_PRE_VOTE : MessageType.REQUEST_VOTE;
  const term = preVote ? raft.term + 1 : raft.term;
  const { raftLog } = raft;
  for (const id of raft.tracker.conf.voters.ids()) {
    const message = newMessage(id === raft.id ? voteResponseType(request) : request, id);
    message.term = term;
    if (id !== raft.id) {
      message.index = raftLog.lastIndex();
      message.logTerm = raftLog.lastTerm();
      message.priority = raft.priority;
      if (type === 'transfer') message.context = CAMPAIGN_TRANSFER;
      tellCommit(raft, message);
    }
    send(raft, message);
  }
}

/**
 * Puts the commit index on a vote message, for those who lag and do not hear from a leader (raft-rs). A node that has no vote any more always
 * does so: a leader that has just committed its own removal may be the only one to know, and have the longest log; the others, who still
 * count on its vote, could never win without that word.
 */
function tellCommit(raft: Raft, message: Message): void {
  if (!raft.config.piggybackCommit && raft.tracker.conf.voters.contains(raft.id)) return;
  message.commit = raft.raftLog.committed;
  message.commitTerm = raft.raftLog.term(message.commit) ?? 0;
}

/**
 * Answers a request for a vote or pre-vote, in any role (Paper §5.2, §5.4.1). Learners vote too: their knowledge of the configuration
 * may be old. The answer to a pre-vote binds nobody.
 */
export function handleVoteRequest(raft: Raft, message: Message): void {
  const response = newMessage(voteResponseType(message.msgType), message.from);
  const free = raft.vote === message.from || (raft.vote === INVALID_ID && raft.leaderId === INVALID_ID);
  const preVote = message.msgType === MessageType.REQUEST_PRE_VOTE;
  const canVote = free || (preVote && message.term > raft.term);
  if (
    canVote &&
    raft.raftLog.isUpToDate(message.index, message.logTerm) &&
    (message.index > raft.raftLog.lastIndex() || !outranks(raft, message))
  ) {
    // For a pre-vote that is the term to be, not this node's.
    response.term = message.term;
    send(raft, response);
    if (!preVote) {
      raft.electionElapsed = 0;
      raft.vote = message.from;
    }
    return;
  }
  response.term = raft.term;
  response.reject = true;
  tellCommit(raft, response);
  send(raft, response);
  commitByVote(raft, message);
}

/**
 * Whether this node would rather lead itself. One that may not campaign would not: a group could be left without a leader otherwise. Nor
 * where the leader wants the candidate to take over: it has stopped taking proposals for that, and priority is only a preference.
 */
function outranks(raft: Raft, message: Message): boolean {
  return raft.campaigns && raft.priority > priorityOf(message) && !isTransferCampaign(message);
}

function priorityOf(message: Message): number {
  return message.priority === 0 ? message.deprecatedPriority : message.priority;
}

/** Counts an answer and draws the consequence. */
export function handleVoteResponse(raft: Raft, message: Message): void {
  raft.tracker.recordVote(message.from, !message.reject);
  const { result } = raft.tracker.tallyVotes();
  if (result === 'lost') {
    becomeFollower(raft, raft.term, INVALID_ID);
  } else if (result === 'won') {
    if (!raft.promotable) becomeFollower(raft, raft.term, INVALID_ID);
    else if (raft.role === 'pre-candidate') campaign(raft, 'election');
    else {
      becomeLeader(raft);
      bcastAppend(raft);
    }
  }
  if (message.from !== raft.id) commitByVote(raft, message);
}

/**
 * Takes a commit index from a vote message if the entry there is the same (raft-rs). A candidate that thereby comes to know of a
 * configuration change gives up, as it might not be the right one to ask for votes any more.
 */
function commitByVote(raft: Raft, message: Message): void {
  if (message.commit === 0 || message.commitTerm === 0 || raft.role === 'leader') return;
  const { raftLog } = raft;
  if (!raftLog.maybeCommit(message.commit, message.commitTerm) || raft.role === 'follower') return;
  if (hasUnappliedConfChange(raft, 'commit-by-vote')) becomeFollower(raft, raft.term, INVALID_ID);
}
