import { Consistency } from '../gen/raftctl/v1/proposal.js';
import { type Attempt, callAny, callLeader } from './calls.js';
import type { ClientContext } from './survey.js';

/** How fresh a read must be: confirmed by a quorum, trusted to the leader's lease, or whatever the asked node has. */
export type ReadConsistency = 'quorum' | 'leader' | 'local';

/** The same on the wire. */
export const wireConsistency: Record<ReadConsistency, Consistency> = {
  quorum: Consistency.LINEARIZABLE,
  leader: Consistency.LEASE,
  local: Consistency.LOCAL,
};

/** Reads where the consistency can be had: on the leader, or for `local` on any node that answers. */
export function readAt<Result>(
  context: ClientContext,
  consistency: ReadConsistency,
  attempt: Attempt<Result>,
): Promise<Result> {
  return consistency === 'local' ? callAny(context, attempt) : callLeader(context, { effect: 'read', attempt });
}
