import { type CheckInput, fail, ok, type Verdict, warn } from './check-input.js';
import { successor } from './successor.js';
import { sameSets } from './target.js';
import { amount, braces, listIds, nodeName } from './words.js';

/** Checks whether this is the moment for a change, and of what the leader itself is in it. */

/** A leader that has just been elected may be gone again soon, which delays the change but does no harm to it. */
export function leaderStable({ facts }: CheckInput): Verdict {
  const { leader, leaderForMs, electionTimeoutMs } = facts;
  if (leader === 0) return fail('there is no leader');
  const since = `${nodeName(facts, leader)} has led for ${Math.round(leaderForMs)} ms`;
  return leaderForMs < electionTimeoutMs
    ? warn(`${since}, less than the election timeout of ${electionTimeoutMs} ms`)
    : ok(since);
}

/** A joint configuration on its way to just this target is not in the way: the change carries on from there. */
export function noChangeInFlight({ facts, request, now, target }: CheckInput): Verdict {
  const { confState, configIndex, unappliedConfIndex, applied, runningChange } = facts;
  if (runningChange !== '') return fail(`change ${runningChange} is running`);
  if (unappliedConfIndex > 0) {
    return fail(`the configuration change at index ${unappliedConfIndex} is not applied yet (applied to ${applied})`);
  }
  if (confState.votersOutgoing.length === 0) return ok(`the configuration is stable since index ${configIndex}`);
  const halves = `${braces(confState.votersOutgoing)} and ${braces(confState.voters)}`;
  const isLeft = confState.autoLeave !== request.explicitLeave;
  if (isLeft && sameSets(now, target)) return ok(`the configuration is joint, ${halves}, on the way to this target`);
  return fail(`the configuration is joint since index ${configIndex}: ${halves}`);
}

export function noTransferInFlight({ facts }: CheckInput): Verdict {
  return facts.transferee === 0
    ? ok('no transfer of leadership is running')
    : fail(`leadership is being handed over to ${nodeName(facts, facts.transferee)}`);
}

export function configIndex({ facts, request }: CheckInput): Verdict {
  const { configIndex } = facts;
  if (request.ifConfigIndex === 0) return ok(`the configuration is that of index ${configIndex}, whichever is meant`);
  return request.ifConfigIndex === configIndex
    ? ok(`the configuration is that of index ${configIndex}, as expected`)
    : fail(`the configuration is that of index ${configIndex}, not ${request.ifConfigIndex}`);
}

/** A target without voters is refused before there is a plan. */
export function targetNonempty({ target }: CheckInput): Verdict {
  return ok(`${amount(target.voters.length, 'voter')}: ${listIds(target.voters)}`);
}

/** A node without an address is refused before there is a plan. */
export function targetKnown({ target }: CheckInput): Verdict {
  const count = target.voters.length + target.learners.length;
  return ok(`the addresses of all ${amount(count, 'node')} are known`);
}

/** A leader that leaves hands over first; that it can is what is checked. */
export function leaderRemoved({ facts, now, target }: CheckInput): Verdict {
  const { leader } = facts;
  if (leader === 0) return ok('there is no leader to be removed');
  const name = nodeName(facts, leader);
  if (target.voters.includes(leader)) return ok(`the leader, ${name}, stays a voter`);
  const heir = successor(facts, now, target);
  if (heir !== undefined)
    return ok(`the leader, ${name}, leaves the voters; it hands over to ${nodeName(facts, heir)} first`);
  const staying = now.voters.filter((id) => target.voters.includes(id));
  if (staying.length === 0)
    return ok(`the leader, ${name}, leaves the voters with all others; it steps down at the end`);
  return fail(`the leader, ${name}, leaves the voters, and none of those that stay, ${listIds(staying)}, is live`);
}
