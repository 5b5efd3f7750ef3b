import type { ConfChangeSingle, ConfChangeV2, ConfState } from '../gen/raft/v1/raft.js';
import { ConfChangeTransition, ConfChangeType } from '../gen/raft/v1/raft.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import { ascending, type TargetSets } from './target.js';

/** The way from a configuration to a target, as changes to propose. Their contexts are empty: the proposer fills them in. */
export interface Transition {
  /** One simple change each, proposed one after the other: new nodes become learners, so that they can catch up. */
  readonly learnersFirst: readonly ConfChangeV2[];
  /** Voters to be, which must have caught up before the final change. */
  readonly catchUp: readonly number[];
  /** The change that makes the target out of what is there by then; undefined where nothing is left to do. */
  readonly final: ConfChangeV2 | undefined;
  /** Whether the final change enters a joint configuration. */
  readonly joint: boolean;
}

/** What leads from now to the target. */
export interface TransitionInput {
  /** Not joint. */
  readonly now: TargetSets;
  readonly target: TargetSets;
  /** Members to be written down. */
  readonly members: readonly Member[];
  /** Stay in the joint configuration until somebody leaves it. */
  readonly explicitLeave: boolean;
}

/**
 * New voters are learners first, and new learners come along with them. One single change that is left is made as it is; several make
 * one joint change. The core does not leave that by itself: a joint configuration that is stuck must hold no proposal to leave it, so
 * that it can be rolled back.
 */
export function transition(input: TransitionInput): Transition {
  const { now, target, explicitLeave } = input;
  const before = [...now.voters, ...now.learners];
  const catchUp = target.voters.filter((id) => !now.voters.includes(id));
  const newcomers = ascending([...target.voters, ...target.learners].filter((id) => !before.includes(id)));
  const votersStay = target.voters.join() === now.voters.join();
  // Only where voters are removed or demoted, and none is new, may new learners be part of the one joint change.
  const ahead = catchUp.some((id) => newcomers.includes(id)) || (votersStay && !explicitLeave) ? newcomers : [];
  const reached = { voters: now.voters, learners: ascending([...now.learners, ...ahead]) };
  const singles = difference(reached, target);
  const learnersFirst = ahead.map((id) => simple(ConfChangeType.ADD_LEARNER_NODE, id));
  if (singles.length > 0) {
    const joint = explicitLeave || singles.length > 1;
    const transition = joint ? ConfChangeTransition.EXPLICIT : ConfChangeTransition.AUTO;
    return { learnersFirst, catchUp, final: change(transition, singles), joint };
  }
  const [updated] = input.members;
  const final =
    learnersFirst.length === 0 && updated !== undefined ? simple(ConfChangeType.UPDATE_NODE, updated.id) : undefined;
  return { learnersFirst, catchUp, final, joint: false };
}

/** A configuration of these sets that is not joint. */
export function stableState(sets: TargetSets): ConfState {
  return {
    voters: [...sets.voters],
    learners: [...sets.learners],
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
}

/** One single change for each node whose set is another: voters come first, so that there always is one. */
export function difference(from: TargetSets, to: TargetSets): ConfChangeSingle[] {
  const promoted = to.voters.filter((id) => !from.voters.includes(id));
  const demoted = to.learners.filter((id) => !from.learners.includes(id));
  const kept = [...to.voters, ...to.learners];
  const removed = ascending([...from.voters, ...from.learners]).filter((id) => !kept.includes(id));
  return [
    ...promoted.map((nodeId) => ({ changeType: ConfChangeType.ADD_NODE, nodeId })),
    ...demoted.map((nodeId) => ({ changeType: ConfChangeType.ADD_LEARNER_NODE, nodeId })),
    ...removed.map((nodeId) => ({ changeType: ConfChangeType.REMOVE_NODE, nodeId })),
  ];
}

/** A change of one node, without a joint configuration. */
export function simple(changeType: ConfChangeType, nodeId: number): ConfChangeV2 {
  return change(ConfChangeTransition.AUTO, [{ changeType, nodeId }]);
}

function change(transition: ConfChangeTransition, changes: ConfChangeSingle[]): ConfChangeV2 {
  return { transition, changes, context: new Uint8Array() };
}
