import {
  type CatchUp,
  ChangePhase,
  type ChangeRecord,
  GetChangeResponse,
  type QuorumAcks,
} from '../../gen/raftctl/v1/member.js';
import { isBeyondAbort } from '../../membership/index.js';
import type { NodeContext } from '../node-context.js';
import { brokenQuorums, isAcknowledged, quorumAcks } from './acknowledgements.js';
import type { AppliedChanges } from './applied-changes.js';
import type { CatchUpWatch } from './catch-up.js';
import { isRunning } from './change-records.js';

/** Phases in which a configuration is proposed that only the next leader can know to be committed or not. */
const undecided: readonly ChangePhase[] = [
  ChangePhase.ADDING_LEARNERS,
  ChangePhase.ENTERING_JOINT,
  ChangePhase.CHANGING,
];

/** Where a change stands, as this node knows it: whom it waits for, whether it is stuck, and what would help. Needs no leader. */
export function situationOf(
  context: NodeContext,
  changes: AppliedChanges,
  record: ChangeRecord,
  watch: CatchUpWatch | undefined,
): GetChangeResponse {
  const fromLeader = context.isLeader;
  if (!isRunning(record)) return GetChangeResponse.fromPartial({ change: record, fromLeader });
  const quorums = quorumAcks(context, context.applied.configIndex);
  const areAwaited = record.phase === ChangePhase.CATCHING_UP || record.phase === ChangePhase.READY;
  const look = areAwaited ? watch?.look() : undefined;
  const catchUp = look?.all ?? [];
  const absent = catchUp.filter(({ id }) => look?.behind.includes(id) && !context.connectedIds().has(id));
  const hasLeader = context.core.raft.leaderId !== 0;
  const isJoint = context.applied.confState.votersOutgoing.length > 0;
  const { electionTicks, tickMs } = context.options.config;
  const isStill = changes.stillMs > electionTicks * tickMs;
  const isMissing = brokenQuorums(quorums).length > 0 || absent.length > 0;
  const isStuck = (isStill && isMissing) || (isJoint && !hasLeader);
  const obstacle = abortObstacle(context, record, quorums);
  return {
    change: hasLeader || !undecided.includes(record.phase) ? record : { ...record, phase: ChangePhase.IN_DOUBT },
    quorums,
    catchUp,
    stuck: isStuck,
    canAbort: obstacle === '',
    abortObstacle: obstacle,
    advice: isStuck || isMissing ? adviceFor(context, record, quorums, absent) : [],
    fromLeader,
    stillMs: Math.round(changes.stillMs),
  };
}

/** Why an abort would not succeed now; empty where it would. */
export function abortObstacle(context: NodeContext, record: ChangeRecord, quorums: readonly QuorumAcks[]): string {
  if (record.abortRequested) return 'it is being taken back already';
  if (isBeyondAbort(record, context.applied.confState))
    return 'its last configuration is made; the way back is another change';
  const broken = brokenQuorums(quorums).map((quorum) => needOf(context, quorum));
  if (broken.length > 0) {
    const isJoint = context.applied.confState.votersOutgoing.length > 0;
    return `${isJoint ? 'leaving the joint configuration, forwards or back,' : 'that'} needs ${broken.join('; and ')}`;
  }
  return context.core.raft.leaderId === 0 ? 'there is no leader at the moment: the voters are holding an election' : '';
}

/** `2 of {1,4,5}: n4, n5 are not in reach` */
function needOf(context: NodeContext, { voters, needed, missing }: QuorumAcks): string {
  return `${needed} of {${voters.join(',')}}: ${names(context, missing)} ${missing.length === 1 ? 'is' : 'are'} not in reach`;
}

function adviceFor(
  context: NodeContext,
  record: ChangeRecord,
  quorums: readonly QuorumAcks[],
  absent: readonly CatchUp[],
): string[] {
  const broken = brokenQuorums(quorums);
  const advice = broken.map(({ set, voters, needed, missing }) => {
    const lacking = needed - (voters.length - missing.length);
    const which = lacking === missing.length ? '' : `${lacking === 1 ? 'one' : lacking} of `;
    const half = set === 'voters' ? 'voters' : `${set} voters`;
    return `bring back ${which}${missing.map((id) => whereabouts(context, id)).join(', ')}: the ${half} need ${needed} of {${voters.join(',')}}`;
  });
  if (absent.length > 0) {
    advice.push(`bring back ${absent.map(({ id }) => whereabouts(context, id)).join(', ')}, which is to vote`);
  }
  if (!record.abortRequested && broken.length === 0)
    advice.push(`or take it back: raftctl member change abort ${record.id}`);
  if (context.isLeader && !isAcknowledged(quorums) && broken.length === 0) {
    advice.unshift('all that are needed are in reach: wait for their acknowledgements');
  }
  if (broken.length > 0 && context.applied.confState.votersOutgoing.length > 0) {
    advice.push('if they are lost for good, the last way: raftctl recover plan --from-joint');
  }
  return advice;
}

/** `n3 at 10.0.0.3:7400 (it has 99.9% of the log)` */
function whereabouts(context: NodeContext, id: number): string {
  const member = context.memberById(id);
  const match = context.matchOf(id);
  const last = context.core.raft.raftLog.lastIndex();
  const share =
    match === 0 || last === 0 ? '' : ` (it has ${((Math.min(match, last) * 100) / last).toFixed(1)}% of the log)`;
  return `${member?.name || `n${id}`}${member === undefined ? '' : ` at ${member.address}`}${share}`;
}

function names(context: NodeContext, ids: readonly number[]): string {
  return ids.map((id) => context.memberById(id)?.name || `n${id}`).join(', ');
}
