import { type CheckInput, fail, ok, type Verdict, warn } from './check-input.js';
import { successor } from './successor.js';
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

export function noChangeInFlight({ facts }: CheckInput): Verdict {
  const { confState, configIndex, unappliedConfIndex, applied, runningChange } = facts;
  if (runningChange !== '') return fail(`change ${runningChange} is running`);
  if (unappliedConfIndex > 0) {
    return fail(`the configuration change at index ${unappliedConfIndex} is not applied yet (applied to ${applied})`);
  }
  if (confState.votersOutgoing.length === 0) return ok(`the configuration is stable since index ${configIndex}`);
  const halves = `${braces(confState.votersOutgoing)} and ${braces(confState.voters)}`;
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

/**
 * A leader that leaves, or that another one is to follow, hands over; that it can is what is checked. Where all that remain have been told
 * not to campaign, nobody would lead any more.
 */
export function leaderRemoved({ facts, request, now, target, way }: CheckInput): Verdict {
  const { leader } = facts;
  if (leader === 0) return ok('there is no leader to be removed');
  const stays = target.voters.includes(leader);
  const does = `the leader, ${nodeName(facts, leader)}, ${stays ? 'stays a voter' : 'leaves the voters'}`;
  const heir = successor({ facts, request, now, target, joint: way.joint });
  const before = [...now.voters, ...now.learners];
  if (heir !== undefined) {
    const name = nodeName(facts, heir);
    if (before.includes(heir) && !facts.live.has(heir)) return fail(`${does}; ${name}, which is to lead, is not live`);
    if (facts.said.get(heir)?.declinesLeadership === true) {
      const message = `${does}; ${name}, which is to lead, does not want to`;
      return stays ? warn(message) : fail(message);
    }
    return ok(`${does}; it hands over to ${name} ${way.joint ? 'before the joint configuration is left' : 'first'}`);
  }
  if (stays) return ok(does);
  return fail(`${does}, and none of those that could take over, ${listIds(target.voters)}, is live and willing`);
}
