import fc from 'fast-check';
import { JointConfig } from '../../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../../src/raft/quorum/majority.js';
import type { GroupAckedIndexer, Votes } from '../../../src/raft/quorum/quorum.js';

/** As many voters as a test can try every subset of. */
export const NODES = 7;

/** Any set of voters out of seven, the empty one too. */
export const anyVoters = fc
  .uniqueArray(fc.integer({ min: 1, max: NODES }), { maxLength: NODES })
  .map((ids) => new MajorityConfig(ids));

/** Any configuration of seven nodes, joint or not. */
export const anyJoint = fc
  .tuple(anyVoters, anyVoters)
  .map(([incoming, outgoing]) => new JointConfig(incoming, outgoing));

/** Indexes and groups of seven nodes; of some nothing is known, some have no group, and equal ones are common. */
export const anyAcked: fc.Arbitrary<GroupAckedIndexer> = fc
  .array(fc.tuple(fc.option(fc.nat(6), { nil: undefined }), fc.nat(3)), { minLength: NODES, maxLength: NODES })
  .map((known) => ({
    ackedIndex: (id: number) => known[id - 1]?.[0],
    commitGroup: (id: number) => known[id - 1]?.[1] ?? 0,
    toString: () => JSON.stringify(known),
  }));

/** For, against or no answer from each of seven nodes. */
export const anyVotes: fc.Arbitrary<Votes> = fc
  .array(fc.constantFrom(true, false, undefined), { minLength: NODES, maxLength: NODES })
  .map((answers) => new Map(answers.flatMap((vote, at) => (vote === undefined ? [] : [[at + 1, vote] as const]))));

/** Every subset of the voters. */
export function subsetsOf(ids: readonly number[]): number[][] {
  const [first, ...rest] = ids;
  if (first === undefined) return [[]];
  return subsetsOf(rest).flatMap((subset) => [subset, [first, ...subset]]);
}

/** Every subset that is a majority: more than half of them. */
export function majoritiesOf(ids: readonly number[]): number[][] {
  return subsetsOf(ids).filter((subset) => subset.length * 2 > ids.length);
}
