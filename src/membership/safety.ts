import type { PlanSafety } from '../gen/raftctl/v1/member.js';
import type { PlanningFacts } from './planning-facts.js';
import type { TargetSets } from './target.js';
import { minimalCuts, quorumSets, tolerance, type VoterSets, voterSets } from './tolerance.js';

/** A stretch of a change during which the same voters decide. */
export interface Phase {
  readonly name: 'now' | 'joint' | 'after';
  readonly sets: VoterSets;
  /** Who can be expected to answer in it. */
  readonly live: ReadonlySet<number>;
}

/**
 * The phases of a change. New nodes count as live in those to come: the change waits until they have caught up before it needs them.
 */
export function phasesOf(facts: PlanningFacts, now: TargetSets, target: TargetSets, joint: boolean): Phase[] {
  const before = [...now.voters, ...now.learners];
  const newcomers = target.voters.filter((id) => !before.includes(id));
  const live = new Set([...facts.live, ...newcomers]);
  const phases: Phase[] = [{ name: 'now', sets: voterSets(facts.confState), live: facts.live }];
  if (joint) phases.push({ name: 'joint', sets: [now.voters, target.voters], live });
  phases.push({ name: 'after', sets: [target.voters], live });
  return phases;
}

/** What each phase needs, has and stands. */
export function safetyOf(phases: readonly Phase[]): PlanSafety[] {
  return phases.map(({ name, sets, live }) => ({
    phase: name,
    sets: quorumSets(sets, live),
    tolerates: tolerance(sets, live),
    minimalCuts: minimalCuts(sets, live).map((ids) => ({ ids })),
  }));
}

/** The least that any phase but the first tolerates. */
export function worstAhead(phases: readonly Phase[]): number {
  return Math.min(...phases.slice(1).map(({ sets, live }) => tolerance(sets, live)));
}
