import type { CatchUp, ChangeMembersResponse, ChangePlan, QuorumAcks } from '../client/index.js';
import { type SetsData, toSets } from './change-data.js';
import { checkNames, phaseNames } from './wire-names.js';

/** A phase that a change has been in, or is in. */
export interface SeenPhase {
  readonly phase: string;
  readonly text: string;
  readonly startMs: number;
  /** Undefined while it lasts. */
  readonly endMs: number | undefined;
}

/** A node that catches up, and how far behind it was when it was first looked at. */
export interface CatchUpView extends CatchUp {
  readonly firstLag: number;
}

/** What somebody who watches a change knows of it: the events so far, made one picture. */
export interface ChangeProgress {
  readonly id: string;
  readonly startMs: number;
  readonly from: SetsData | undefined;
  readonly to: SetsData | undefined;
  /** Phases of the plan, each with what is to happen in it. */
  readonly steps: readonly { readonly phase: string; readonly text: string }[];
  /** Names by id, where nodes have other ones than n1, n2, … */
  readonly names: ReadonlyMap<number, string>;
  readonly seen: readonly SeenPhase[];
  /** What keeps it from going on; undefined where nothing does. */
  readonly obstacle: string | undefined;
  readonly catchUp: readonly CatchUpView[];
  readonly quorums: readonly QuorumAcks[];
  /** When something last came nearer to the end. */
  readonly movedMs: number;
}

/** Nothing is known yet. */
export function beginProgress(id: string, nowMs: number): ChangeProgress {
  return {
    id,
    startMs: nowMs,
    from: undefined,
    to: undefined,
    steps: [],
    names: new Map(),
    seen: [],
    obstacle: undefined,
    catchUp: [],
    quorums: [],
    movedMs: nowMs,
  };
}

/** The picture after one more event. */
export function advance(before: ChangeProgress, event: ChangeMembersResponse, nowMs: number): ChangeProgress {
  const phase = phaseNames[event.phase];
  const waits = phase === 'stuck' || phase === 'in-doubt';
  const seen = waits ? before.seen : seePhase(before.seen, phase, textOf(event), nowMs);
  const moved = seen !== before.seen || hasMoved(before, event);
  return {
    ...before,
    ...(event.plan === undefined ? {} : planned(event.plan)),
    id: event.changeId || before.id,
    seen,
    obstacle: waits ? event.text : undefined,
    catchUp: event.catchUp.map((node) => withFirstLag(node, before.catchUp)),
    quorums: event.quorums,
    movedMs: moved ? nowMs : before.movedMs,
  };
}

/** The phase that a change is in. */
export function currentPhase({ seen }: ChangeProgress): SeenPhase | undefined {
  return seen.at(-1);
}

/** What the plan still has ahead: its phases after the one that was seen last. */
export function phasesAhead({ steps, seen }: ChangeProgress): ChangeProgress['steps'] {
  const reached = steps.findLastIndex(({ phase }) => seen.some((past) => past.phase === phase));
  return steps.slice(reached + 1);
}

function seePhase(seen: readonly SeenPhase[], phase: string, text: string, nowMs: number): readonly SeenPhase[] {
  const last = seen.at(-1);
  if (last?.phase === phase) {
    return last.text === text ? seen : [...seen.slice(0, -1), { ...last, text }];
  }
  const past = last === undefined ? [] : [...seen.slice(0, -1), { ...last, endMs: nowMs }];
  return [...past, { phase, text, startMs: nowMs, endMs: undefined }];
}

/** What was checked is told of the plan, but of one that is remembered nobody knows it. */
function textOf({ plan, text }: ChangeMembersResponse): string {
  if (plan === undefined || plan.checks.length === 0) return text;
  const warnings = plan.checks.filter(({ status }) => checkNames[status] === 'warn').length;
  return `${plan.checks.length} checks${warnings === 0 ? '' : `, ${warnings} warned`}`;
}

function planned(plan: ChangePlan): Pick<ChangeProgress, 'from' | 'to' | 'steps' | 'names'> {
  return {
    from: toSets(plan.from),
    to: toSets(plan.to),
    steps: plan.steps.map(({ phase, text }) => ({ phase: phaseNames[phase], text })),
    names: new Map(plan.members.flatMap(({ id, name }) => (name === '' ? [] : [[id, name] as const]))),
  };
}

function withFirstLag(node: CatchUp, before: readonly CatchUpView[]): CatchUpView {
  const known = before.find(({ id }) => id === node.id);
  return { ...node, firstLag: Math.max(known?.firstLag ?? 0, node.lag) };
}

function hasMoved(before: ChangeProgress, { catchUp, quorums }: ChangeMembersResponse): boolean {
  const nearer = catchUp.some((node) => {
    const known = before.catchUp.find(({ id }) => id === node.id);
    if (known === undefined) return true;
    return node.match > known.match || (node.snapshotBytesSent ?? 0) > (known.snapshotBytesSent ?? 0);
  });
  const acked = (sets: readonly QuorumAcks[]) => sets.reduce((sum, set) => sum + set.acked.length, 0);
  return nearer || acked(quorums) > acked(before.quorums);
}
