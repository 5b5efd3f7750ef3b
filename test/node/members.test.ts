import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { Member } from '../../src/gen/raftctl/v1/member.js';
import { applyInstance, applyMembership, memberRecords, readMembers } from '../../src/node/members.js';
import { readTombstones } from '../../src/node/tombstones.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';

const member = (id: number, more: Partial<Member> = {}) =>
  Member.fromPartial({ id, name: `n${id}`, address: `10.0.0.${id}:7400`, ...more });
const directory = (digit: string) => digit.repeat(32);

/** A cluster's members table, and the configuration that it belongs to. */
class Table {
  readonly keyspace: MemoryKeyspace;
  confState: ConfState;

  constructor(...voters: number[]) {
    const members = voters.map((id) => member(id, { instance: directory(`${id}`) }));
    this.keyspace = new MemoryKeyspace(memberRecords(members, voters));
    this.confState = ConfState.create({ voters });
  }

  change(index: number, sets: Partial<ConfState>, members: Member[] = [], atMs = 0): void {
    const before = this.confState;
    this.confState = ConfState.create(sets);
    applyMembership(this.keyspace, { index, before, after: this.confState, context: { members, atMs } });
  }

  get members(): Member[] {
    return readMembers(this.keyspace);
  }

  get ids(): number[] {
    return this.members.map(({ id }) => id);
  }

  of(id: number): Member | undefined {
    return this.members.find((one) => one.id === id);
  }

  get removed(): unknown[] {
    return readTombstones(this.keyspace).map((tombstone) => [
      tombstone.member?.id,
      tombstone.removedIndex,
      tombstone.removedMs,
    ]);
  }
}

describe('the members of a cluster', () => {
  it('are those of the bootstrap at first, ascending by id, added at index 1', () => {
    expect(new Table(300, 2, 1).members.map(({ id, addedIndex }) => [id, addedIndex])).toEqual([
      [1, 1],
      [2, 1],
      [300, 1],
    ]);
  });

  it('join with the index of the change that names them, and keep it when they are updated', () => {
    const table = new Table(1);
    const sets = { voters: [1], learners: [2] };
    table.change(20, sets, [member(2)]);
    table.change(30, sets, [member(2, { address: 'elsewhere:1' }), member(1, { address: 'moved:1' })]);
    expect(table.of(1)).toMatchObject({ address: 'moved:1', addedIndex: 1 });
    expect(table.of(2)).toEqual(member(2, { address: 'elsewhere:1', addedIndex: 20 }));
  });

  it('stay while any half of a joint configuration has them, and go when it is left', () => {
    const table = new Table(1, 2, 3);
    const joint = { voters: [1, 4], votersOutgoing: [1, 2, 3], learnersNext: [3], learners: [5] };
    table.change(10, joint, [member(4), member(5)]);
    expect(table.ids).toEqual([1, 2, 3, 4, 5]);
    table.change(11, { voters: [1, 4], learners: [3, 5] });
    expect(table.ids).toEqual([1, 3, 4, 5]);
  });

  it('are never ids that the configuration does not have', () => {
    const table = new Table(1);
    table.change(10, { voters: [1] }, [member(9)]);
    expect(table.ids).toEqual([1]);
  });

  it('keep zone and priority where a change says nothing of them, and their data directory whatever it says', () => {
    const table = new Table(1);
    table.change(10, { voters: [1] }, [member(1, { zone: 'a', priority: 3, instance: directory('f') })]);
    table.change(11, { voters: [1] }, [member(1, { address: 'moved:1', instance: directory('f') })]);
    expect(table.of(1)).toMatchObject({ zone: 'a', priority: 3, address: 'moved:1', instance: directory('1') });
  });
});

describe('that a member has voted', () => {
  it('holds for the voters of the bootstrap, and from the change on that makes it a voter', () => {
    const table = new Table(1);
    table.change(10, { voters: [1], learners: [2] }, [member(2)]);
    expect(table.members.map(({ hasVoted }) => hasVoted)).toEqual([true, undefined]);
    table.change(11, { voters: [1, 2] });
    expect(table.members.map(({ hasVoted }) => hasVoted)).toEqual([true, true]);
    table.change(12, { voters: [1], learners: [2] });
    expect(table.of(2)?.hasVoted).toBe(true);
  });

  it('is known of those from before it was written down, once their configuration changes', () => {
    const table = new Table(1, 2);
    table.keyspace.put(Uint8Array.of(0x03, 0, 0, 0, 0, 0, 0, 0, 2), Member.encode(member(2)).finish());
    expect(table.of(2)?.hasVoted).toBeUndefined();
    table.change(10, { voters: [1] });
    expect(table.removed).toEqual([[2, 10, 0]]);
  });
});

describe('a voter that leaves', () => {
  it('has a tombstone, written with the change; a learner that never voted has none', () => {
    const table = new Table(1, 2);
    table.change(10, { voters: [1, 2], learners: [3] }, [member(3)]);
    table.change(11, { voters: [1] }, [], 1_790_000_000_000);
    expect(table.removed).toEqual([[2, 11, 1_790_000_000_000]]);
    expect(readTombstones(table.keyspace)[0]?.member).toEqual(
      member(2, { addedIndex: 1, hasVoted: true, instance: directory('2') }),
    );
  });

  it('left when its joint configuration was entered, as people see it: the change that leaves it has no moment', () => {
    const table = new Table(1, 2, 3);
    table.change(10, { voters: [1, 3], votersOutgoing: [1, 2, 3], autoLeave: true }, [], 5000);
    expect(table.removed).toEqual([]);
    table.change(11, { voters: [1, 3] });
    expect(table.removed).toEqual([[2, 11, 5000]]);
  });

  it('leaves none where the change is rolled back', () => {
    const table = new Table(1, 2);
    table.change(9, { voters: [1, 2], learners: [3] }, [member(3)]);
    table.change(10, { voters: [1, 3], votersOutgoing: [1, 2] });
    table.change(11, { voters: [1, 2], learners: [3] });
    expect(table.removed).toEqual([]);
  });

  it('and comes back is a member again, with the data directory that the change names, and has voted', () => {
    const table = new Table(1, 2);
    table.change(10, { voters: [1] });
    table.change(12, { voters: [1], learners: [2] }, [member(2, { instance: directory('2') })]);
    expect(table.removed).toEqual([]);
    expect(table.of(2)).toEqual(member(2, { addedIndex: 12, hasVoted: true, instance: directory('2') }));
    // Not as a learner that never voted, though it was no voter this time.
    table.change(13, { voters: [1] });
    expect(table.removed).toEqual([[2, 13, 0]]);
  });
});

describe('the data directory of a member', () => {
  it('is written down where it is not known, and never another one after it', () => {
    const table = new Table(1);
    table.change(10, { voters: [1], learners: [4] }, [member(4)]);
    expect(applyInstance(table.keyspace, { id: 4, instance: directory('a') })).toBeUndefined();
    expect(applyInstance(table.keyspace, { id: 4, instance: directory('b') })).toBeUndefined();
    expect(table.of(4)).toMatchObject({ instance: directory('a'), addedIndex: 10 });
  });

  it('is not written down for a stranger, nor where it is none', () => {
    const table = new Table(1);
    expect(applyInstance(table.keyspace, { id: 9, instance: directory('a') })).toMatchObject({ code: 'E_NOT_FOUND' });
    expect(applyInstance(table.keyspace, { id: 1, instance: 'a' })).toMatchObject({ code: 'E_USAGE' });
    expect(table.ids).toEqual([1]);
  });
});

describe('every replica', () => {
  const ids = fc.subarray([1, 2, 3, 4, 5]);
  const change = fc.record({ voters: ids, votersOutgoing: ids, learners: ids, named: ids, atMs: fc.nat(9) });

  it('has the same members and tombstones, those that take over a snapshot on the way too', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 12 }), fc.nat(11), (changes, cut) => {
        const carry = (table: Table, from: number, to: number) => {
          for (const [at, { voters, votersOutgoing, learners, named, atMs }] of changes.entries()) {
            if (at < from || at >= to) continue;
            const members = named.map((id) => member(id));
            table.change(at + 2, { voters: [1, ...voters.slice(1)], votersOutgoing, learners }, members, atMs);
          }
        };
        const [whole, late] = [new Table(1, 2, 3), new Table(1, 2, 3)];
        carry(whole, 0, changes.length);
        carry(late, 0, cut);
        const restored = new Table();
        for (const { key, value } of late.keyspace.range({ start: new Uint8Array() }))
          restored.keyspace.put(key, value);
        restored.confState = late.confState;
        carry(restored, cut, changes.length);
        const all = ({ keyspace }: Table) => [...keyspace.range({ start: new Uint8Array() })];
        expect(all(restored)).toEqual(all(whole));
        // Who has a tombstone is no member; who is a member and voted needs none.
        const buried = readTombstones(whole.keyspace).map(({ member: left }) => left?.id ?? 0);
        expect(whole.ids.filter((id) => buried.includes(id))).toEqual([]);
        expect(readTombstones(whole.keyspace).every(({ member: left }) => left?.hasVoted)).toBe(true);
      }),
    );
  });
});
