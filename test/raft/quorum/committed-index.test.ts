import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../../src/raft/config.js';
import { JointConfig } from '../../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../../src/raft/quorum/majority.js';
import { type AckedIndexer, type GroupAckedIndexer, majority } from '../../../src/raft/quorum/quorum.js';
import { anyAcked, anyJoint, anyVoters, majoritiesOf, subsetsOf } from './arbitraries.js';

/** By definition: the highest index that some majority has whole; as long as nobody needs to agree, any. */
function committedByDefinition(ids: readonly number[], acked: AckedIndexer): number {
  if (ids.length === 0) return NO_LIMIT;
  return Math.max(...majoritiesOf(ids).map((subset) => Math.min(...subset.map((id) => acked.ackedIndex(id) ?? 0))));
}

describe('the committed index', () => {
  test('is the highest that some majority has', () => {
    fc.assert(
      fc.property(anyVoters, anyAcked, (voters, acked) => {
        expect(voters.committedIndex(acked)).toBe(committedByDefinition(voters.ids, acked));
      }),
    );
  });

  test('of a joint configuration is what both halves have committed', () => {
    fc.assert(
      fc.property(anyJoint, anyAcked, (joint, acked) => {
        const halves = [joint.incoming, joint.outgoing].map(({ ids }) => committedByDefinition(ids, acked));
        expect(joint.committedIndex(acked)).toBe(Math.min(...halves));
      }),
    );
  });

  test('never falls when a voter acknowledges more', () => {
    fc.assert(
      fc.property(anyJoint, anyAcked, fc.integer({ min: 1, max: 7 }), fc.nat(9), (joint, acked, id, more) => {
        const ahead: AckedIndexer = {
          ackedIndex: (one) => (one === id ? (acked.ackedIndex(id) ?? 0) + more : acked.ackedIndex(one)),
        };
        expect(joint.committedIndex(ahead)).toBeGreaterThanOrEqual(joint.committedIndex(acked));
      }),
    );
  });

  test('survives any failure that leaves a majority of each half: some survivor has the entry', () => {
    fc.assert(
      fc.property(anyJoint, anyAcked, (joint, acked) => {
        const index = joint.committedIndex(acked);
        const survivors = subsetsOf(joint.ids()).filter((alive) =>
          [joint.incoming, joint.outgoing].every(
            ({ ids }) => ids.filter((id) => alive.includes(id)).length * 2 > ids.length || ids.length === 0,
          ),
        );
        for (const alive of survivors.filter(({ length }) => length > 0)) {
          expect(alive.some((id) => (acked.ackedIndex(id) ?? 0) >= index)).toBe(true);
        }
      }),
    );
  });

  test('asks again each time: nothing is kept between two looks', () => {
    const voters = new MajorityConfig([1, 2, 3]);
    const at = (index: number): AckedIndexer => ({ ackedIndex: () => index });
    expect(voters.committedIndex(at(9))).toBe(9);
    expect(voters.committedIndex(at(2))).toBe(2);
  });
});

/** By definition: the highest index that a majority has and of which two groups have a member. */
function groupCommittedByDefinition(ids: readonly number[], acked: GroupAckedIndexer): number {
  const groups = new Set(ids.map((id) => acked.commitGroup(id)).filter((group) => group !== 0));
  const indexOf = (id: number) => acked.ackedIndex(id) ?? 0;
  const byMajority = committedByDefinition(ids, acked);
  if (ids.length === 0) return NO_LIMIT;
  if (groups.size >= 2) {
    const heads = [...groups].map((group) =>
      Math.max(...ids.filter((id) => acked.commitGroup(id) === group).map(indexOf)),
    );
    const [, second = 0] = heads.sort((left, right) => right - left);
    return Math.min(byMajority, second);
  }
  const someoneHasNone = ids.some((id) => acked.commitGroup(id) === 0);
  return someoneHasNone ? Math.min(...ids.map(indexOf)) : byMajority;
}

describe('the committed index with commit groups', () => {
  test('is held back to what two groups have', () => {
    fc.assert(
      fc.property(anyVoters, anyAcked, (voters, acked) => {
        expect(voters.groupCommittedIndex(acked).index).toBe(groupCommittedByDefinition(voters.ids, acked));
      }),
    );
  });

  test('says whether it stands on two groups', () => {
    fc.assert(
      fc.property(anyVoters, anyAcked, (voters, acked) => {
        const groups = new Set(voters.ids.map((id) => acked.commitGroup(id)).filter((group) => group !== 0));
        expect(voters.groupCommittedIndex(acked).usedGroupCommit).toBe(voters.size === 0 || groups.size >= 2);
      }),
    );
  });

  test('is never ahead of what the majority has, joint or not', () => {
    fc.assert(
      fc.property(anyJoint, anyAcked, (joint, acked) => {
        const { index, usedGroupCommit } = joint.groupCommittedIndex(acked);
        const incoming = joint.incoming.groupCommittedIndex(acked);
        const outgoing = joint.outgoing.groupCommittedIndex(acked);
        expect(index).toBe(Math.min(incoming.index, outgoing.index));
        expect(index).toBeLessThanOrEqual(joint.committedIndex(acked));
        expect(usedGroupCommit).toBe(incoming.usedGroupCommit && outgoing.usedGroupCommit);
      }),
    );
  });
});

test('a majority is more than half', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(majority)).toEqual([1, 2, 2, 3, 3, 4, 4]);
});

test('a configuration knows its voters in order, each once', () => {
  const joint = new JointConfig(new MajorityConfig([3, 1, 2]), new MajorityConfig([4, 3]));
  expect(joint.ids()).toEqual([1, 2, 3, 4]);
  expect([1, 4, 5].map((id) => joint.contains(id))).toEqual([true, true, false]);
  expect(String(joint)).toBe('(1 2 3)&&(3 4)');
  expect(joint.isSingleton()).toBe(false);
  expect(new JointConfig(new MajorityConfig([7])).isSingleton()).toBe(true);
  expect(new JointConfig(new MajorityConfig([7]), new MajorityConfig([7])).isSingleton()).toBe(false);
});
