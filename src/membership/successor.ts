import type { PlanningFacts } from './planning-facts.js';
import { lagOf } from './planning-facts.js';
import type { TargetSets } from './target.js';

/**
 * To whom a leader that leaves the voters hands over first: the live voter of now and of the target that lags least, the lowest id of
 * equals. Undefined where no voter stays: the leader then steps down when the change is done.
 */
export function successor(facts: PlanningFacts, now: TargetSets, target: TargetSets): number | undefined {
  const lag = (id: number) => lagOf(facts, id) ?? Number.POSITIVE_INFINITY;
  const staying = now.voters.filter((id) => id !== facts.leader && target.voters.includes(id) && facts.live.has(id));
  return staying.toSorted((left, right) =>
    lag(left) < lag(right) ? -1 : lag(left) > lag(right) ? 1 : left - right,
  )[0];
}
