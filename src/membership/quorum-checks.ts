import { type CheckInput, fail, maxLagOf, ok, type Verdict, warn } from './check-input.js';
import { lagOf, type PlanningFacts } from './planning-facts.js';
import { quorumNeeded, quorumSets, STOPPED, voterSets } from './tolerance.js';
import { amount, braces, counted, describeCuts, listIds, nodeName } from './words.js';

/** Checks of what the change does to the quorums, and of whether the nodes that it needs are there. */

export function toleranceLoss({ safety }: CheckInput): Verdict {
  const [now, ...ahead] = safety;
  const before = now?.tolerates ?? STOPPED;
  const worst = ahead.find((phase) => phase.tolerates === Math.min(...ahead.map(({ tolerates }) => tolerates)));
  if (worst === undefined || worst.tolerates >= before) {
    return ok(`every phase tolerates ${amount(Math.max(before, 0), 'failure')} or more, as now`);
  }
  const where = worst.phase === 'joint' ? 'while joint' : `with ${counted('voter', worst.sets[0]?.voters ?? [])}`;
  const drop = `failure tolerance drops ${before} -> ${Math.max(worst.tolerates, 0)}`;
  if (worst.tolerates === STOPPED) return warn(`${drop}: ${where} too few voters are live, and writes stop`);
  return warn(`${drop}: ${where} the loss of ${describeCuts(worst.minimalCuts.map(({ ids }) => ids))} stops writes`);
}

/** A voter that makes the number even costs an acknowledgement and adds nothing. */
export function evenVoters({ now, target }: CheckInput): Verdict {
  const count = target.voters.length;
  if (count % 2 === 1) return ok(`${amount(count, 'voter')}, an odd number`);
  if (target.voters.join() === now.voters.join()) return ok(`${count} voters, an even number, as now`);
  const lost = count - quorumNeeded(count);
  return warn(`${count} voters, an even number, tolerate ${amount(lost, 'failure')}, no more than ${count - 1} do`);
}

/**
 * Whether the new voters can decide once they have to: live, and within the lag that is allowed. Nodes that are not voters yet must
 * catch up before the change needs them, so they count where nothing speaks against them.
 */
export function incomingQuorumLive(input: CheckInput): Verdict {
  const { facts, now, target } = input;
  const maxLag = maxLagOf(input);
  const isNew = (id: number) => !now.voters.includes(id) && !now.learners.includes(id);
  const behind = (id: number) => (lagOf(facts, id) ?? 0) > maxLag;
  const ready = target.voters.filter((id) => isNew(id) || (facts.live.has(id) && !behind(id)));
  const needed = quorumNeeded(target.voters.length);
  const missing = target.voters
    .filter((id) => !ready.includes(id))
    .map(
      (id) => `${nodeName(facts, id)} ${facts.live.has(id) ? `is ${lagOf(facts, id)} entries behind` : 'is not live'}`,
    );
  const awaited = target.voters.filter(isNew);
  const counts = `the new voters ${braces(target.voters)} need ${needed}, ${ready.length} are live and caught up`;
  const notes = [...missing, ...(awaited.length > 0 ? [`${listIds(awaited)} to be waited for`] : [])];
  const message = notes.length === 0 ? counts : `${counts}: ${notes.join(', ')}`;
  return ready.length >= needed ? ok(message) : fail(message);
}

export function outgoingQuorumLive({ facts }: CheckInput): Verdict {
  const sets = quorumSets(voterSets(facts.confState), facts.live);
  const message = sets
    .map(({ voters, needed, live }) => `the voters of now ${braces(voters)} need ${needed}, ${live} are live`)
    .join('; ');
  return sets.every(({ needed, live }) => live >= needed) ? ok(message) : fail(message);
}

/** Whether a learner that is to vote has nothing on its disk. */
export function promotesNothing({ facts, now, way }: CheckInput): boolean {
  return way.catchUp.some((id) => now.learners.includes(id) && hasNothing(facts, id));
}

/**
 * Whether a member has never acknowledged anything, to this leader or to one before it. Such a node is taken in as a learner; to the others
 * a voter with an empty disk is one that has forgotten its votes, which they refuse for good.
 */
function hasNothing(facts: PlanningFacts, id: number): boolean {
  const isKnown = facts.members.some((member) => member.id === id && member.instance !== undefined);
  return !isKnown && facts.progress.get(id)?.match === 0;
}

/** Learners of now that are to vote; new nodes are waited for, and learners where the request says when they are to be promoted. */
export function learnerReady(input: CheckInput): Verdict {
  const { facts, request, now, way } = input;
  const maxLag = maxLagOf(input);
  const learners = way.catchUp.filter((id) => now.learners.includes(id));
  if (learners.length === 0) return ok('no learner of now is promoted');
  const problems = learners.flatMap((id) => {
    const peer = facts.progress.get(id);
    const name = nodeName(facts, id);
    if (!facts.live.has(id)) {
      return hasNothing(facts, id)
        ? `${name} has never had anything of the log, and cannot vote without`
        : `${name} is not live`;
    }
    if (peer === undefined) return `${name} is not followed by the leader`;
    if (peer.state !== 'replicate')
      return `${name} is in state ${peer.state}, at index ${peer.match} of ${facts.commit}`;
    const lag = lagOf(facts, id) ?? 0;
    return lag > maxLag ? `${name} is ${lag} entries behind, ${maxLag} are allowed` : [];
  });
  if (problems.length > 0 && request.promotion !== undefined) {
    return ok(`${problems.join('; ')}: the change waits until ${learners.length === 1 ? 'it is' : 'they are'} ready`);
  }
  if (problems.length > 0) return fail(problems.join('; '));
  return ok(`${counted('learner', learners)} replicating, within ${amount(maxLag, 'entry', 'entries')} of the leader`);
}
