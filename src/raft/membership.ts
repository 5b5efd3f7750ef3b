import {
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  EntryType,
} from '../gen/raft/v1/raft.js';
import { newConfChangeSingle } from './conf-change.js';
import { Changer } from './confchange/changer.js';
import { INVALID_ID } from './config.js';
import { isNodeId } from './counts.js';
import { takeOver } from './election.js';
import { ProposalDroppedError, RaftError } from './errors.js';
import { EMPTY, newEntry } from './messages.js';
import { propose } from './proposals.js';
import type { Raft } from './raft.js';
import { releaseEarlyReads, releaseReads } from './reads.js';
import { bcastAppend, maybeCommit, maybeSendAppend, sendTimeoutNow } from './replication.js';
import { becomeFollower } from './roles.js';
import { traceApplyConfChange } from './trace.js';

/** Voters and learners that a group is to have. */
export interface MembershipTarget {
  readonly voters: readonly number[];
  readonly learners?: readonly number[];
}

/**
 * Puts a committed change into force (Thesis §4.1: here when it is applied, not when it is appended).
 * @throws RaftError of kind `conf-change`, with nothing changed, where it does not fit the configuration
 */
export function applyConfChange(raft: Raft, change: ConfChangeV2): ConfState {
  const { conf, changes } = new Changer(raft.tracker).apply(change);
  traceApplyConfChange(raft, conf.voters.incoming.ids);
  raft.tracker.applyConf(conf, changes, raft.raftLog.lastIndex());
  for (const { id } of changes) {
    const added = raft.tracker.get(id);
    if (added !== undefined) added.progressedAt = raft.leaderTicks;
  }
  const confState = raft.tracker.toConfState();
  raft.config.logger.info('switched to configuration', { id: raft.id, configuration: String(conf) });
  if (raft.role === 'leader') leadNewConfiguration(raft);
  return confState;
}

function leadNewConfiguration(raft: Raft): void {
  const { tracker } = raft;
  const own = tracker.get(raft.id);
  if (raft.config.stepDownOnRemoval && (own === undefined || own.isLearner)) {
    stepDown(raft);
    return;
  }
  // Otherwise it goes on leading the others without counting itself (Thesis §4.2.2). Without those who have left, a lower majority may do,
  // which none of its peers has any more to say to.
  if (maybeCommit(raft)) {
    releaseEarlyReads(raft);
    bcastAppend(raft);
  } else {
    // New members need not wait for the next heartbeat or proposal.
    for (const [id, progress] of tracker.progress) {
      if (id !== raft.id) maybeSendAppend(raft, id, progress, false);
    }
  }
  releaseReads(raft);
  if (!tracker.conf.voters.contains(raft.leadTransferee)) raft.leadTransferee = INVALID_ID;
}

/** Gives up the lead, to the successor that was named by a transfer if there is one (Thesis §4.2.2). */
function stepDown(raft: Raft): void {
  const { leadTransferee } = raft;
  if (raft.tracker.conf.voters.contains(leadTransferee)) sendTimeoutNow(raft, leadTransferee);
  becomeFollower(raft, raft.term, INVALID_ID);
}

/** The application has applied up to `index`: gives the quota back, and leaves the joint configuration where that is due. */
export function appliedTo(raft: Raft, index: number): void {
  if (index > raft.raftLog.applied) raft.raftLog.applied = index;
  giveQuotaBack(raft);
  maybeAutoLeave(raft);
  if (raft.takesOverWhenApplied) takeOver(raft);
}

function giveQuotaBack(raft: Raft): void {
  const { handedOut } = raft;
  for (;;) {
    const oldest = handedOut[0];
    if (oldest === undefined || oldest.index > raft.raftLog.applied) return;
    handedOut.shift();
    if (oldest.index > raft.uncommittedTail) raft.uncommittedSize = Math.max(0, raft.uncommittedSize - oldest.bytes);
  }
}

/**
 * A leader leaves a joint configuration by itself where that was wanted, as soon as the change that entered it is applied. The proposal
 * is refused during a transfer of leadership; the next apply, the end of the transfer, or the next leader tries again.
 */
export function maybeAutoLeave(raft: Raft): void {
  if (!raft.tracker.conf.autoLeave || raft.role !== 'leader' || raft.hasPendingConf) return;
  try {
    propose(raft, [newEntry(EntryType.CONF_CHANGE_V2, EMPTY, EMPTY)]);
  } catch (thrown) {
    if (!(thrown instanceof ProposalDroppedError)) throw thrown;
    raft.config.logger.debug('does not leave the joint configuration yet', { id: raft.id, reason: thrown.reason });
  }
}

/**
 * The change that leads from the configuration in force to these voters and learners.
 * @throws RaftError of kind `conf-change` where no such configuration can be, or nothing would change
 */
export function changeTo(raft: Raft, target: MembershipTarget): ConfChangeV2 {
  const voters = new Set(target.voters);
  const learners = new Set(target.learners ?? []);
  if (voters.size === 0) throw new RaftError('conf-change', 'a group needs at least one voter');
  for (const id of [...voters, ...learners]) {
    if (!isNodeId(id)) throw new RaftError('conf-change', `${id} is not a node id`);
  }
  for (const id of learners) {
    if (voters.has(id)) throw new RaftError('conf-change', `${id} is in voters and learners`);
  }
  const { conf } = raft.tracker;
  const changes: ConfChangeSingle[] = [];
  const want = (id: number, changeType: ConfChangeType) => changes.push(newConfChangeSingle(id, changeType));
  for (const id of voters) if (!conf.voters.incoming.has(id)) want(id, ConfChangeType.ADD_NODE);
  for (const id of learners) if (!conf.learners.has(id)) want(id, ConfChangeType.ADD_LEARNER_NODE);
  for (const id of conf.members()) {
    if (!voters.has(id) && !learners.has(id)) want(id, ConfChangeType.REMOVE_NODE);
  }
  if (changes.length === 0) throw new RaftError('conf-change', 'these are the members already');
  return { transition: ConfChangeTransition.AUTO, changes, context: EMPTY };
}
