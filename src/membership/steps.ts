import { type ConfChangeSingle, ConfChangeType } from '../gen/raft/v1/raft.js';
import { type ChangeMembersRequest, ChangePhase, type PlanStep } from '../gen/raftctl/v1/member.js';
import type { PlanningFacts } from './planning-facts.js';
import { promotionText } from './promotion.js';
import { successor } from './successor.js';
import type { TargetSets } from './target.js';
import { quorumNeeded } from './tolerance.js';
import type { Transition } from './transition.js';
import { amount, braces, counted, listIds, nodeName } from './words.js';

/** What the steps of a plan follow from. */
export interface StepsInput {
  readonly facts: PlanningFacts;
  readonly request: Pick<ChangeMembersRequest, 'explicitLeave' | 'maxLag' | 'leaderAfter' | 'promotion' | 'keepSpare'>;
  readonly now: TargetSets;
  readonly target: TargetSets;
  readonly way: Transition;
}

/** The steps of a change, in order, in words. */
export function stepsOf(input: StepsInput): PlanStep[] {
  const { way, now, request } = input;
  const steps = learnerSteps(input);
  const final = way.final === undefined ? [] : finalSteps(input, way.final.changes);
  if (way.joint) steps.push(...final, ...handOver(input), leaveStep(input));
  // Only a voter of now can be handed over to before the change.
  else if (request.leaderAfter === undefined || now.voters.includes(request.leaderAfter))
    steps.push(...handOver(input), ...final);
  else steps.push(...final, ...handOver(input));
  return [...steps, ...spareStep(input), ...retirement(input)];
}

function learnerSteps({ facts, request, now, target, way }: StepsInput): PlanStep[] {
  const ids = way.learnersFirst.flatMap((change) => change.changes.map((single) => single.nodeId));
  const maxLag = request.maxLag || facts.maxLag;
  const steps: PlanStep[] = [];
  if (ids.length > 0) {
    const changes = amount(ids.length, 'simple change');
    steps.push(
      step(
        ChangePhase.ADDING_LEARNERS,
        `add ${counted('learner', ids)}: ${changes}, committed by ${quorum(now.voters)}`,
      ),
    );
  }
  if (way.catchUp.length > 0) {
    const text = `wait until ${listIds(way.catchUp)} ${way.catchUp.length === 1 ? 'is' : 'are'} within ${amount(maxLag, 'entry', 'entries')} of the leader`;
    steps.push(step(ChangePhase.CATCHING_UP, text));
  }
  const leaving = now.voters.filter((id) => !target.voters.includes(id));
  const until = promotionText(request, way.catchUp, leaving.length > 0 ? leaving : now.voters);
  if (until !== undefined) steps.push(step(ChangePhase.READY, `wait ${until}`));
  return steps;
}

/** What a change that keeps spares ends with. */
function spareStep({ facts, request, now, target }: StepsInput): PlanStep[] {
  if (request.keepSpare !== true) return [];
  const spares = target.learners.filter((id) => !now.voters.includes(id) && !now.learners.includes(id));
  const ready = `within ${amount(request.maxLag || facts.maxLag, 'entry', 'entries')} of the leader`;
  const text = `wait until ${counted('spare', spares)} ${spares.length === 1 ? 'is' : 'are'} ${ready}: promoted later, by raftctl member promote`;
  return [step(ChangePhase.CATCHING_UP, text)];
}

function handOver(input: StepsInput): PlanStep[] {
  const { facts, way } = input;
  const heir = successor({ ...input, joint: way.joint });
  if (heir === undefined) return [];
  const text = `hand leadership over from ${nodeName(facts, facts.leader)} to ${nodeName(facts, heir)}`;
  return [step(ChangePhase.HANDING_OVER, text)];
}

function finalSteps(input: StepsInput, changes: readonly ConfChangeSingle[]): PlanStep[] {
  const { now, target, way } = input;
  const what = describeChanges(changes, now);
  const committed = `committed by ${quorum(now.voters)}`;
  if (!way.joint) return [step(ChangePhase.CHANGING, `${what}: one simple change, ${committed}`)];
  const both = `${quorum(now.voters)} AND ${quorum(target.voters)}`;
  return [
    step(ChangePhase.ENTERING_JOINT, `${what}: one joint change, ${committed}`),
    step(ChangePhase.JOINT, `joint: commits and elections need ${both}`),
  ];
}

function leaveStep({ request }: StepsInput): PlanStep {
  const how = request.explicitLeave ? 'when it is asked for: raftctl member change leave' : 'automatic';
  return step(ChangePhase.LEAVING_JOINT, `leave joint (${how}): committed by both`);
}

function retirement({ facts, now, target }: StepsInput): PlanStep[] {
  const kept = [...target.voters, ...target.learners];
  const gone = [...now.voters, ...now.learners].filter((id) => !kept.includes(id));
  return gone.map((id) => {
    const name = nodeName(facts, id);
    return step(ChangePhase.DONE, `${name} stops receiving entries, and may be stopped`);
  });
}

function describeChanges(changes: readonly ConfChangeSingle[], now: TargetSets): string {
  const idsOf = (type: ConfChangeType, isIn: (id: number) => boolean) =>
    changes.filter((single) => single.changeType === type && isIn(single.nodeId)).map((single) => single.nodeId);
  const isVoter = (id: number) => now.voters.includes(id);
  const parts: readonly (readonly [string, readonly number[]])[] = [
    ['promote learner', idsOf(ConfChangeType.ADD_NODE, () => true)],
    ['add learner', idsOf(ConfChangeType.ADD_LEARNER_NODE, (id) => !isVoter(id))],
    ['demote voter', idsOf(ConfChangeType.ADD_LEARNER_NODE, isVoter)],
    ['remove voter', idsOf(ConfChangeType.REMOVE_NODE, isVoter)],
    ['remove learner', idsOf(ConfChangeType.REMOVE_NODE, (id) => !isVoter(id))],
    ['update member', idsOf(ConfChangeType.UPDATE_NODE, () => true)],
  ];
  return parts.flatMap(([what, ids]) => (ids.length === 0 ? [] : counted(what, ids))).join('; ');
}

/** `2 of {1,2,3}` */
function quorum(voters: readonly number[]): string {
  return `${quorumNeeded(voters.length)} of ${braces(voters)}`;
}

function step(phase: ChangePhase, text: string): PlanStep {
  return { phase, text };
}
