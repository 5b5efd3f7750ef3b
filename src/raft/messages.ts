import { assert } from '../base/assert.js';
import {
  type ConfState,
  type Entry,
  EntryType,
  type Message,
  MessageType,
  type Snapshot,
} from '../gen/raft/v1/raft.js';
import { NO_LIMIT } from './config.js';

/**
 * Makers of the core's records. The generated interfaces are plain objects; built here, and by the generated decoder, with their
 * fields always in one order, they keep one hidden class, which is what makes the hot paths fast.
 */

/** No bytes. Shared, so that an absent context costs nothing. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** No entries. Shared and frozen: whoever adds to a message gives it an array of its own. */
export const NO_ENTRIES: Entry[] = [];
Object.freeze(NO_ENTRIES);

/** Marks the vote request of a node that the leader itself asked to campaign: it passes the leader's lease. */
export const CAMPAIGN_TRANSFER: Uint8Array = Uint8Array.from('CampaignTransfer', (letter) => letter.charCodeAt(0));

/** Whether a candidate asks for votes because the leader wants it to take over. */
export function isTransferCampaign({ context }: Message): boolean {
  return context.length === CAMPAIGN_TRANSFER.length && context.every((byte, i) => byte === CAMPAIGN_TRANSFER[i]);
}

/** A message with all fields at their default. Sender and term are set when it is sent. */
export function newMessage(msgType: MessageType, to: number): Message {
  return {
    msgType,
    to,
    from: 0,
    term: 0,
    logTerm: 0,
    index: 0,
    entries: NO_ENTRIES,
    commit: 0,
    snapshot: undefined,
    reject: false,
    rejectHint: 0,
    context: EMPTY,
    requestSnapshot: 0,
    deprecatedPriority: 0,
    commitTerm: 0,
    priority: 0,
  };
}

/** An entry that has no place in the log yet: the leader gives it its term and index. */
export function newEntry(entryType: EntryType, data: Uint8Array, context: Uint8Array): Entry {
  return { entryType, term: 0, index: 0, data, context };
}

/** A configuration without members. */
export function emptyConfState(): ConfState {
  return { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
}

/** Index of a snapshot; 0 where it has no metadata, which means that there is none. */
export function snapshotIndex(snapshot: Snapshot): number {
  return snapshot.metadata?.index ?? 0;
}

/** Term of the last entry that a snapshot covers. */
export function snapshotTerm(snapshot: Snapshot): number {
  return snapshot.metadata?.term ?? 0;
}

/** Whether an entry changes the configuration when it is applied. */
export function isConfChangeEntry(entry: Entry): boolean {
  return entry.entryType !== EntryType.NORMAL;
}

/** Types that never come from another node. */
export function isLocalMessage(msgType: MessageType): boolean {
  switch (msgType) {
    case MessageType.HUP:
    case MessageType.BEAT:
    case MessageType.UNREACHABLE:
    case MessageType.SNAP_STATUS:
    case MessageType.CHECK_QUORUM:
    case MessageType.FORGET_LEADER:
      return true;
    default:
      return false;
  }
}

/** Types that answer a request; from a node that is not in the configuration they are refused. */
export function isResponseMessage(msgType: MessageType): boolean {
  switch (msgType) {
    case MessageType.APPEND_RESPONSE:
    case MessageType.REQUEST_VOTE_RESPONSE:
    case MessageType.HEARTBEAT_RESPONSE:
    case MessageType.UNREACHABLE:
    case MessageType.READ_INDEX_RESP:
    case MessageType.REQUEST_PRE_VOTE_RESPONSE:
      return true;
    default:
      return false;
  }
}

/** The answer to a request for a vote or a pre-vote. Asserts that it is one. */
export function voteResponseType(request: MessageType): MessageType {
  if (request === MessageType.REQUEST_PRE_VOTE) return MessageType.REQUEST_PRE_VOTE_RESPONSE;
  assert(request === MessageType.REQUEST_VOTE, 'this is no request for a vote');
  return MessageType.REQUEST_VOTE_RESPONSE;
}

/** Bytes of a protobuf varint. */
function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  if (value < 2 ** 35) return 5;
  if (value < 2 ** 42) return 6;
  return value < 2 ** 49 ? 7 : 8;
}

function bytesFieldSize(length: number): number {
  return length === 0 ? 0 : 1 + varintSize(length) + length;
}

function numberFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

/** Encoded bytes of an entry, without encoding it. */
export function entrySize(entry: Entry): number {
  return (
    numberFieldSize(entry.entryType) +
    numberFieldSize(entry.term) +
    numberFieldSize(entry.index) +
    bytesFieldSize(entry.data.length) +
    bytesFieldSize(entry.context.length)
  );
}

/** Encoded bytes of all entries. */
export function entriesSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += entrySize(entry);
  return size;
}

/** Bytes of the data alone, which is what quotas count. */
export function payloadSize(entries: readonly Entry[]): number {
  let size = 0;
  for (const entry of entries) size += entry.data.length;
  return size;
}

/** Longest prefix of no more than `maxBytes` encoded bytes, but at least one entry. The array itself where nothing is cut. */
export function limitSize(entries: Entry[], maxBytes: number): Entry[] {
  if (maxBytes >= NO_LIMIT || entries.length <= 1) return entries;
  let size = 0;
  for (let i = 0; i < entries.length; i++) {
    size += entrySize(entries[i] as Entry);
    if (size > maxBytes && i > 0) return entries.slice(0, i);
  }
  return entries;
}
