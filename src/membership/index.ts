/**
 * Planning changes of the members: pure functions from what is and what is wanted to what to do and what it costs.
 *
 * ```
 *   PlanningFacts ──┐                                  ┌─► steps          in words
 *                   ├─► target ─► transition ─► phases ┼─► safety         quorums, tolerance, minimal cuts of each phase
 *   the request ────┘    sets     changes      voters  ├─► checks         ok, warn or fail, by stable ids
 *                                                      └─► instead        a target that tolerates more
 *
 *   now ──► learners first ──► caught up ──► joint ──► after
 *           one simple change  waiting       a majority of both sets decides
 *           for each new node
 * ```
 *
 * A configuration takes effect when its entry is applied: entering the joint one is committed by the old voters alone, and from then on
 * every commit needs both majorities (Thesis §4.3). So a change can be accepted happily and then freeze; what can be known of that
 * beforehand is known here. The same code answers a dry run and the real one.
 *
 * This room does no I/O, knows no clock, keeps no state, and never proposes anything: the node does (src/node/changes).
 * Where to read next: `planChange` in plan-change.ts, then tolerance.ts for the arithmetic.
 */
export type { CheckId } from './checks.js';
export {
  type ChangeSituation,
  isBeyondAbort,
  isTarget,
  type NextStep,
  nextStep,
  wayOf,
} from './next-step.js';
export { type PlannedChange, planChange } from './plan-change.js';
export type { PeerFacts, PlanningFacts, SaidFacts } from './planning-facts.js';
export { sparesOf, waitsForPromotion, watchedVoters } from './promotion.js';
export { MEMBERS_MAX, settledSets, type TargetSets } from './target.js';
export { minimalCuts, quorumNeeded, quorumSets, STOPPED, tolerance, type VoterSets, voterSets } from './tolerance.js';
