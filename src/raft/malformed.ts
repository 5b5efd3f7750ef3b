import { type Entry, EntryType, type Message, MessageType } from '../gen/raft/v1/raft.js';
import { decodeConfChange } from './conf-change.js';
import { isReachable } from './confchange/restore.js';
import { isCount, isNodeId } from './counts.js';
import { RaftError } from './errors.js';
import type { Raft } from './raft.js';

/** Terms beyond this were never reached by elections; taking one would bring the group near the end of safe integers. */
const TERM_MAX = 2 ** 52;

function refuse(what: string): never {
  throw new RaftError('malformed-message', `malformed message: ${what}`);
}

/**
 * Looks at a message from the network before anything is changed by it: whatever a broken or hostile peer sends, the node throws this and
 * stays what it was.
 * @throws RaftError of kind `malformed-message`
 */
export function checkMessage(raft: Raft, message: Message): void {
  checkFields(message);
  if (message.from === 0 || (message.from === raft.id && !isPassedOn(message))) refuse(`sender ${message.from}`);
  if (message.to !== 0 && message.to !== raft.id) refuse(`it is for node ${message.to}`);
  switch (message.msgType) {
    case MessageType.PROPOSE:
      if (message.term !== 0) refuse('a proposal has no term');
      if (message.entries.length === 0) refuse('a proposal has entries');
      for (const entry of message.entries) checkEntry(entry);
      return;
    case MessageType.READ_INDEX:
      if (message.term !== 0) refuse('a read has no term');
      checkReadContext(message);
      return;
    default:
  }
  if (message.term === 0 || message.term > TERM_MAX) refuse(`term ${message.term}`);
  if (message.term < raft.term) return;
  checkContent(raft, message);
}

/** Requests keep their sender when they are passed on, and may come back to it. */
function isPassedOn({ msgType }: Message): boolean {
  return (
    msgType === MessageType.PROPOSE || msgType === MessageType.READ_INDEX || msgType === MessageType.TRANSFER_LEADER
  );
}

function checkContent(raft: Raft, message: Message): void {
  const last = raft.raftLog.lastIndex();
  switch (message.msgType) {
    case MessageType.APPEND:
      checkAppend(message);
      return;
    case MessageType.SNAPSHOT:
      checkSnapshot(message);
      return;
    case MessageType.HEARTBEAT:
      if (message.commit > last) refuse(`commit ${message.commit} is behind the last entry, ${last}`);
      return;
    case MessageType.APPEND_RESPONSE:
      if (raft.role !== 'leader' || message.term !== raft.term) return;
      if (!message.reject && message.index > last) refuse(`acknowledges ${message.index}, the last entry is ${last}`);
      if (message.requestSnapshot > last)
        refuse(`wants a snapshot of ${message.requestSnapshot}, the last entry is ${last}`);
      return;
    case MessageType.REQUEST_VOTE:
    case MessageType.REQUEST_PRE_VOTE:
      // Equal where the candidate began from a snapshot of a term that it has not taken part in.
      if (message.logTerm > message.term) refuse(`last term ${message.logTerm} in a campaign for ${message.term}`);
      return;
    case MessageType.READ_INDEX_RESP:
      checkReadContext(message);
      return;
    default:
  }
}

function checkFields(message: Message): void {
  const { msgType } = message;
  if (!Number.isInteger(msgType) || MessageType[msgType] === undefined) refuse(`type ${msgType}`);
  if (
    !isCount(message.to) ||
    !isCount(message.from) ||
    !isCount(message.term) ||
    !isCount(message.logTerm) ||
    !isCount(message.index) ||
    !isCount(message.commit) ||
    !isCount(message.rejectHint) ||
    !isCount(message.requestSnapshot) ||
    !isCount(message.commitTerm) ||
    !isCount(message.deprecatedPriority) ||
    !Number.isSafeInteger(message.priority)
  ) {
    refuse('a number is out of range');
  }
  if (!Array.isArray(message.entries)) refuse('entries are no list');
  if (!(message.context instanceof Uint8Array)) refuse('the context is no bytes');
  if (typeof message.reject !== 'boolean') refuse('reject is no boolean');
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function checkEntry(entry: Entry): void {
  if (
    !isRecord(entry) ||
    !(entry.data instanceof Uint8Array) ||
    !(entry.context instanceof Uint8Array) ||
    !(entry.entryType === 0 || entry.entryType === 1 || entry.entryType === 2)
  ) {
    refuse('an entry has a wrong shape');
  }
}

function checkReadContext(message: Message): void {
  const [only] = message.entries;
  if (only === undefined || message.entries.length !== 1) refuse('a read carries one entry');
  checkEntry(only);
}

/** Entries follow on the previous one without a gap, and terms never fall on the way, nor rise above the sender's. */
function checkAppend(message: Message): void {
  if ((message.logTerm === 0) !== (message.index === 0)) refuse(`term ${message.logTerm} at index ${message.index}`);
  let index = message.index;
  let term = message.logTerm;
  for (const entry of message.entries) {
    checkEntry(entry);
    // Committed, it would have to be applied, and no node could.
    if (entry.entryType !== EntryType.NORMAL) decodeConfChange(entry);
    if (entry.index !== ++index) refuse(`entry ${entry.index} where ${index} should be`);
    if (!(entry.term >= term && entry.term > 0)) refuse(`term ${entry.term} behind term ${term}`);
    term = entry.term;
  }
  if (!Number.isSafeInteger(index)) refuse('an index is out of range');
  if (!Number.isSafeInteger(term) || term > message.term)
    refuse(`an entry of term ${term} in a message of ${message.term}`);
}

function checkSnapshot(message: Message): void {
  const metadata = message.snapshot?.metadata;
  if (message.snapshot === undefined || metadata === undefined || !isRecord(metadata)) {
    refuse('a snapshot without metadata');
  }
  if (!(message.snapshot.data instanceof Uint8Array)) refuse('the data of the snapshot are no bytes');
  if (!isCount(metadata.index) || metadata.index === 0) refuse(`a snapshot of index ${metadata.index}`);
  if (!isCount(metadata.term) || metadata.term === 0 || metadata.term > message.term) {
    refuse(`a snapshot of term ${metadata.term} in a message of ${message.term}`);
  }
  const { confState } = metadata;
  if (confState === undefined || !isRecord(confState)) refuse('a snapshot without a configuration');
  const lists = [confState.voters, confState.learners, confState.votersOutgoing, confState.learnersNext];
  if (!lists.every((list) => Array.isArray(list) && list.every(isNodeId))) {
    refuse('a member of the snapshot has a wrong shape');
  }
  if (!isReachable(confState)) refuse('the configuration of the snapshot is not one that changes can lead to');
}
