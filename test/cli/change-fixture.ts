import type { ChangeMembersResponse } from '../../src/client/index.js';
import {
  ChangePhase,
  ChangePlan,
  ChangeRecord,
  ChangeResult,
  CheckStatus,
  GetChangeResponse,
  ChangeMembersResponse as Response,
} from '../../src/gen/raftctl/v1/member.js';

/** The change of the stories: voters 1,2,3 become 1,3,4, and 5 a learner. */
export const changeId = '01J8Z3P2QK4T';

const from = { voters: [1, 2, 3] };
const to = { voters: [1, 3, 4], learners: [5] };
const steps = [
  { phase: ChangePhase.ADDING_LEARNERS, text: 'add learner 4: 1 simple change, committed by 2 of {1,2,3}' },
  { phase: ChangePhase.CATCHING_UP, text: 'wait until 4 is within 1000 entries of the leader' },
  { phase: ChangePhase.ENTERING_JOINT, text: 'promote learner 4; remove voter 2: one joint change' },
  { phase: ChangePhase.JOINT, text: 'joint: commits and elections need 2 of {1,2,3} AND 2 of {1,3,4}' },
  { phase: ChangePhase.LEAVING_JOINT, text: 'leave joint (automatic): committed by both' },
];
const members = [1, 2, 3, 4, 5].map((id) => ({ id, name: `n${id}`, address: `10.0.0.${id}:7400` }));

/** The plan of it, as a server makes it. */
export const plan = ChangePlan.fromPartial({
  changeId,
  configIndex: 118,
  from,
  to,
  steps,
  members,
  checks: [
    { id: 'leader-stable', status: CheckStatus.OK, message: 'n1 has led for 3 days' },
    { id: 'disk-traffic', status: CheckStatus.WARN, message: 'n1 must send a snapshot of 812 MiB to 4, 5' },
  ],
  safety: [
    { phase: 'now', sets: [{ voters: [1, 2, 3], needed: 2, live: 3 }], tolerates: 1, minimalCuts: [{ ids: [1, 2] }] },
  ],
  hash: 'ab'.repeat(32),
});

/** What happens to it, told in one word each. */
export function event(phase: ChangePhase, text: string, more: Partial<ChangeMembersResponse> = {}) {
  return Response.fromPartial({ changeId, phase, text, configIndex: 118, confState: from, ...more });
}

/** Node 4 on its way: so many entries behind. */
export function catchingUp(lag: number): ChangeMembersResponse {
  const four = { id: 4, match: 2000 - lag, lag, state: 'replicate', rate: 86, etaMs: 14_000, required: true };
  const five = { id: 5, match: 0, lag: 2000, state: 'snapshot', required: false };
  const bytes = { snapshotBytesSent: 292 * 1024 ** 2, snapshotBytesTotal: 812 * 1024 ** 2 };
  return event(ChangePhase.CATCHING_UP, 'waiting for 4', { catchUp: [four, { ...five, ...bytes }] });
}

/** The whole story, with an end. */
export function storyOf(): ChangeMembersResponse[] {
  return [
    event(ChangePhase.PLANNED, 'planned', { plan }),
    event(ChangePhase.ADDING_LEARNERS, 'learner 4 is added'),
    catchingUp(1204),
    event(ChangePhase.ENTERING_JOINT, 'entering the joint configuration'),
    event(ChangePhase.JOINT, 'joint: commits and elections need both'),
    event(ChangePhase.LEAVING_JOINT, 'leaving the joint configuration'),
    event(ChangePhase.DONE, 'done', { configIndex: 121, confState: { ...emptyConfState, ...to } }),
  ];
}

const emptyConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

/** What the cluster remembers of it. */
export function record(more: Partial<ChangeRecord> = {}): ChangeRecord {
  return ChangeRecord.fromPartial({
    id: changeId,
    request: { requestId: changeId, by: 'anna@desk', reason: 'OPS-412' },
    from,
    fromIndex: 118,
    to,
    phase: ChangePhase.JOINT,
    result: ChangeResult.RUNNING,
    text: 'joint: commits and elections need both',
    startedMs: Date.parse('2026-09-15T10:00:00Z'),
    updatedMs: Date.parse('2026-09-15T10:01:00Z'),
    members,
    configIndex: 119,
    steps,
    ...more,
  });
}

/** It has come to its end. */
export const doneRecord = () =>
  record({
    phase: ChangePhase.DONE,
    result: ChangeResult.DONE,
    text: 'done',
    configIndex: 121,
    endedMs: Date.parse('2026-09-15T10:01:12Z'),
  });

/** It waits for nodes 3 and 4, which are not there. */
export function stuckChange(): GetChangeResponse {
  return GetChangeResponse.fromPartial({
    change: record(),
    quorums: [
      { set: 'incoming', voters: [1, 3, 4], needed: 2, acked: [1], missing: [3, 4] },
      { set: 'outgoing', voters: [1, 2, 3], needed: 2, acked: [1, 2], missing: [3] },
    ],
    stuck: true,
    canAbort: false,
    abortObstacle: 'leaving, forwards or back, needs 2 of {1,3,4}: n3, n4 are not in reach',
    advice: ['bring back one of n3, n4: the incoming voters need 2 of {1,3,4}'],
    fromLeader: true,
    stillMs: 251_000,
  });
}

/** A stream that tells these, one after the other. */
export async function* telling(...told: readonly object[]): AsyncGenerator<object> {
  yield* told;
}
