import { assert } from '../base/assert.js';
import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import type { Raft } from './raft.js';
import { traceSend } from './trace.js';

/**
 * Queues a message. Votes and acknowledgements wait until what they stand for is durable; they alone may go to this node itself.
 *
 * The four vote messages carry the term they are about; proposals and reads that are passed on carry none, as they belong to none; all
 * others carry the term of this node.
 */
export function send(raft: Raft, message: Message): void {
  message.from = raft.id;
  switch (message.msgType) {
    case MessageType.REQUEST_VOTE:
    case MessageType.REQUEST_PRE_VOTE:
    case MessageType.REQUEST_VOTE_RESPONSE:
    case MessageType.REQUEST_PRE_VOTE_RESPONSE:
      assert(message.term !== 0, 'a vote message has a term');
      break;
    case MessageType.PROPOSE:
    case MessageType.READ_INDEX:
      message.term = 0;
      break;
    default:
      message.term = raft.term;
  }
  traceSend(raft, message);
  if (waitsForDisk(message.msgType)) {
    raft.messagesAfterAppend.push(message);
    return;
  }
  assert(message.to !== raft.id, 'this message cannot go to the node itself');
  raft.messages.push(message);
}

/** Whether what the message says must be durable before it leaves, whoever sends it. */
function waitsForDisk(msgType: MessageType): boolean {
  return (
    msgType === MessageType.APPEND_RESPONSE ||
    msgType === MessageType.REQUEST_VOTE_RESPONSE ||
    msgType === MessageType.REQUEST_PRE_VOTE_RESPONSE
  );
}
