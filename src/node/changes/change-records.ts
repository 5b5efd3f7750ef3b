import type { ConfChangeV2, ConfState } from '../../gen/raft/v1/raft.js';
import { ConfChangeTransition } from '../../gen/raft/v1/raft.js';
import type {
  AdvanceChange,
  BeginChange,
  EndChange,
  RequestAbort,
  RequestPromotion,
} from '../../gen/raftctl/v1/control.js';
import { EventType } from '../../gen/raftctl/v1/history.js';
import { ChangePhase, ChangeRecord, ChangeResult, type MembershipContext } from '../../gen/raftctl/v1/member.js';
import { isBeyondAbort, settledSets, waitsForPromotion } from '../../membership/index.js';
import { configuredIds } from '../../raft/conf-state.js';
import type { ControlOutcome, ControlPosition } from '../control-commands.js';
import { appendEvent } from '../history.js';
import { KeyspacePrefix, scopedTxn, scopedView, u64Bytes } from '../keyspace.js';
import type { StateTxn, StateView } from '../ports.js';

/**
 * Changes that ended and are remembered, and as many requests that changed nothing; the oldest is forgotten first. The same on all nodes,
 * since it decides what is applied.
 */
export const ENDED_CHANGES_MAX = 128;

/**
 * The changes of the members as all nodes remember them: one record each, under the index of the entry that began it. At most one runs,
 * and that is the newest. Everything here happens while an entry is applied: it looks at nothing but the keyspace and the entry, so
 * that every replica does the same, and the times are those that the leader wrote into the entry.
 *
 * @param txn the node's whole keyspace
 */
export function beginChange(txn: StateTxn, at: ControlPosition, { record }: BeginChange): ControlOutcome {
  if (record === undefined || record.id === '') return { code: 'E_USAGE', message: 'the change has no id' };
  const known = readChanges(txn);
  if (known.some(({ id }) => id === record.id)) {
    return { code: 'E_CONFLICT', message: `change ${record.id} of the members is known already` };
  }
  const running = known.find(isRunning);
  if (running !== undefined)
    return { code: 'E_CHANGE_RUNNING', message: `change ${running.id} of the members is running` };
  if (at.configIndex !== record.fromIndex) {
    const message = `the configuration is that of index ${at.configIndex} by now, not ${record.fromIndex}`;
    return { code: 'E_CONFLICT', message };
  }
  const begun = { ...record, beginIndex: at.index };
  const alike = known.filter((other) => isUnchanged(other) === isUnchanged(begun));
  for (const { beginIndex } of alike.slice(ENDED_CHANGES_MAX)) {
    scopedTxn(txn, KeyspacePrefix.changes).delete(u64Bytes(beginIndex));
  }
  if (isUnchanged(begun)) {
    write(txn, begun);
    return undefined;
  }
  write(txn, { ...begun, result: ChangeResult.RUNNING });
  remember(txn, at, record, 'begun', record.startedMs, record.text);
  return undefined;
}

/** A running change has come to a phase. */
export function advanceChange(txn: StateTxn, { id, phase, text, atMs }: AdvanceChange): ControlOutcome {
  const record = runningChange(txn, id);
  if (record === undefined) return notRunning(id);
  write(txn, { ...record, phase, text, updatedMs: atMs });
  return undefined;
}

/** A running change is to be taken back. One that has made its last configuration is not: the way back is another change then. */
export function requestAbort(
  txn: StateTxn,
  at: ControlPosition,
  { id, reason, by, atMs }: RequestAbort,
): ControlOutcome {
  const record = runningChange(txn, id);
  if (record === undefined) return notRunning(id);
  if (record.abortRequested) return undefined;
  if (isBeyondAbort(record, at.confState)) {
    return {
      code: 'E_CONFLICT',
      message: `change ${id} has made its last configuration: it cannot be taken back any more`,
    };
  }
  const text = `the change is to be taken back${by === '' ? '' : ` by ${by}`}${reason === '' ? '' : `: ${reason}`}`;
  const phase = ChangePhase.ABORTING;
  write(txn, { ...record, phase, text, abortRequested: true, abortReason: reason, updatedMs: atMs });
  remember(txn, at, record, 'abort-requested', atMs, text, { by, reason });
  return undefined;
}

/** The new voters of a running change are to be promoted; once that is said, it is not said again. */
export function requestPromotion(
  txn: StateTxn,
  at: ControlPosition,
  { id, text, reason, by, atMs }: RequestPromotion,
): ControlOutcome {
  const record = runningChange(txn, id);
  if (record === undefined) return notRunning(id);
  if (record.promotionRequested === true) return undefined;
  if (!waitsForPromotion(record)) {
    return { code: 'E_CONFLICT', message: `change ${id} does not wait to be promoted` };
  }
  const phase = ChangePhase.CATCHING_UP;
  write(txn, { ...record, phase, text, promotionRequested: true, updatedMs: atMs });
  remember(txn, at, record, 'promotion-requested', atMs, text, { by, reason });
  return undefined;
}

/** A running change has ended. */
export function endChange(txn: StateTxn, at: ControlPosition, ended: EndChange): ControlOutcome {
  const { id, result, errorCode, text, atMs } = ended;
  const record = runningChange(txn, id);
  if (record === undefined) return notRunning(id);
  const { phase, cause } = endings[result] ?? endings[ChangeResult.FAILED];
  write(txn, { ...record, phase, result, errorCode, text, updatedMs: atMs, endedMs: atMs });
  remember(txn, at, record, cause, atMs, text);
  return undefined;
}

const endings: Readonly<Record<number, { phase: ChangePhase; cause: string }>> & {
  readonly [ChangeResult.FAILED]: { phase: ChangePhase; cause: string };
} = {
  [ChangeResult.DONE]: { phase: ChangePhase.DONE, cause: 'done' },
  [ChangeResult.ABORTED]: { phase: ChangePhase.ABORTED, cause: 'aborted' },
  [ChangeResult.FAILED]: { phase: ChangePhase.FAILED, cause: 'failed' },
};

/** A configuration change that is being applied. */
export interface AppliedConfiguration {
  readonly index: number;
  readonly term: number;
  readonly change: ConfChangeV2;
  readonly context: MembershipContext;
  readonly before: ConfState;
  /** Undefined where the change was not applicable. */
  readonly after: ConfState | undefined;
}

/** Writes a configuration into the record of the change that made it, and into the history. */
export function noteConfiguration(txn: StateTxn, applied: AppliedConfiguration): void {
  const { index, context, after } = applied;
  const record = runningChange(txn, context.changeId);
  if (after === undefined) {
    if (record !== undefined) write(txn, { ...record, configIndex: index });
    return;
  }
  const { cause, phase, text } = describe(applied, after);
  appendEvent(txn, index, {
    atMs: context.atMs,
    type: EventType.CONFIG,
    term: applied.term,
    cause,
    text,
    changeId: context.changeId,
    confState: after,
    by: record?.request?.by ?? '',
    reason: context.reason,
  });
  if (record === undefined) return;
  const added = newLearners(applied.before, after).filter((id) => !record.addedLearners.includes(id));
  write(txn, {
    ...record,
    phase: phase ?? record.phase,
    text,
    configIndex: index,
    addedLearners: [...record.addedLearners, ...added],
    updatedMs: context.atMs,
  });
}

/** All changes that are remembered, newest first. */
export function readChanges(view: StateView): ChangeRecord[] {
  const records = scopedView(view, KeyspacePrefix.changes).range({ start: new Uint8Array(), reverse: true });
  return Array.from(records, ({ value }) => ChangeRecord.decode(value));
}

/** The newest change; the only one that may run. */
export function newestChange(view: StateView): ChangeRecord | undefined {
  const [newest] = scopedView(view, KeyspacePrefix.changes).range({ start: new Uint8Array(), reverse: true, limit: 1 });
  return newest === undefined ? undefined : ChangeRecord.decode(newest.value);
}

/** Whether a change has not ended. */
export function isRunning({ result }: Pick<ChangeRecord, 'result'>): boolean {
  return result === ChangeResult.RUNNING;
}

/** Whether it is remembered only so that the same request is known again: when it came, all was as it wanted. */
export function isUnchanged({ result, configIndex, steps }: ChangeRecord): boolean {
  return result === ChangeResult.DONE && configIndex === 0 && steps.length === 0;
}

function runningChange(txn: StateTxn, id: string): ChangeRecord | undefined {
  const newest = newestChange(txn);
  return newest !== undefined && newest.id === id && isRunning(newest) ? newest : undefined;
}

function notRunning(id: string): ControlOutcome {
  return { code: 'E_CONFLICT', message: `change ${id} of the members is not running` };
}

function write(txn: StateTxn, record: ChangeRecord): void {
  scopedTxn(txn, KeyspacePrefix.changes).put(u64Bytes(record.beginIndex), ChangeRecord.encode(record).finish());
}

function remember(
  txn: StateTxn,
  at: ControlPosition,
  { id, request }: Pick<ChangeRecord, 'id' | 'request'>,
  cause: string,
  atMs: number,
  text: string,
  who: { by: string; reason: string } = { by: request?.by ?? '', reason: request?.reason ?? '' },
): void {
  appendEvent(txn, at.index, { atMs, type: EventType.CHANGE, term: at.term, cause, text, changeId: id, ...who });
}

/** What a configuration is in the course of a change. A phase is named where the configuration itself begins one. */
function describe(
  { change, before }: AppliedConfiguration,
  after: ConfState,
): { cause: string; text: string; phase?: ChangePhase } {
  const [wasJoint, isJoint] = [before, after].map(({ votersOutgoing }) => votersOutgoing.length > 0);
  if (isJoint && !wasJoint) {
    const halves = `${list(after.votersOutgoing)} and ${list(after.voters)}`;
    const text = `joint: commits and elections need a majority of ${halves}`;
    return { cause: 'entered-joint', text, phase: ChangePhase.JOINT };
  }
  if (wasJoint && !isJoint) {
    const isBack = change.transition === ConfChangeTransition.ROLLBACK;
    if (isBack) return { cause: 'rolled-back', text: `rolled back: the voters are ${list(after.voters)} again` };
    const text = `the joint configuration is left: the voters are ${list(after.voters)}`;
    return { cause: 'left-joint', text, phase: ChangePhase.VERIFYING };
  }
  const added = newLearners(before, after);
  if (added.length > 0) return { cause: 'changed', text: `learner ${added.join(', ')} is added` };
  const gone = [...configuredIds(before)].filter((id) => !configuredIds(after).has(id));
  if (gone.length > 0) return { cause: 'changed', text: `node ${gone.join(', ')} is removed` };
  const { voters, learners } = settledSets(after);
  return { cause: 'changed', text: `the voters are ${list(voters)}, the learners ${list(learners)}` };
}

/** Nodes that were in no set before and learn now. */
function newLearners(before: ConfState, after: ConfState): number[] {
  const known = configuredIds(before);
  return [...after.learners, ...after.learnersNext].filter((id) => !known.has(id));
}

function list(ids: readonly number[]): string {
  return `{${ids.join(',')}}`;
}
