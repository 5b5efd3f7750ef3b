import type { ChangeMembersResponse, ChangePlan, ChangeRecord, ConfState } from '../client/index.js';
import type { Warning } from './envelope.js';
import { checkNames, phaseNames } from './wire-names.js';

/** `data` of a change of the members, planned or carried out. */
export interface ChangeData {
  readonly id: string;
  readonly phase: string;
  readonly dryRun: boolean;
  /** The cluster was in the wanted configuration already. */
  readonly unchanged: boolean;
  readonly from: SetsData;
  readonly to: SetsData;
  readonly steps: readonly { readonly phase: string; readonly text: string }[];
  readonly checks: readonly CheckData[];
  readonly safety: readonly SafetyData[];
  readonly members: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  /** A better target, as flags; null where there is none. */
  readonly instead: string | null;
  readonly configIndexBefore: number;
  /** Null on a dry run. */
  readonly configIndexAfter: number | null;
  /** Hash of the plan; null where only the record of the change is left. */
  readonly planHash: string | null;
}

/** The sets of a configuration. */
export interface SetsData {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
}

/** One check of a plan. */
export interface CheckData {
  readonly id: string;
  readonly status: string;
  readonly message: string;
}

/** A check that warns, as a warning. */
export function checkWarning({ id, message }: Pick<CheckData, 'id' | 'message'>): Warning {
  return { code: `W_${id.replaceAll('-', '_').toUpperCase()}`, message: `${id}: ${message}` };
}

/** What one phase of a plan needs and can lose; `tolerates` is null where writes have stopped. */
export interface SafetyData {
  readonly phase: string;
  readonly sets: readonly { readonly voters: readonly number[]; readonly needed: number; readonly live: number }[];
  readonly tolerates: number | null;
  readonly minimalCuts: readonly (readonly number[])[];
}

/** A plan, and the last event of its change, as data. */
export function toChangeData(plan: ChangePlan, last: ChangeMembersResponse, dryRun: boolean): ChangeData {
  return {
    id: plan.changeId,
    phase: last.unchanged ? 'done' : phaseNames[last.phase],
    dryRun,
    unchanged: last.unchanged,
    from: toSets(plan.from),
    to: toSets(plan.to),
    steps: plan.steps.map(({ phase, text }) => ({ phase: phaseNames[phase], text })),
    checks: plan.checks.map(({ id, status, message }) => ({ id, status: checkNames[status], message })),
    safety: plan.safety.map(({ phase, sets, tolerates, minimalCuts }) => ({
      phase,
      sets,
      tolerates: tolerates < 0 ? null : tolerates,
      minimalCuts: minimalCuts.map(({ ids }) => ids),
    })),
    members: plan.members.map(({ id, name, address }) => ({ id, name, address })),
    instead: plan.instead === '' ? null : plan.instead,
    configIndexBefore: plan.configIndex,
    configIndexAfter: dryRun ? null : last.configIndex || plan.configIndex,
    planHash: plan.hash || null,
  };
}

/** What the cluster remembers of a change that this command did not see begin: its checks are not among it. */
export function recordedChange(record: ChangeRecord): ChangeData {
  return {
    id: record.id,
    phase: phaseNames[record.phase],
    dryRun: false,
    unchanged: record.endedMs > 0,
    from: toSets(record.from),
    to: toSets(record.to),
    steps: record.steps.map(({ phase, text }) => ({ phase: phaseNames[phase], text })),
    checks: [],
    safety: [],
    members: record.members.map(({ id, name, address }) => ({ id, name, address })),
    instead: null,
    configIndexBefore: record.fromIndex,
    configIndexAfter: record.configIndex || record.fromIndex,
    planHash: null,
  };
}

/** The sets of a configuration once it is not joint any more, ascending. */
export function toSets(confState: ConfState | undefined): SetsData {
  const sorted = (ids: readonly number[] = []) => [...ids].sort((a, b) => a - b);
  const learners = [...(confState?.learners ?? []), ...(confState?.learnersNext ?? [])];
  return { voters: sorted(confState?.voters), learners: sorted(learners) };
}
