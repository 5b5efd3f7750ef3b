import { INVALID_ID } from './config.js';
import { forwardTransfer } from './follower.js';
import { maybeAutoLeave } from './membership.js';
import type { Raft } from './raft.js';
import { sendAppend, sendTimeoutNow } from './replication.js';

/** Wants `transferee` to lead (Thesis §3.10): done by a leader, passed on by a follower, ignored while there is none. */
export function transferLeader(raft: Raft, transferee: number): void {
  if (raft.role === 'leader') handOver(raft, transferee);
  else if (raft.role === 'follower') forwardTransfer(raft, transferee);
}

/**
 * Begins a transfer: proposals stop, and the transferee is asked to campaign as soon as it has the whole log. A transfer to the same node
 * goes on; one to another node is given up, also for one to this node itself. Voters only.
 */
export function handOver(raft: Raft, transferee: number): void {
  const progress = raft.tracker.get(transferee);
  if (progress === undefined || !raft.tracker.conf.voters.contains(transferee)) {
    raft.config.logger.info('ignores a transfer of leadership to a node that is no voter', { transferee });
    return;
  }
  if (transferee === raft.id) {
    abortTransfer(raft);
    return;
  }
  if (raft.leadTransferee === transferee) return;
  raft.electionElapsed = 0;
  raft.leadTransferee = transferee;
  if (progress.matched === raft.raftLog.lastIndex()) sendTimeoutNow(raft, transferee);
  else sendAppend(raft, transferee);
}

/**
 * Gives a transfer up, if one is under way: proposals are taken again, and what waited for its end goes on.
 * @returns whether there was one
 */
export function abortTransfer(raft: Raft): boolean {
  if (raft.leadTransferee === INVALID_ID) return false;
  raft.leadTransferee = INVALID_ID;
  maybeAutoLeave(raft);
  return true;
}
