import { messageOf, RaftctlError } from '../base/errors.js';
import type { ConfChangeV2 } from '../gen/raft/v1/raft.js';
import type { ChangeMembersRequest, ChangePlan, Member } from '../gen/raftctl/v1/member.js';
import { acceptedRisks, certainties, judge, refusalOf } from './checks.js';
import { betterTarget } from './instead.js';
import type { PlanningFacts } from './planning-facts.js';
import { checkPromotion } from './promotion.js';
import { phasesOf, safetyOf } from './safety.js';
import { stepsOf } from './steps.js';
import { ascending, resolveTarget, sameSets, settledSets, type Target, type TargetSets } from './target.js';
import { stableState, transition } from './transition.js';

/** A plan for people, and what to do for those who carry it out. */
export interface PlannedChange {
  /** `changeId` and `hash` are empty: the node sets them. */
  readonly plan: ChangePlan;
  readonly target: TargetSets;
  /** Nothing has to be done: the configuration is the target, and not joint. */
  readonly unchanged: boolean;
  /** Why it must not be carried out: a check failed that the request does not accept. */
  readonly refusal: RaftctlError | undefined;
  /** Simple changes of one node each, proposed one after the other. */
  readonly learnersFirst: readonly ConfChangeV2[];
  /** Who must have caught up before the final change. */
  readonly catchUp: readonly number[];
  /** The change to the target, without context; undefined where none is left to make. */
  readonly final: ConfChangeV2 | undefined;
  /** Whether the final change enters a joint configuration. */
  readonly joint: boolean;
  /** Members to be written down with the changes: new ones, and those with another name or address. */
  readonly members: readonly Member[];
}

/**
 * Plans a change of the members: from what is and what is wanted to steps, what each phase stands, and checks. It changes nothing
 * and knows nothing but its arguments, so that a dry run and the real one cannot differ.
 *
 * @throws RaftctlError E_USAGE for a target that makes no sense, naming the id, and for an accepted risk that is none; E_CONFLICT for a
 * target that was made for another configuration and does not fit this one
 */
export function planChange(facts: PlanningFacts, request: ChangeMembersRequest): PlannedChange {
  const target = targetOf(facts, request);
  checkSuccessor(request, target);
  const now = settledSets(facts.confState);
  const isJoint = facts.confState.votersOutgoing.length > 0;
  const unchanged = !isJoint && sameSets(now, target) && target.members.length === 0;
  if (!unchanged) checkPromotion(request, now, target);
  const way = transition({ now, target, members: target.members, explicitLeave: request.explicitLeave });
  const phases = phasesOf(facts, now, target, way.joint);
  const safety = safetyOf(phases);
  const input = { facts, request, now, target, way, phases, safety };
  const checks = judge(input);
  const accepted = acceptedRisks(request.acceptRisks, checks, unchanged);
  const plan: ChangePlan = {
    changeId: '',
    configIndex: facts.configIndex,
    from: facts.confState,
    to: stableState(target),
    steps: unchanged ? [] : stepsOf({ facts, request, now, target, way }),
    safety,
    checks,
    members: namedMembers(facts, target),
    instead: unchanged ? '' : betterTarget(facts, now, target),
    hash: '',
  };
  return {
    ...way,
    plan,
    target: { voters: target.voters, learners: target.learners },
    unchanged,
    refusal: refusalOf(facts, checks, accepted, certainties(input)),
    members: target.members,
  };
}

function checkSuccessor({ leaderAfter }: ChangeMembersRequest, { voters }: TargetSets): void {
  if (leaderAfter === undefined || voters.includes(leaderAfter)) return;
  const message = `node ${leaderAfter} is to lead afterwards, but is no voter of the target: those are ${voters.join(', ')}`;
  throw new RaftctlError('E_USAGE', message);
}

/** A target that was made for another configuration and does not fit this one is no slip: the configuration has moved. */
function targetOf(facts: PlanningFacts, request: ChangeMembersRequest): Target {
  try {
    return resolveTarget(facts, request);
  } catch (thrown) {
    if (request.ifConfigIndex === 0 || request.ifConfigIndex === facts.configIndex) throw thrown;
    const message = `the configuration is that of index ${facts.configIndex}, not ${request.ifConfigIndex}`;
    throw new RaftctlError('E_CONFLICT', message, { facts: [messageOf(thrown)], cause: thrown });
  }
}

function namedMembers(facts: PlanningFacts, target: Target): Member[] {
  const byId = new Map([...facts.members, ...target.members].map((member) => [member.id, member]));
  return ascending(byId.keys()).flatMap((id) => byId.get(id) ?? []);
}
