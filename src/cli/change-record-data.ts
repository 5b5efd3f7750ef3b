import type { CatchUp, ChangeRecord, GetChangeResponse, QuorumAcks } from '../client/index.js';
import { type SetsData, toSets } from './change-data.js';
import { phaseNames, promoteWhenNames, resultNames } from './wire-names.js';

/** A change as the cluster remembers it. */
export interface ChangeRecordData {
  readonly id: string;
  readonly result: string;
  readonly phase: string;
  /** What happened last, or why it ended. */
  readonly text: string;
  readonly errorCode: string | null;
  readonly by: string | null;
  readonly reason: string | null;
  readonly from: SetsData;
  readonly to: SetsData;
  readonly explicitLeave: boolean;
  /** When its new voters are promoted: ready, manual or voter-down, that for `voterDownMs`; null where nothing was said of it. */
  readonly promoteWhen: string | null;
  readonly voterDownMs: number | null;
  /** It was asked for, or has come to pass. */
  readonly promotionRequested: boolean;
  readonly maxRounds: number | null;
  readonly keepSpare: boolean;
  readonly abortRequested: boolean;
  readonly abortReason: string | null;
  readonly addedLearners: readonly number[];
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly endedAt: string | null;
  readonly configIndexBefore: number;
  /** Null where it has changed nothing yet. */
  readonly configIndexAfter: number | null;
  readonly steps: readonly { readonly phase: string; readonly text: string }[];
  readonly members: readonly { readonly id: number; readonly name: string; readonly address: string }[];
}

/** `data` of `member change status`. */
export interface ChangeStatusData extends ChangeRecordData {
  /** The majorities that the next step needs; empty where no leader answers. */
  readonly quorums: readonly QuorumAcks[];
  readonly catchUp: readonly CatchUpData[];
  readonly stuck: boolean;
  readonly canAbort: boolean;
  readonly abortObstacle: string | null;
  readonly advice: readonly string[];
  /** Whether a leader answered: no other node knows who has acknowledged what. */
  readonly fromLeader: boolean;
  /** Time since something last moved it on. */
  readonly stillMs: number;
}

/** A node that catches up; null is what nobody knows. */
export interface CatchUpData {
  readonly id: number;
  readonly state: string;
  readonly match: number;
  readonly lag: number;
  readonly rate: number | null;
  readonly etaMs: number | null;
  readonly snapshotBytesSent: number | null;
  readonly snapshotBytesTotal: number | null;
  readonly required: boolean | null;
  /** Whole rounds of catching up under this leader, and how long the last one took. */
  readonly rounds: number | null;
  readonly roundMs: number | null;
  /** Whether it could vote now. */
  readonly ready: boolean | null;
}

/** A record as data. */
export function toRecordData(record: ChangeRecord): ChangeRecordData {
  const { id, request, text, startedMs, updatedMs, endedMs } = record;
  return {
    id,
    result: resultNames[record.result],
    phase: phaseNames[record.phase],
    text,
    errorCode: record.errorCode || null,
    by: request?.by || null,
    reason: request?.reason || null,
    from: toSets(record.from),
    to: toSets(record.to),
    explicitLeave: request?.explicitLeave ?? false,
    promoteWhen: request?.promotion === undefined ? null : promoteWhenNames[request.promotion.when],
    voterDownMs: request?.promotion?.voterDownMs || null,
    promotionRequested: record.promotionRequested ?? false,
    maxRounds: request?.maxRounds ?? null,
    keepSpare: request?.keepSpare ?? false,
    abortRequested: record.abortRequested,
    abortReason: record.abortReason || null,
    addedLearners: record.addedLearners,
    startedAt: new Date(startedMs).toISOString(),
    updatedAt: new Date(updatedMs).toISOString(),
    endedAt: endedMs === 0 ? null : new Date(endedMs).toISOString(),
    configIndexBefore: record.fromIndex,
    configIndexAfter: record.configIndex || null,
    steps: record.steps.map((step) => ({ phase: phaseNames[step.phase], text: step.text })),
    members: record.members.map((member) => ({ id: member.id, name: member.name, address: member.address })),
  };
}

/** A record and what its change waits for, as data. */
export function toChangeStatusData(record: ChangeRecord, answer: GetChangeResponse): ChangeStatusData {
  const { quorums, catchUp, stuck, canAbort, abortObstacle, advice, fromLeader, stillMs } = answer;
  return {
    ...toRecordData(record),
    quorums,
    catchUp: catchUp.map(toCatchUpData),
    stuck,
    canAbort,
    abortObstacle: abortObstacle || null,
    advice,
    fromLeader,
    stillMs,
  };
}

/** Progress of a node as data. */
export function toCatchUpData(node: CatchUp): CatchUpData {
  const { id, state, match, lag, rate, etaMs, snapshotBytesSent, snapshotBytesTotal, required } = node;
  const { rounds, roundMs, ready } = node;
  return {
    id,
    state,
    match,
    lag,
    rate: rate ?? null,
    etaMs: etaMs ?? null,
    snapshotBytesSent: snapshotBytesSent ?? null,
    snapshotBytesTotal: snapshotBytesTotal ?? null,
    required: required ?? null,
    rounds: rounds ?? null,
    roundMs: roundMs ?? null,
    ready: ready ?? null,
  };
}
