import type { PlanningFacts } from './planning-facts.js';
import { lagOf } from './planning-facts.js';
import type { TargetSets } from './target.js';

/** What the choice of a successor follows from. */
export interface SuccessionInput {
  readonly facts: PlanningFacts;
  readonly request: { readonly leaderAfter?: number | undefined };
  readonly now: TargetSets;
  readonly target: TargetSets;
  /** A joint configuration has new voters that can take over; before a simple change only those of now can. */
  readonly joint: boolean;
}

/**
 * Who leads after the change, if not the leader of now: who was asked for, or where the leader leaves the voters the one of those that
 * can take over that lags least, the lowest id of equals. Undefined where the leader leads on, or nobody can take over: then it
 * steps down when the change is done.
 */
export function successor({ facts, request, now, target, joint }: SuccessionInput): number | undefined {
  const { leader, live, said } = facts;
  if (leader === 0) return undefined;
  if (request.leaderAfter !== undefined) return request.leaderAfter === leader ? undefined : request.leaderAfter;
  if (target.voters.includes(leader)) return undefined;
  const lag = (id: number) => lagOf(facts, id) ?? Number.POSITIVE_INFINITY;
  const before = [...now.voters, ...now.learners];
  const able = (id: number) => (joint ? live.has(id) || !before.includes(id) : live.has(id) && now.voters.includes(id));
  const willing = (id: number) => said.get(id)?.declinesLeadership !== true;
  const candidates = target.voters.filter((id) => id !== leader && able(id) && willing(id));
  return candidates.toSorted((left, right) =>
    lag(left) < lag(right) ? -1 : lag(left) > lag(right) ? 1 : left - right,
  )[0];
}
