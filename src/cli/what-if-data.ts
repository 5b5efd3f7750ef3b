import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';
import { STOPPED } from '../membership/tolerance.js';
import { judgeSituation, type Outcome, type Situation, smallLosses, without } from '../membership/what-if.js';
import { counted } from './units.js';
import { type Assumption, describeAssumption, phasesUnder } from './what-if-phases.js';

/** One row: a phase, or one side of a partition in it. */
export interface WhatIfPhase {
  readonly name: string;
  readonly sets: readonly { readonly size: number; readonly needed: number; readonly live: number }[];
  readonly writes: boolean;
  /** Whether a leader can be elected. */
  readonly election: boolean;
  /** Whether the leader of now goes on. */
  readonly keepsLeader: boolean;
  /** Who may win an election. */
  readonly mayWin: readonly number[];
  /** Null where writes have stopped. */
  readonly tolerates: number | null;
  readonly minimalCuts: readonly (readonly number[])[];
}

/** Losses that come to the same. */
export interface LossGroup {
  readonly failures: number;
  readonly writes: boolean;
  readonly tolerates: number | null;
  readonly losses: readonly (readonly number[])[];
}

/** `data` of `cluster what-if`. */
export interface WhatIfData {
  readonly assume: readonly string[];
  readonly phases: readonly WhatIfPhase[];
  /** With `--matrix`: every loss of one voter and of two. */
  readonly matrix: readonly LossGroup[];
  readonly verdict: 'safe' | 'no-margin' | 'too-little-margin' | 'writes-stop';
  /** The least of all phases; null where writes stop. */
  readonly tolerates: number | null;
}

/** How the answer is wanted. */
export interface WhatIfWishes {
  readonly matrix: boolean;
  /** Failures that must still be tolerated. */
  readonly requireTolerance: number;
}

/** What would be, as data. @throws RaftctlError E_NOT_FOUND for a node or zone that there is not, E_JOINT where no change can begin */
export function toWhatIfData(view: ClusterView, assumption: Assumption, wishes: WhatIfWishes): WhatIfData {
  const phases = phasesUnder(view, assumption);
  // Of a partition the side that goes on counts: a majority can be on one side alone.
  const best = phases.map(({ sides }) => sides.find(({ outcome }) => outcome.writes) ?? sides[0]);
  const outcomes = best.flatMap((side) => (side === undefined ? [] : [side.outcome]));
  const writes = outcomes.every((outcome) => outcome.writes);
  const tolerates = writes ? Math.min(...outcomes.map((outcome) => outcome.tolerates)) : null;
  return {
    assume: describeAssumption(view, assumption),
    phases: phases.flatMap(({ sides }) => sides.map(({ name, outcome }) => toPhase(name, outcome))),
    matrix: wishes.matrix ? matrixOf(best.flatMap((side) => (side === undefined ? [] : [side.situation]))) : [],
    verdict:
      tolerates === null
        ? 'writes-stop'
        : tolerates < wishes.requireTolerance
          ? 'too-little-margin'
          : tolerates === 0
            ? 'no-margin'
            : 'safe',
    tolerates,
  };
}

/** What the command ends with; undefined where the answer is yes. */
export function whatIfError({ verdict, tolerates }: WhatIfData, required: number): RaftctlError | undefined {
  if (verdict === 'writes-stop') return new RaftctlError('E_UNHEALTHY', 'writes would stop');
  if (verdict !== 'too-little-margin') return undefined;
  return new RaftctlError('E_UNHEALTHY', `would tolerate ${tolerates} more failures, ${required} required`);
}

/** The verdict, for people. */
export function verdictWords({ verdict, tolerates }: Pick<WhatIfData, 'verdict' | 'tolerates'>): string {
  switch (verdict) {
    case 'safe':
      return `SAFE, tolerates ${counted(tolerates ?? 0, 'more failure')}`;
    case 'no-margin':
      return 'SAFE, NO MARGIN';
    case 'too-little-margin':
      return `TOO LITTLE MARGIN, tolerates ${counted(tolerates ?? 0, 'more failure')}`;
    case 'writes-stop':
      return 'WRITES STOP';
  }
}

function matrixOf(situations: readonly Situation[]): LossGroup[] {
  const [first] = situations;
  if (first === undefined) return [];
  const groups = new Map<string, { failures: number; writes: boolean; tolerates: number | null; losses: number[][] }>();
  for (const loss of smallLosses({ ...first, sets: situations.flatMap(({ sets }) => sets) })) {
    const outcomes = situations.map((situation) => judgeSituation(without(situation, loss)));
    const writes = outcomes.every((outcome) => outcome.writes);
    const tolerates = writes ? Math.min(...outcomes.map((outcome) => outcome.tolerates)) : null;
    const key = `${loss.length} ${tolerates}`;
    const group = groups.get(key) ?? { failures: loss.length, writes, tolerates, losses: [] };
    group.losses.push(loss);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => a.failures - b.failures || (b.tolerates ?? -1) - (a.tolerates ?? -1));
}

function toPhase(name: string, outcome: Outcome): WhatIfPhase {
  const { quorums, writes, winners, keepsLeader, tolerates, minimalCuts } = outcome;
  return {
    name,
    sets: quorums.map(({ voters, needed, live }) => ({ size: voters.length, needed, live })),
    writes,
    election: winners.length > 0,
    keepsLeader,
    mayWin: winners,
    tolerates: tolerates === STOPPED ? null : tolerates,
    minimalCuts,
  };
}
