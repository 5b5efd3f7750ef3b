import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { handleVoteResponse } from './election.js';
import { ProposalDroppedError } from './errors.js';
import { stepFollower } from './follower.js';
import type { Raft } from './raft.js';
import { becomeFollower } from './roles.js';

/** One message to a candidate or pre-candidate. A leader of the same term ends the candidacy (Paper §5.2). */
export function stepCandidate(raft: Raft, message: Message): void {
  switch (message.msgType) {
    case MessageType.PROPOSE:
      throw new ProposalDroppedError('an election is under way');
    case MessageType.APPEND:
    case MessageType.HEARTBEAT:
    case MessageType.SNAPSHOT:
      becomeFollower(raft, message.term, message.from);
      stepFollower(raft, message);
      return;
    case MessageType.REQUEST_PRE_VOTE_RESPONSE:
      if (raft.role === 'pre-candidate') handleVoteResponse(raft, message);
      return;
    case MessageType.REQUEST_VOTE_RESPONSE:
      if (raft.role === 'candidate') handleVoteResponse(raft, message);
      return;
    default:
  }
}
