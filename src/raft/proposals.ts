import { type ConfChangeV2, type Entry, EntryType, MessageType } from '../gen/raft/v1/raft.js';
import { decodeConfChange, isRollback, leaveJoint } from './conf-change.js';
import { INVALID_ID } from './config.js';
import { ProposalDroppedError } from './errors.js';
import { EMPTY, isConfChangeEntry, newEntry, newMessage, payloadSize } from './messages.js';
import type { Raft } from './raft.js';
import { bcastAppend } from './replication.js';
import { send } from './send.js';
import { traceChangeConf, traceReplicate } from './trace.js';

/**
 * Takes proposals: a leader appends them, a follower passes them on. Entries belong to this node from now on.
 * @throws ProposalDroppedError, with nothing changed, where they are not taken
 */
export function propose(raft: Raft, entries: Entry[]): void {
  switch (raft.role) {
    case 'leader':
      proposeAsLeader(raft, entries);
      return;
    case 'follower':
      forwardProposal(raft, entries, raft.id);
      return;
    default:
      throw new ProposalDroppedError('an election is under way');
  }
}

/**
 * Passes proposals on to the leader, in the name of who made them.
 * @throws ProposalDroppedError
 */
export function forwardProposal(raft: Raft, entries: Entry[], from: number): void {
  if (raft.leaderId === INVALID_ID) throw new ProposalDroppedError('there is no leader');
  if (raft.config.disableProposalForwarding) throw new ProposalDroppedError('this node is not the leader');
  const message = newMessage(MessageType.PROPOSE, raft.leaderId);
  message.entries = entries;
  send(raft, message);
  message.from = from;
}

function proposeAsLeader(raft: Raft, entries: Entry[]): void {
  if (raft.tracker.get(raft.id) === undefined) throw new ProposalDroppedError('the leader was removed');
  if (raft.leadTransferee !== INVALID_ID) throw new ProposalDroppedError('a transfer of leadership is under way');
  const checked = checkConfChanges(raft, entries);
  if (!fitsQuota(raft, payloadSize(checked.entries))) throw new ProposalDroppedError('too much is uncommitted');
  raft.pendingConfIndex = checked.pendingConfIndex;
  for (const change of checked.changes) traceChangeConf(raft, change);
  appendEntries(raft, checked.entries);
  bcastAppend(raft);
}

/** Proposals as they can be taken. */
interface CheckedProposals {
  readonly entries: Entry[];
  /** Configuration changes among them. */
  readonly changes: readonly ConfChangeV2[];
  readonly pendingConfIndex: number;
}

/** Puts an empty entry in place of each configuration change that cannot be taken now. */
function checkConfChanges(raft: Raft, entries: Entry[]): CheckedProposals {
  let { pendingConfIndex } = raft;
  const changes: ConfChangeV2[] = [];
  let checked = entries;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry;
    if (!isConfChangeEntry(entry)) continue;
    const change = readConfChange(entry);
    const refusal = refuseConfChange(raft, change, pendingConfIndex);
    if (refusal === undefined || raft.config.disableConfChangeValidation) {
      pendingConfIndex = raft.raftLog.lastIndex() + i + 1;
      changes.push(change);
      continue;
    }
    raft.config.logger.info('ignores a configuration change', { refusal });
    if (checked === entries) checked = [...entries];
    checked[i] = newEntry(EntryType.NORMAL, EMPTY, EMPTY);
  }
  return { entries: checked, changes, pendingConfIndex };
}

function readConfChange(entry: Entry): ConfChangeV2 {
  try {
    return decodeConfChange(entry);
  } catch {
    throw new ProposalDroppedError('the configuration change cannot be read');
  }
}

/**
 * Why this leader would not take the change now; undefined where it would.
 * @param pendingConfIndex index up to which the log may hold a change
 */
export function refuseConfChange(raft: Raft, change: ConfChangeV2, pendingConfIndex: number): string | undefined {
  const { applied } = raft.raftLog;
  if (pendingConfIndex > applied) {
    return `possible unapplied conf change at index ${pendingConfIndex} (applied to ${applied})`;
  }
  const empty = change.changes.length === 0;
  const leaves = leaveJoint(change) || (isRollback(change) && empty);
  if (raft.tracker.conf.isJoint()) return leaves ? undefined : 'must transition out of joint config first';
  if (isRollback(change)) return 'not in joint state; refusing rollback';
  return empty ? 'not in joint state; refusing empty conf change' : undefined;
}

/** One proposal always fits an empty quota, and so does one without data. */
function fitsQuota(raft: Raft, bytes: number): boolean {
  return bytes === 0 || raft.uncommittedSize === 0 || raft.uncommittedSize + bytes <= raft.config.maxUncommittedSize;
}

/**
 * Gives entries their place in this leader's log. The leader's own copy counts towards a commit only once it is durable: its
 * acknowledgement to itself waits for that like those of others.
 */
export function appendEntries(raft: Raft, entries: Entry[]): void {
  const { raftLog } = raft;
  let index = raftLog.lastIndex();
  for (const entry of entries) {
    entry.term = raft.term;
    entry.index = ++index;
    raft.uncommittedSize += entry.data.length;
  }
  traceReplicate(raft, entries);
  raftLog.append(entries);
  const acknowledgement = newMessage(MessageType.APPEND_RESPONSE, raft.id);
  acknowledgement.index = index;
  send(raft, acknowledgement);
}
