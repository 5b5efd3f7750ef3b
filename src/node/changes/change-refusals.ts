import { RaftctlError } from '../../base/errors.js';
import {
  type ChangeMembersRequest,
  ChangePhase,
  type ChangeRecord,
  ChangeResult,
} from '../../gen/raftctl/v1/member.js';

/** Whether a change stays joint until somebody leaves it. */
export function staysJoint({ request, phase }: ChangeRecord): boolean {
  return request?.explicitLeave === true && phase === ChangePhase.JOINT;
}

/** What a call ends with whose node leads no more. */
export function leadershipLost(): RaftctlError {
  return outcomeUnknown('the leadership was lost');
}

/** The change may or may not go on. @param why what came between */
export function outcomeUnknown(why: string): RaftctlError {
  return new RaftctlError('E_OUTCOME_UNKNOWN', `${why}: the change may or may not go on`, {
    changed: 'unknown',
    retryable: true,
    hint: 'raftctl member change status',
  });
}

/** @param id empty: the one that runs */
export function notFound(id: string): RaftctlError {
  const message = id === '' ? 'no change of the members is running' : `there is no change ${id} of the members`;
  return new RaftctlError('E_NOT_FOUND', message, { hint: 'raftctl member change list' });
}

/** An abort that comes when there is nothing to take back any more. */
export function tooLate({ id, result, phase }: ChangeRecord): RaftctlError {
  const state = result === ChangeResult.RUNNING ? ChangePhase[phase] : ChangeResult[result];
  return new RaftctlError('E_CONFLICT', `change ${id} cannot be taken back any more: it is ${state.toLowerCase()}`, {
    hint: `raftctl member change revert ${id}`,
  });
}

/** That a request is for the plan that was made now, where it says for which. @throws RaftctlError E_CONFLICT */
export function requirePlan(request: ChangeMembersRequest, hash: string, configIndex: number): void {
  if (request.planHash === undefined || request.planHash === '' || request.planHash === hash) return;
  const message = `the plan is stale: what would be done now is not what it says (the configuration is that of index ${configIndex})`;
  throw new RaftctlError('E_CONFLICT', message, { hint: 'plan again: raftctl member plan' });
}
