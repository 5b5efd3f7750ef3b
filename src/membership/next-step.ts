import type { ConfChangeV2, ConfState } from '../gen/raft/v1/raft.js';
import { ConfChangeTransition } from '../gen/raft/v1/raft.js';
import { ChangePhase, type ChangeRecord, ChangeResult } from '../gen/raftctl/v1/member.js';
import { isReleased, promotionText, sparesOf, watchedVoters } from './promotion.js';
import { sameSets, settledSets } from './target.js';
import { difference, simple, type Transition, transition } from './transition.js';
import { braces, listIds } from './words.js';

/** What a running change is to do next. All but `propose` and `end` may take a while; whoever asks asks again then. */
export type NextStep =
  | { readonly kind: 'propose'; readonly phase: ChangePhase; readonly text: string; readonly change: ConfChangeV2 }
  | HandOver
  | {
      readonly kind: 'wait';
      /**
       * `majority`: nobody new is to vote, but too few of those that are to are in reach. `promotion`: those that are to vote are ready, or
       * were, and wait for what promotes them.
       */
      readonly for: 'catching-up' | 'majority' | 'acknowledgements' | 'leave' | 'promotion';
      readonly phase: ChangePhase;
      readonly text: string;
    }
  | {
      readonly kind: 'end';
      readonly result: ChangeResult;
      readonly errorCode: '' | 'E_CONFLICT';
      readonly text: string;
    };

/** The leader is to hand over to one of the candidates; the new leader goes on. */
export interface HandOver {
  readonly kind: 'hand-over';
  readonly phase: ChangePhase;
  readonly text: string;
  readonly candidates: readonly number[];
}

/** Where a running change stands, as its leader knows it once it has applied all that it has proposed itself. */
export interface ChangeSituation {
  readonly record: ChangeRecord;
  /** The applied configuration, and the index of the entry that made it. */
  readonly confState: ConfState;
  readonly configIndex: number;
  readonly leader: number;
  /** Transfers of leadership that this leader has tried for this change in vain, in whatever term. */
  readonly failedHandOvers: number;
  /** Whether a majority of each half of the configuration has acknowledged the entry that made it. */
  isAcknowledged(): boolean;
  /** Whether those are caught up that must be: before the change to the target is made, or where it is made and keeps spares, those. */
  isCaughtUp(): boolean;
}

/** Transfers that are tried to the successor that was asked for, and as many again to anybody. Then the leader goes on without. */
const HAND_OVER_TRIES = 2;

/**
 * What a running change does next. It follows from its record and the applied configuration alone, so that any leader, at any moment, goes
 * on where the last one was, and doing a step twice is doing it once.
 *
 * ```
 *   forward   learners ► caught up ► promoted ► simple change ─────────────────────────► verify ► spares ready ► done
 *                                             └ enter joint ► acknowledged ► hand over ► leave ──┘
 *   back      joint: roll back ► learners out ► aborted      otherwise: learners out ► aborted
 * ```
 */
export function nextStep(situation: ChangeSituation): NextStep {
  const { record, confState, configIndex } = situation;
  const expected = record.configIndex === 0 ? record.fromIndex : record.configIndex;
  if (configIndex !== expected) {
    const text = `the configuration of index ${configIndex} is not of this change: it was changed from outside`;
    return { kind: 'end', result: ChangeResult.FAILED, errorCode: 'E_CONFLICT', text };
  }
  const isJoint = confState.votersOutgoing.length > 0;
  if (record.abortRequested) return isJoint ? rollBack(situation) : takeBack(situation);
  return isJoint ? leave(situation) : goForward(situation);
}

/** Whether the configuration is what the change was to make of it, by an entry of its own. */
export function isTarget(record: Pick<ChangeRecord, 'to' | 'configIndex'>, confState: ConfState): boolean {
  if (record.configIndex === 0 || confState.votersOutgoing.length > 0) return false;
  return record.to !== undefined && sameSets(settledSets(confState), settledSets(record.to));
}

/** Whether it is too late to take a running change back: what it was to make is made, and more than a spare that it still waits for. */
export function isBeyondAbort(
  record: Pick<ChangeRecord, 'from' | 'to' | 'configIndex' | 'request'>,
  confState: ConfState,
): boolean {
  if (!isTarget(record, confState)) return false;
  const votersStay = settledSets(confState).voters.join() === settledSets(record.from ?? confState).voters.join();
  return sparesOf(record).length === 0 || !votersStay;
}

/** The way that a change takes from where it began. */
export function wayOf({ from, to, request }: Pick<ChangeRecord, 'from' | 'to' | 'request'>): Transition {
  if (from === undefined || to === undefined) return { learnersFirst: [], catchUp: [], final: undefined, joint: false };
  return transition({
    now: settledSets(from),
    target: settledSets(to),
    members: request?.peers ?? [],
    explicitLeave: request?.explicitLeave ?? false,
  });
}

function goForward(situation: ChangeSituation): NextStep {
  const { record, confState } = situation;
  if (isTarget(record, confState)) return verify(situation);
  const way = wayOf(record);
  const members = [...confState.voters, ...confState.learners];
  const next = way.learnersFirst.find(({ changes }) => changes.some(({ nodeId }) => !members.includes(nodeId)));
  if (next !== undefined) {
    const text = `adding learner ${next.changes[0]?.nodeId}`;
    return { kind: 'propose', phase: ChangePhase.ADDING_LEARNERS, text, change: next };
  }
  if (way.final === undefined) return done(record);
  const isToWait = !isReleased(record);
  // Once they were ready they are only looked at again when they are to be promoted: a spare may rest for a while.
  if (isToWait && record.phase === ChangePhase.READY) return waitForPromotion(record, way.catchUp);
  // Asked once: from one moment to the next the answer may be another one.
  if (!situation.isCaughtUp()) {
    const text = 'waiting until those that are to vote have caught up';
    const waitsFor = way.catchUp.length > 0 ? 'catching-up' : 'majority';
    return { kind: 'wait', for: waitsFor, phase: ChangePhase.CATCHING_UP, text };
  }
  if (isToWait) return waitForPromotion(record, way.catchUp);
  if (way.joint) {
    const text = 'entering the joint configuration';
    return { kind: 'propose', phase: ChangePhase.ENTERING_JOINT, text, change: way.final };
  }
  const text = 'one simple change';
  return (
    handOver(situation, record.to?.voters ?? []) ?? {
      kind: 'propose',
      phase: ChangePhase.CHANGING,
      text,
      change: way.final,
    }
  );
}

function waitForPromotion({ request, from, to }: ChangeRecord, newVoters: readonly number[]): NextStep {
  const until = request === undefined ? undefined : promotionText(request, newVoters, watchedVoters(from, to));
  const text = `${listIds(newVoters)} ready: waiting ${until ?? 'to be promoted'}`;
  return { kind: 'wait', for: 'promotion', phase: ChangePhase.READY, text };
}

/** Joint, on the way to the target. */
function leave(situation: ChangeSituation): NextStep {
  const { record, confState } = situation;
  const isAskedFor = record.phase === ChangePhase.LEAVING_JOINT;
  if (record.request?.explicitLeave === true && !isAskedFor) {
    return { kind: 'wait', for: 'leave', phase: record.phase, text: 'joint until it is left' };
  }
  if (!situation.isAcknowledged()) return waitForBoth(situation);
  const change = { transition: ConfChangeTransition.AUTO, changes: [], context: new Uint8Array() };
  const text = 'leaving the joint configuration';
  const step: NextStep = { kind: 'propose', phase: ChangePhase.LEAVING_JOINT, text, change };
  const handsOver = handOver(situation, confState.voters);
  // That it may be left must not be forgotten on the way to the next leader.
  return handsOver === undefined ? step : isAskedFor ? { ...handsOver, phase: ChangePhase.LEAVING_JOINT } : handsOver;
}

function rollBack(situation: ChangeSituation): NextStep {
  const { confState } = situation;
  if (!situation.isAcknowledged()) return waitForBoth(situation);
  const staying = confState.votersOutgoing.filter((id) => confState.voters.includes(id));
  const isLed = confState.votersOutgoing.includes(situation.leader);
  const handsOver = isLed ? undefined : handOver(situation, staying, false);
  if (handsOver !== undefined) return { ...handsOver, phase: ChangePhase.ABORTING };
  const change = { transition: ConfChangeTransition.ROLLBACK, changes: [], context: new Uint8Array() };
  const text = `rolling back to the voters ${braces(confState.votersOutgoing)}`;
  return { kind: 'propose', phase: ChangePhase.ABORTING, text, change };
}

/** Not joint: learners that came are removed, those that went come back. Voters that are others by now stay. */
function takeBack(situation: ChangeSituation): NextStep {
  const { record, confState } = situation;
  const now = settledSets(confState);
  const before = settledSets(record.from ?? confState);
  const isUpdate = record.to !== undefined && sameSets(before, settledSets(record.to));
  if (now.voters.join() !== before.voters.join() || (isUpdate && record.configIndex !== 0)) return verify(situation);
  const [back] = difference(now, before);
  if (back === undefined) {
    const text = `taken back: the voters are ${braces(now.voters)}, the learners ${braces(now.learners)}`;
    return { kind: 'end', result: ChangeResult.ABORTED, errorCode: '', text };
  }
  const text = now.learners.includes(back.nodeId)
    ? `removing learner ${back.nodeId}`
    : `adding learner ${back.nodeId} again`;
  return { kind: 'propose', phase: ChangePhase.ABORTING, text, change: simple(back.changeType, back.nodeId) };
}

/** The configuration is the target: whoever is to lead leads, a majority of its voters has it, and spares that it keeps are ready. */
function verify(situation: ChangeSituation): NextStep {
  const { record, confState } = situation;
  if (!situation.isAcknowledged()) {
    const text = `waiting until a majority of ${braces(confState.voters)} has the last configuration`;
    return { kind: 'wait', for: 'acknowledgements', phase: record.phase, text };
  }
  const handsOver = handOver(situation, confState.voters);
  if (handsOver !== undefined) return handsOver;
  const spares = record.abortRequested ? [] : sparesOf(record);
  if (spares.length > 0 && !situation.isCaughtUp()) {
    const text = `waiting until ${listIds(spares)}, which ${spares.length === 1 ? 'stays a learner, has' : 'stay learners, have'} caught up`;
    return { kind: 'wait', for: 'catching-up', phase: ChangePhase.CATCHING_UP, text };
  }
  return done(record);
}

function done(record: ChangeRecord): NextStep {
  const text = record.abortRequested ? 'done: the abort came too late' : 'done';
  return { kind: 'end', result: ChangeResult.DONE, errorCode: '', text };
}

function waitForBoth({ record, confState }: ChangeSituation): NextStep {
  const text = `waiting for a majority of ${braces(confState.votersOutgoing)} and of ${braces(confState.voters)}`;
  return { kind: 'wait', for: 'acknowledgements', phase: record.phase, text };
}

/**
 * A leader that will not be among `voters` hands over before it goes; so does one that is not asked for.
 * @param mayChoose whether the successor that was asked for counts
 */
function handOver(situation: ChangeSituation, voters: readonly number[], mayChoose = true): HandOver | undefined {
  const { record, confState, leader, failedHandOvers } = situation;
  const present = [...confState.voters, ...confState.votersOutgoing];
  const heir = mayChoose ? record.request?.leaderAfter : undefined;
  const step = (candidates: readonly number[]): HandOver => {
    const text = `handing leadership over from ${leader} to ${candidates.length === 1 ? '' : 'one of '}${listIds(candidates)}`;
    return { kind: 'hand-over', phase: ChangePhase.HANDING_OVER, text, candidates };
  };
  if (heir !== undefined && heir !== leader && present.includes(heir) && failedHandOvers < HAND_OVER_TRIES) {
    return step([heir]);
  }
  const candidates = voters.filter((id) => id !== leader && present.includes(id));
  if (voters.includes(leader) || candidates.length === 0 || failedHandOvers >= 2 * HAND_OVER_TRIES) return undefined;
  return step(candidates);
}
