import { type ChangeMembersRequest, CheckStatus, type PlanCheck, type PlanSafety } from '../gen/raftctl/v1/member.js';
import type { PlanningFacts } from './planning-facts.js';
import type { Phase } from './safety.js';
import type { Target, TargetSets } from './target.js';
import type { Transition } from './transition.js';

/** What a check may look at. */
export interface CheckInput {
  readonly facts: PlanningFacts;
  readonly request: ChangeMembersRequest;
  /** The sets of now, once a joint configuration is left. */
  readonly now: TargetSets;
  readonly target: Target;
  readonly way: Transition;
  readonly phases: readonly Phase[];
  readonly safety: readonly PlanSafety[];
}

/** How a check comes out, with a sentence that has the numbers. */
export type Verdict = Omit<PlanCheck, 'id'>;

/** Nothing to worry about. */
export function ok(message: string): Verdict {
  return { status: CheckStatus.OK, message };
}

/** A price of the change; it can be carried out. */
export function warn(message: string): Verdict {
  return { status: CheckStatus.WARN, message };
}

/** The change must not be carried out, unless somebody accepts the risk. */
export function fail(message: string): Verdict {
  return { status: CheckStatus.FAIL, message };
}

/** Entries that a caught-up node may lag behind. */
export function maxLagOf({ facts, request }: Pick<CheckInput, 'facts' | 'request'>): number {
  return request.maxLag || facts.maxLag;
}
