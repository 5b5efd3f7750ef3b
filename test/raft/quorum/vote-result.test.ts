import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JointConfig } from '../../../src/raft/quorum/joint.js';
import type { VoteResult, Votes } from '../../../src/raft/quorum/quorum.js';
import { anyJoint, anyVoters, anyVotes, majoritiesOf, subsetsOf } from './arbitraries.js';

/** By definition: won if some majority is for it; lost if no majority can still come to be for it; pending otherwise. */
function resultByDefinition(ids: readonly number[], votes: Votes): VoteResult {
  if (ids.length === 0) return 'won';
  const majorities = majoritiesOf(ids);
  if (majorities.some((subset) => subset.every((id) => votes.get(id) === true))) return 'won';
  return majorities.some((subset) => subset.every((id) => votes.get(id) !== false)) ? 'pending' : 'lost';
}

test('a vote is won, lost or pending as counting every majority says', () => {
  fc.assert(
    fc.property(anyVoters, anyVotes, (voters, votes) => {
      expect(voters.voteResult(votes)).toBe(resultByDefinition(voters.ids, votes));
    }),
  );
});

test('a joint vote is won where both halves win, lost where one does, in either order', () => {
  fc.assert(
    fc.property(anyJoint, anyVotes, (joint, votes) => {
      const halves = [joint.incoming, joint.outgoing].map(({ ids }) => resultByDefinition(ids, votes));
      const expected = halves.includes('lost') ? 'lost' : halves.includes('pending') ? 'pending' : 'won';
      expect(joint.voteResult(votes)).toBe(expected);
      expect(new JointConfig(joint.outgoing, joint.incoming).voteResult(votes)).toBe(expected);
    }),
  );
});

test('no two candidates win among the same voters', () => {
  fc.assert(
    fc.property(anyJoint, (joint) => {
      fc.pre(joint.ids().length > 0);
      for (const forOne of subsetsOf(joint.ids())) {
        const one: Votes = new Map(joint.ids().map((id) => [id, forOne.includes(id)]));
        const other: Votes = new Map(joint.ids().map((id) => [id, !forOne.includes(id)]));
        expect([joint.voteResult(one), joint.voteResult(other)]).not.toEqual(['won', 'won']);
      }
    }),
    { numRuns: 30 },
  );
});

test('a decision does not change when the missing answers come', () => {
  fc.assert(
    fc.property(anyJoint, anyVotes, anyVotes, (joint, early, late) => {
      const before = joint.voteResult(early);
      fc.pre(before !== 'pending');
      expect(joint.voteResult(new Map([...late, ...early]))).toBe(before);
    }),
  );
});
