import { type Message, MessageType } from '../gen/raft/v1/raft.js';

/** What nodes say to each other. All else is local to a node, a proposal (never forwarded), or travels otherwise (snapshots). */
const peerTypes: ReadonlySet<MessageType> = new Set([
  MessageType.APPEND,
  MessageType.APPEND_RESPONSE,
  MessageType.REQUEST_VOTE,
  MessageType.REQUEST_VOTE_RESPONSE,
  MessageType.HEARTBEAT,
  MessageType.HEARTBEAT_RESPONSE,
  MessageType.TRANSFER_LEADER,
  MessageType.TIMEOUT_NOW,
  MessageType.READ_INDEX,
  MessageType.READ_INDEX_RESP,
  MessageType.REQUEST_PRE_VOTE,
  MessageType.REQUEST_PRE_VOTE_RESPONSE,
]);

/** Whether messages of this type travel in batches. */
export function isPeerType(type: MessageType): boolean {
  return peerTypes.has(type);
}

/** Why a message that came from `from` is not for the node `self`; undefined where it is. */
export function whyDropped(message: Message, from: number, self: number): string | undefined {
  if (message.from !== from) return 'it names another sender than its stream';
  if (message.to !== self) return 'it is for another node';
  if (!isPeerType(message.msgType)) return 'its type does not travel between nodes';
  return undefined;
}
