import { afterEach, describe, expect, it } from 'vitest';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { EventType } from '../../src/gen/raftctl/v1/history.js';
import { Member, UpdateMemberRequest } from '../../src/gen/raftctl/v1/member.js';
import { eventsAfter } from '../../src/node/history.js';
import { applySetMember } from '../../src/node/member-updates.js';
import { memberRecords, readMembers } from '../../src/node/members.js';
import { MemoryKeyspace } from '../state-machine/memory-keyspace.js';
import { MemoryCluster } from './memory-cluster.js';

describe('a command that gives a member another address, name, zone or priority', () => {
  const instance = 'a'.repeat(32);
  const at = { index: 7, term: 2, configIndex: 1, confState: ConfState.create({ voters: [1, 2] }) };
  const keyspace = () =>
    new MemoryKeyspace(
      memberRecords(
        [1, 2].map((id) => ({ ...MemoryCluster.member(id), instance })),
        [1, 2],
      ),
    );
  const set = (table: MemoryKeyspace, member: Partial<Member>) =>
    applySetMember(table, at, { member: Member.fromPartial(member), by: 'ann@desk', reason: 'moved', atMs: 5000 });
  const eventsOf = (table: MemoryKeyspace) => [...eventsAfter(table, 0, [])];

  it('changes that and nothing else, and is remembered', () => {
    const table = keyspace();
    expect(set(table, { id: 2, address: '10.0.0.9:7400', zone: 'b', priority: -1 })).toBeUndefined();
    expect(readMembers(table)).toEqual([
      { ...MemoryCluster.member(1), addedIndex: 1, instance, hasVoted: true },
      { id: 2, name: 'n2', address: '10.0.0.9:7400', zone: 'b', priority: -1, addedIndex: 1, instance, hasVoted: true },
    ]);
    expect(eventsOf(table)).toMatchObject([
      {
        ...{ type: EventType.MEMBER, cause: 'updated', node: 2, term: 2, atMs: 5000, by: 'ann@desk', reason: 'moved' },
        text: 'address 127.0.0.1:7002 -> 10.0.0.9:7400, zone none -> b, priority none -> -1',
      },
    ]);
  });

  it('takes a zone away by an empty one', () => {
    const table = keyspace();
    set(table, { id: 2, zone: 'b' });
    set(table, { id: 2, zone: '' });
    expect(readMembers(table)[1]?.zone).toBeUndefined();
  });

  it.each([
    [{ id: 3, name: 'n3' }, 'E_NOT_FOUND', 'node 3 is not a member'],
    [{ id: 2, address: '127.0.0.1:7001' }, 'E_CONFLICT', 'node 1 has the address 127.0.0.1:7001'],
    [{ id: 2, name: 'n1' }, 'E_CONFLICT', 'node 1 has the name n1'],
  ])('changes nothing where it does not fit: %o', (member, code, message) => {
    const table = keyspace();
    const before = table.dump();
    expect(set(table, member)).toEqual({ code, message });
    expect(table.dump()).toBe(before);
  });

  it('is no event where it is so already', () => {
    const table = keyspace();
    expect(set(table, { id: 2, name: 'n2', address: '127.0.0.1:7002' })).toBeUndefined();
    expect(eventsOf(table)).toEqual([]);
  });
});

describe('an update of a member', () => {
  let cluster: MemoryCluster;
  afterEach(() => cluster.close());
  const request = (update: Partial<UpdateMemberRequest>) => UpdateMemberRequest.fromPartial(update);

  it('reaches every node, without a change of the configuration: all dial the new address', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const { node } = await cluster.leader();
    const { configIndex } = node.status();
    const address = '10.0.0.9:7400';
    const { member, changed } = await node.updateMember(request({ id: 3, address, ifConfigIndex: configIndex }));
    expect([member?.address, member?.name, changed]).toEqual([address, 'n3', true]);
    for (const id of [1, 2]) {
      const links = () => cluster.at(id).node.status().links;
      await cluster.until(() => links().find((link) => link.id === 3)?.address === address || undefined);
    }
    await cluster.until(() => cluster.at(3).node.status().address === address || undefined);
    expect(node.status()).toMatchObject({ configIndex, confState: { voters: [1, 2, 3] } });
  });

  it('that changes nothing writes nothing into the log', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    const { node } = await cluster.leader();
    await node.updateMember(request({ id: 1, zone: 'a' }));
    const last = node.status().log?.last;
    expect(await node.updateMember(request({ id: 1, zone: 'a', name: 'n1' }))).toMatchObject({ changed: false });
    expect(node.status().log?.last).toBe(last);
  });

  it('is refused, and by which name', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const { node, id } = await cluster.leader();
    const codeOf = (update: Partial<UpdateMemberRequest>, of = node) =>
      of.updateMember(request(update)).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
    expect(await codeOf({ id: 9, zone: 'a' })).toBe('E_NOT_FOUND');
    expect(await codeOf({ id: 1 })).toBe('E_USAGE');
    expect(await codeOf({ id: 1, name: '' })).toBe('E_USAGE');
    expect(await codeOf({ id: 1, address: '127.0.0.1:7002' })).toBe('E_CONFLICT');
    expect(await codeOf({ id: 1, zone: 'a', ifConfigIndex: 99 })).toBe('E_CONFLICT');
    expect(await codeOf({ id: 1, zone: 'a' }, cluster.at(id === 1 ? 2 : 1).node)).toBe('E_NOT_LEADER');
  });

  it('of the priority decides who wins the next election, on a node that started again too', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const first = await cluster.leader();
    const favourite = first.id === 3 ? 2 : 3;
    await first.node.updateMember(request({ id: favourite, priority: 10 }));
    const knows = () =>
      cluster
        .at(favourite)
        .node.status()
        .members.find(({ id }) => id === favourite)?.priority;
    await cluster.until(knows);
    await cluster.crash(favourite);
    await cluster.start(favourite);
    const lastOf = (id: number) => cluster.at(id).node.status().log?.last;
    await cluster.until(() => lastOf(favourite) === lastOf(first.id) || undefined);
    // The other one is no further than it, and may ask first: it is not given the vote.
    await cluster.crash(first.id);
    expect((await cluster.leader()).id).toBe(favourite);
  });
});
