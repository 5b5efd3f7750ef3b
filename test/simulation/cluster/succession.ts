import type { ConfState } from '../../../src/gen/raft/v1/raft.js';
import { hold } from '../ledger.js';

/**
 * I8: a configuration is followed by one that differs in one voter, or by a joint one with it as a half, or, where it is joint itself, by one of
 * its halves. Then any two quorums of the two meet.
 * @throws Violation
 */
export function checkSuccession(before: ConfState, after: ConfState, index: number): void {
  const facts = () => `${shown(before)} is followed by ${shown(after)} at ${index}`;
  const isJoint = ({ votersOutgoing }: ConfState) => votersOutgoing.length > 0;
  hold(after.voters.length > 0, 'I8 there is a voter', facts);
  const both = new Set([...after.voters, ...after.votersOutgoing]);
  hold(!after.learners.some((id) => both.has(id)), 'I8 a learner is no voter', facts);
  if (isJoint(before) && isJoint(after)) {
    const same = sameIds(before.voters, after.voters) && sameIds(before.votersOutgoing, after.votersOutgoing);
    hold(same, 'I8 a joint configuration is left before the next one', facts);
  } else if (isJoint(after)) hold(sameIds(after.votersOutgoing, before.voters), 'I8 quorums meet', facts);
  else if (isJoint(before)) {
    const isHalf = sameIds(after.voters, before.voters) || sameIds(after.voters, before.votersOutgoing);
    hold(isHalf, 'I8 quorums meet', facts);
  } else {
    const changed = [...before.voters, ...after.voters].filter(
      (id) => !before.voters.includes(id) || !after.voters.includes(id),
    );
    hold(changed.length <= 1, 'I8 quorums meet', facts);
  }
}

function sameIds(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && new Set([...left, ...right]).size === left.length;
}

function shown({ voters, votersOutgoing, learners }: ConfState): string {
  return `${voters}|${votersOutgoing}|${learners}`;
}
