import { type ChangeMembersRequest, ChangePhase, ChangeRecord, ChangeResult } from '../../gen/raftctl/v1/member.js';
import type { PlannedChange } from '../../membership/index.js';

/** The record of a change that begins, or of a request that has nothing to change. @param nowMs milliseconds since 1970-01-01 UTC */
export function newChange(
  id: string,
  request: ChangeMembersRequest,
  { plan, unchanged }: PlannedChange,
  nowMs: number,
): ChangeRecord {
  const stands = unchanged
    ? { phase: ChangePhase.DONE, result: ChangeResult.DONE, text: 'nothing was to be changed', endedMs: nowMs }
    : { phase: ChangePhase.PLANNED, result: ChangeResult.RUNNING, text: 'planned' };
  return ChangeRecord.fromPartial({
    id,
    request,
    from: plan.from,
    fromIndex: plan.configIndex,
    to: plan.to,
    ...stands,
    startedMs: nowMs,
    updatedMs: nowMs,
    members: plan.members,
    steps: plan.steps,
  });
}
