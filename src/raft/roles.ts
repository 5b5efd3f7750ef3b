import { assert } from '../base/assert.js';
import { EntryType } from '../gen/raft/v1/raft.js';
import { INVALID_ID, INVALID_INDEX } from './config.js';
import { EMPTY, newEntry } from './messages.js';
import { appendEntries } from './proposals.js';
import type { Raft } from './raft.js';
import { traceState } from './trace.js';

/** Follows `leaderId` (0: nobody known) in `term`. A request for a snapshot outlives it. */
export function becomeFollower(raft: Raft, term: number, leaderId: number): void {
  const { pendingRequestSnapshot } = raft;
  reset(raft, term);
  raft.role = 'follower';
  raft.leaderId = leaderId;
  raft.pendingRequestSnapshot = pendingRequestSnapshot;
  raft.raftLog.maxApplyUnpersistedLogLimit = 0;
  raft.config.logger.debug('became follower', { id: raft.id, term, leaderId });
  traceState(raft, 'BecomeFollower');
}

/** Asks whether an election could be won. Changes neither term nor vote (Thesis §9.6). */
export function becomePreCandidate(raft: Raft): void {
  assert(raft.role !== 'leader', 'a leader does not campaign');
  raft.tracker.resetVotes();
  raft.role = 'pre-candidate';
  raft.leaderId = INVALID_ID;
  raft.config.logger.debug('became pre-candidate', { id: raft.id, term: raft.term });
}

/** Runs for the next term, with its own vote (Paper §5.2). */
export function becomeCandidate(raft: Raft): void {
  assert(raft.role !== 'leader', 'a leader does not campaign');
  reset(raft, raft.term + 1);
  raft.role = 'candidate';
  raft.vote = raft.id;
  raft.config.logger.debug('became candidate', { id: raft.id, term: raft.term });
  traceState(raft, 'BecomeCandidate');
}

/** Leads the term, beginning with an empty entry of it: only with that the older ones can be committed (Paper §5.4.2, §8). */
export function becomeLeader(raft: Raft): void {
  assert(raft.role !== 'follower', 'a follower must campaign first');
  const electedBy = raft.tracker.grantedBy();
  reset(raft, raft.term);
  raft.electedBy = electedBy;
  raft.role = 'leader';
  raft.leaderId = raft.id;
  const own = raft.tracker.get(raft.id);
  assert(own !== undefined, 'a leader is a member');
  own.becomeReplicate();
  own.recentActive = true;
  const last = raft.raftLog.lastIndex();
  // The log may hold a configuration change: which one would have to be searched for, so all of it counts as one.
  raft.pendingConfIndex = last;
  raft.uncommittedTail = last;
  raft.raftLog.maxApplyUnpersistedLogLimit = raft.config.maxApplyUnpersistedLogLimit;
  traceState(raft, 'BecomeLeader');
  appendEntries(raft, [newEntry(EntryType.NORMAL, EMPTY, EMPTY)]);
  raft.config.logger.info('became leader', { id: raft.id, term: raft.term });
}

/** Forgets all that belongs to a role or a term. */
function reset(raft: Raft, term: number): void {
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = INVALID_ID;
  }
  raft.leaderId = INVALID_ID;
  raft.electionElapsed = 0;
  raft.heartbeatElapsed = 0;
  raft.leaderTicks = 0;
  raft.electedBy = [];
  raft.randomizedElectionTimeout = raft.drawElectionTimeout();
  raft.leadTransferee = INVALID_ID;
  raft.takesOverWhenApplied = false;
  raft.pendingConfIndex = INVALID_INDEX;
  raft.pendingRequestSnapshot = INVALID_INDEX;
  raft.uncommittedSize = 0;
  raft.readOnly.drop();
  raft.forwardedReads.drop();
  raft.earlyReads = [];
  raft.tracker.resetVotes();
  const { raftLog } = raft;
  for (const [id, progress] of raft.tracker.progress) {
    progress.reset(raftLog.lastIndex() + 1);
    if (id === raft.id) {
      progress.matched = raftLog.persisted;
      progress.committedIndex = raftLog.committed;
    }
  }
}
