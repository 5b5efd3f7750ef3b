import { describe, expect, it } from 'vitest';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';
import { applyMembership, memberRecords, readMembers } from '../../src/node/members.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const member = (id: number, address = `10.0.0.${id}:7400`) => Member.create({ id, name: `n${id}`, address });

function bootstrapped(...ids: number[]): MemoryKeyspace {
  return new MemoryKeyspace(memberRecords(ids.map((id) => member(id))));
}

describe('the members of a cluster', () => {
  it('are those of the bootstrap at first, ascending by id, added at index 1', () => {
    const members = readMembers(bootstrapped(300, 2, 1));
    expect(members.map(({ id, addedIndex }) => [id, addedIndex])).toEqual([
      [1, 1],
      [2, 1],
      [300, 1],
    ]);
  });

  it('join with the index of the change that names them, and keep it when they are updated', () => {
    const keyspace = bootstrapped(1);
    const confState = ConfState.create({ voters: [1], learners: [2] });
    applyMembership(keyspace, 20, confState, { members: [member(2)] });
    applyMembership(keyspace, 30, confState, { members: [member(2, 'elsewhere:1'), member(1, 'moved:1')] });
    expect(readMembers(keyspace)).toEqual([
      { ...member(1, 'moved:1'), addedIndex: 1 },
      { ...member(2, 'elsewhere:1'), addedIndex: 20 },
    ]);
  });

  it('stay while any half of a joint configuration has them, and go when it is left', () => {
    const keyspace = bootstrapped(1, 2, 3);
    const joint = ConfState.create({ voters: [1, 4], votersOutgoing: [1, 2, 3], learnersNext: [3], learners: [5] });
    applyMembership(keyspace, 10, joint, { members: [member(4), member(5)] });
    expect(readMembers(keyspace).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    applyMembership(keyspace, 11, ConfState.create({ voters: [1, 4], learners: [3, 5] }), { members: [] });
    expect(readMembers(keyspace).map(({ id }) => id)).toEqual([1, 3, 4, 5]);
  });

  it('are never ids that the configuration does not have', () => {
    const keyspace = bootstrapped(1);
    applyMembership(keyspace, 10, ConfState.create({ voters: [1] }), { members: [member(9)] });
    expect(readMembers(keyspace).map(({ id }) => id)).toEqual([1]);
  });

  it('that come back are added anew', () => {
    const keyspace = bootstrapped(1, 2);
    applyMembership(keyspace, 10, ConfState.create({ voters: [1] }), { members: [] });
    applyMembership(keyspace, 12, ConfState.create({ voters: [1], learners: [2] }), { members: [member(2)] });
    expect(readMembers(keyspace).at(-1)).toMatchObject({ id: 2, addedIndex: 12 });
  });
});
