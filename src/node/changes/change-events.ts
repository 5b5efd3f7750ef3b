import type { ErrorCode } from '../../base/error-codes.js';
import { errorCodes } from '../../base/error-codes.js';
import { RaftctlError } from '../../base/errors.js';
import {
  ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  ChangePlan,
  type ChangeRecord,
  ChangeResult,
} from '../../gen/raftctl/v1/member.js';
import type { AppliedConfState } from './applied-changes.js';
import { planHash } from './plan-hash.js';

/** What an event may say beside its phase. */
export type EventDetails = Partial<Pick<ChangeMembersResponse, 'plan' | 'catchUp' | 'unchanged' | 'quorums'>>;

/** Something that happened to a change, or is happening to it. */
export function changeEvent(
  changeId: string,
  phase: ChangePhase,
  text: string,
  { configIndex, confState }: AppliedConfState,
  details: EventDetails = {},
): ChangeMembersResponse {
  return {
    changeId,
    phase,
    text,
    plan: undefined,
    catchUp: [],
    unchanged: false,
    quorums: [],
    ...details,
    configIndex,
    confState,
  };
}

/** Where a change stands, as an event. */
export function eventOf(record: ChangeRecord, configuration: AppliedConfState): ChangeMembersResponse {
  return changeEvent(record.id, record.phase, record.text, configuration);
}

/** The plan of a change that has begun. What was checked and how safe it was is not remembered. */
export function planOf({ id, fromIndex, from, to, steps, members }: ChangeRecord): ChangePlan {
  const plan = ChangePlan.fromPartial({ configIndex: fromIndex, from, to, steps, members });
  return { ...plan, hash: planHash(plan), changeId: id };
}

/** What a call ends with that watched a change that failed; undefined where it did not fail. */
export function failureOf({ id, result, errorCode, text, addedLearners }: ChangeRecord): RaftctlError | undefined {
  if (result !== ChangeResult.FAILED) return undefined;
  const code = Object.hasOwn(errorCodes, errorCode) ? (errorCode as ErrorCode) : 'E_INTERNAL';
  const [learner] = addedLearners;
  const hint =
    learner === undefined
      ? `raftctl member change status ${id}`
      : `put it right and give the same command again, or take it out: raftctl member remove ${learner}`;
  return new RaftctlError(code, text, { changed: 'yes', hint });
}

/**
 * Whether two requests want the same. The configuration that the first one started from may be another one when it is repeated, and
 * somebody else may be the one who repeats it.
 */
export function sameChange(first: ChangeMembersRequest | undefined, again: ChangeMembersRequest): boolean {
  if (first === undefined) return false;
  const [left, right] = [first, again].map((request) =>
    ChangeMembersRequest.encode({ ...request, ifConfigIndex: 0, planHash: undefined, by: undefined })
      .finish()
      .join(),
  );
  return left === right;
}

/** A stream that begins with what is planned shows a change that goes on as planned first. */
export function plannedEvent(record: ChangeRecord, configuration: AppliedConfState): ChangeMembersResponse {
  return changeEvent(record.id, ChangePhase.PLANNED, 'planned', configuration, { plan: planOf(record) });
}
