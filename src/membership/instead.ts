import type { PlanningFacts } from './planning-facts.js';
import { phasesOf, worstAhead } from './safety.js';
import { ascending, sameSets, type TargetSets } from './target.js';
import { tolerance, voterSets } from './tolerance.js';
import { transition } from './transition.js';

/** Learners of the target up to which all ways to promote some of them are looked at. */
const LEARNERS_TRIED_MAX = 10;

/**
 * Flags for a target of the same nodes that tolerates more in its worst phase, where the wanted one tolerates less than there is now:
 * the wanted voters, and as few of the wanted learners as voters as that takes. Empty where there is none.
 */
export function betterTarget(facts: PlanningFacts, now: TargetSets, target: TargetSets): string {
  const today = tolerance(voterSets(facts.confState), facts.live);
  let best = { target, worst: worstOf(facts, now, target) };
  if (best.worst >= today || target.learners.length > LEARNERS_TRIED_MAX) return '';
  for (const other of promotions(target)) {
    const worst = worstOf(facts, now, other);
    const isBetter = worst > best.worst || (worst === best.worst && isFewer(other, best.target));
    if (isBetter && !sameSets(other, now)) best = { target: other, worst };
  }
  return best.target === target ? '' : flags(best.target);
}

function worstOf(facts: PlanningFacts, now: TargetSets, target: TargetSets): number {
  const { joint } = transition({ now, target, members: [], explicitLeave: false });
  return worstAhead(phasesOf(facts, now, target, joint));
}

/** The target with each choice of its learners as voters, in the order of the ids. */
function* promotions(target: TargetSets): Iterable<TargetSets> {
  const { voters, learners } = target;
  for (let choice = 1; choice < 2 ** learners.length; choice += 1) {
    const isChosen = (_: number, at: number) => (choice & (1 << at)) !== 0;
    yield {
      voters: ascending([...voters, ...learners.filter(isChosen)]),
      learners: learners.filter((id, at) => !isChosen(id, at)),
    };
  }
}

function isFewer(left: TargetSets, right: TargetSets): boolean {
  return left.voters.length < right.voters.length;
}

function flags({ voters, learners }: TargetSets): string {
  return `--voters ${voters.join()} --learners ${learners.length === 0 ? 'none' : learners.join()}`;
}
