import { type ConfState, type Message, MessageType, type Snapshot } from '../gen/raft/v1/raft.js';
import { restore } from './confchange/restore.js';
import { INVALID_ID, INVALID_INDEX } from './config.js';
import { RaftError } from './errors.js';
import { emptyConfState, newMessage, snapshotIndex, snapshotTerm } from './messages.js';
import type { Raft } from './raft.js';
import { send } from './send.js';
import { traceApplyConfChange } from './trace.js';

/** Takes a leader's snapshot, and says how far this node has come. */
export function handleSnapshot(raft: Raft, message: Message): void {
  const taken = message.snapshot !== undefined && installSnapshot(raft, message.snapshot);
  const response = newMessage(MessageType.APPEND_RESPONSE, message.from);
  response.index = taken ? raft.raftLog.lastIndex() : raft.raftLog.committed;
  if (raft.config.piggybackCommit) response.commit = raft.raftLog.committed;
  send(raft, response);
}

/**
 * Begins the log and the configuration anew with a snapshot, unless it is of no use: older than what is committed, without this member,
 * or of an entry that the log has anyway, which then is committed.
 *
 * Diverges from etcd/raft and raft-rs: a node that is no member yet takes a snapshot that does not know it either. The change that brings
 * it in comes behind; refusing would leave it waiting until somebody makes a newer snapshot.
 * @returns whether it is to be installed
 */
function installSnapshot(raft: Raft, snapshot: Snapshot): boolean {
  const { raftLog } = raft;
  const index = snapshotIndex(snapshot);
  // A late one from before the request must not take entries away that were acknowledged since.
  const requested = raft.pendingRequestSnapshot !== INVALID_INDEX && index >= raft.pendingRequestSnapshot;
  if (index < raftLog.committed || (index === raftLog.committed && !requested)) return false;
  const confState = snapshot.metadata?.confState ?? emptyConfState();
  if (!isMember(confState, raft.id) && raft.tracker.get(raft.id) !== undefined) {
    raft.config.logger.warn('ignores a snapshot of a configuration that it is not in', { id: raft.id, index });
    return false;
  }
  if (!requested && raftLog.matchTerm(index, snapshotTerm(snapshot))) {
    raftLog.commitTo(index);
    return false;
  }
  raftLog.restore(snapshot);
  traceApplyConfChange(raft, confState.voters);
  restore(raft.tracker, raftLog.lastIndex() + 1, confState);
  raft.tracker.get(raft.id)?.maybeUpdate(raftLog.lastIndex());
  raft.pendingRequestSnapshot = INVALID_INDEX;
  raft.config.logger.info('installs a snapshot', { id: raft.id, index, term: snapshotTerm(snapshot) });
  return true;
}

function isMember(confState: ConfState, id: number): boolean {
  return confState.voters.includes(id) || confState.learners.includes(id) || confState.votersOutgoing.includes(id);
}

/**
 * Asks the leader for a snapshot, whatever this node's log is like (raft-rs): repeated at each word from the leader until one comes.
 * @throws RaftError of kind `request-snapshot-dropped`
 */
export function requestSnapshot(raft: Raft): void {
  const { raftLog } = raft;
  const refusal =
    raft.role === 'leader'
      ? 'the leader has nobody to ask'
      : raft.leaderId === INVALID_ID
        ? 'there is no leader'
        : raftLog.hasPendingSnapshot()
          ? 'a snapshot is being installed'
          : raft.pendingRequestSnapshot !== INVALID_INDEX
            ? 'a snapshot is asked for already'
            : raftLog.lastTerm() !== raft.term
              ? 'the log has no entry of this term yet'
              : undefined;
  if (refusal !== undefined) {
    raft.config.logger.info('drops a request for a snapshot', { refusal });
    throw new RaftError('request-snapshot-dropped', 'raft: request snapshot dropped');
  }
  raft.pendingRequestSnapshot = raftLog.lastIndex();
  sendRequestSnapshot(raft);
}

/**
 * Whether this node takes nothing from its leader but the snapshot that it has asked for. Under a new leader it first goes on until its log
 * has an entry of that leader's term: a group that needs this node to commit it could else never come as far as the snapshot must.
 */
export function waitsForSnapshot(raft: Raft): boolean {
  return raft.pendingRequestSnapshot !== INVALID_INDEX && raft.raftLog.lastTerm() === raft.term;
}

/** The request, in the form of a rejected append. */
export function sendRequestSnapshot(raft: Raft): void {
  const { raftLog } = raft;
  const message = newMessage(MessageType.APPEND_RESPONSE, raft.leaderId);
  message.index = raftLog.committed;
  message.reject = true;
  message.rejectHint = raftLog.lastIndex();
  message.logTerm = raftLog.lastTerm();
  message.requestSnapshot = raft.pendingRequestSnapshot;
  send(raft, message);
}
