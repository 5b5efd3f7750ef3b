import type { Message } from '../gen/raft/v1/raft.js';

/** Every field but entries, context and snapshot at its longest, with tags and the frame around it. */
const messageOverheadBytes = 160;
/** Tags, lengths, type, term and index of an entry at their longest. */
const entryOverheadBytes = 40;

/** An upper bound of the encoded bytes of a message, found without encoding it. */
export function messageBytes(message: Message): number {
  let bytes = messageOverheadBytes + message.context.length;
  for (const entry of message.entries) bytes += entryOverheadBytes + entry.data.length + entry.context.length;
  return bytes;
}
