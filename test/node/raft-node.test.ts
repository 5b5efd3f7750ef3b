import { afterEach, describe, expect, it } from 'vitest';
import { Entry } from '../../src/gen/raft/v1/raft.js';
import { KvAnswer, KvCommand, KvQuery, KvResult } from '../../src/gen/raftctl/v1/kv.js';
import { ChangeMembersRequest, type ChangeMembersResponse, ChangePhase } from '../../src/gen/raftctl/v1/member.js';
import { CommandKind, Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import type { ProposalResult } from '../../src/node/node-api.js';
import { MemoryCluster, type TestNode } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

let clients = 0;

function put(
  { node }: TestNode,
  key: string,
  value: string,
  clientId = `client-${++clients}`,
): Promise<ProposalResult> {
  return node.propose({
    kind: CommandKind.MACHINE,
    payload: KvCommand.encode({ op: { $case: 'put', value: { key, value } } }).finish(),
    session: { clientId, sequence: 1, lowestPending: 1 },
  });
}

async function get(
  { node }: TestNode,
  key: string,
  consistency = Consistency.LINEARIZABLE,
): Promise<string | undefined> {
  const query = KvQuery.encode({ op: { $case: 'get', value: { key } } }).finish();
  const { result } = await node.query(query, consistency);
  return KvAnswer.decode(result).pairs[0]?.value;
}

async function change(running: TestNode, request: Partial<ChangeMembersRequest>): Promise<ChangeMembersResponse[]> {
  const events: ChangeMembersResponse[] = [];
  const whole = ChangeMembersRequest.fromPartial({ requestId: `change-${++clients}`, ...request });
  for await (const event of running.node.changeMembers(whole)) events.push(event);
  return events;
}

const sets = (ids: number[]) => ({ ids });

describe('a cluster of three nodes', () => {
  it('stores what is proposed and answers when it is on a majority’s disks; every node has it in the end', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const { index, result } = await put(leader, 'ship', '"Kon-Tiki"');
    expect(KvResult.decode(result)).toMatchObject({ applied: true, version: 1 });
    expect(await get(leader, 'ship')).toBe('"Kon-Tiki"');
    for (const running of cluster.nodes.values()) {
      await cluster.until(() => running.store.flushedApplied >= index || undefined);
      expect(await get(running, 'ship', Consistency.LOCAL)).toBe('"Kon-Tiki"');
    }
  });

  it('applies a proposal that a client sends twice once, and gives the first answer again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const first = await put(leader, 'counter', '1', 'the same client');
    const again = await put(leader, 'counter', '1', 'the same client');
    expect(again).toMatchObject({ index: first.index, duplicate: true });
    expect(KvResult.decode(again.result).version).toBe(1);
  });

  it('takes proposals at the leader alone, and says who that is', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const follower = [...cluster.nodes].find(([id]) => id !== leader.id)?.[1] as TestNode;
    await expect(put(follower, 'a', '1')).rejects.toMatchObject({
      code: 'E_NOT_LEADER',
      leaderHint: { id: leader.id },
    });
  });

  it('answers linearizable reads on a follower as well, and lease reads on the leader', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    await put(leader, 'a', '1');
    for (const running of cluster.nodes.values()) expect(await get(running, 'a')).toBe('1');
    expect(await get(leader, 'a', Consistency.LEASE)).toBe('1');
  });

  it('goes on without one node, and that one catches up when it starts again from its disk', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const first = await cluster.leader();
    await put(first, 'before', '1');
    await cluster.crash(first.id);
    const second = await cluster.leader();
    const { index } = await put(second, 'after', '2');
    const back = await cluster.start(first.id);
    await cluster.until(() => back.store.flushedApplied >= index || undefined);
    expect(await get(back, 'before', Consistency.LOCAL)).toBe('1');
    expect(await get(back, 'after', Consistency.LOCAL)).toBe('2');
  });

  it('refuses writes and reads where only a minority is left, names who is missing, and changes nothing', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    for (const id of [1, 2, 3].filter((other) => other !== leader.id)) await cluster.crash(id);
    await expect(put(leader, 'a', '1')).rejects.toMatchObject({ code: 'E_NO_QUORUM', changed: 'no' });
    await expect(get(leader, 'a')).rejects.toMatchObject({
      code: 'E_NO_QUORUM',
      message: 'no leader — 1 of 3 voters is reachable, 2 are needed',
    });
    expect(await get(leader, 'a', Consistency.LOCAL)).toBeUndefined();
  });

  it('moves the leadership where it is told to', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const target = leader.id === 3 ? 1 : 3;
    await put(leader, 'a', '1');
    const moved = await leader.node.transferLeader(target, undefined);
    expect(moved).toMatchObject({ from: leader.id, to: target, unchanged: false });
    expect((await cluster.leader()).id).toBe(target);
    await expect(leader.node.transferLeader(9, undefined)).rejects.toMatchObject({ code: 'E_NOT_LEADER' });
    const now = await cluster.leader();
    await expect(now.node.transferLeader(9, undefined)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('members of a cluster', () => {
  it('change in two phases: two learners in, a voter out, and the learners have all data by snapshot', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    let leader = await cluster.leader();
    for (let i = 0; i < 20; i++) await put(leader, `key-${i}`, String(i));
    await leader.node.triggerSnapshot(0);
    await cluster.start(4);
    await cluster.start(5);
    if (leader.id === 2) {
      await leader.node.transferLeader(1, undefined);
      leader = await cluster.leader();
    }

    const events = await change(leader, {
      voters: sets([1, 3]),
      learners: sets([4, 5]),
      peers: [MemoryCluster.member(4), MemoryCluster.member(5)],
    });
    expect(events[0]?.plan?.steps.length).toBeGreaterThan(0);
    expect(events.map((event) => event.phase)).toEqual([
      ChangePhase.PLANNED,
      ChangePhase.ENTERING_JOINT,
      ChangePhase.JOINT,
      ChangePhase.LEAVING_JOINT,
      ChangePhase.VERIFYING,
      ChangePhase.DONE,
    ]);
    expect(events.at(-1)?.confState).toMatchObject({ voters: [1, 3], learners: [4, 5], votersOutgoing: [] });
    for (const id of [4, 5]) {
      const learner = cluster.at(id);
      await cluster.until(() => learner.store.flushedApplied >= leader.store.flushedApplied || undefined);
      expect(await get(learner, 'key-19', Consistency.LOCAL)).toBe('19');
      expect(learner.node.status().members.map((member) => member.id)).toEqual([1, 3, 4, 5]);
    }
  });

  it('that are to vote come in as learners, and vote once they have caught up', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    const leader = await cluster.leader();
    await put(leader, 'a', '1');
    await cluster.start(2);
    await cluster.start(3);
    const events = await change(leader, {
      voters: sets([1, 2, 3]),
      peers: [MemoryCluster.member(2), MemoryCluster.member(3)],
    });
    const phases = events.map((event) => event.phase);
    expect(phases).toContain(ChangePhase.ADDING_LEARNERS);
    expect(phases.indexOf(ChangePhase.ADDING_LEARNERS)).toBeLessThan(phases.indexOf(ChangePhase.ENTERING_JOINT));
    expect(events.at(-1)).toMatchObject({ phase: ChangePhase.DONE, confState: { voters: [1, 2, 3], learners: [] } });
  });

  it('that never answer are held as learners: the change gives up on them, and the next one may begin', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3], { catchUpStallMs: 100 });
    const leader = await cluster.leader();
    const grown = change(leader, { voters: sets([1, 2, 3, 4]), peers: [MemoryCluster.member(4)] });
    await expect(grown).rejects.toMatchObject({ code: 'E_PENDING', changed: 'yes' });
    expect(leader.node.listMembers().confState).toMatchObject({ voters: [1, 2, 3], learners: [4] });
    expect((await change(leader, { learners: sets([]) })).at(-1)).toMatchObject({ phase: ChangePhase.DONE });
    await put(leader, 'a', '1');
  });

  it('stay as they are in a dry run, and when the request asks for what is already so', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    const before = leader.node.listMembers().configIndex;
    const planned = await change(leader, { voters: sets([1, 2]), dryRun: true });
    expect(planned).toHaveLength(1);
    const same = await change(leader, { voters: sets([1, 2, 3]) });
    expect(same).toMatchObject([{ unchanged: true }]);
    expect(leader.node.listMembers().configIndex).toBe(before);
  });

  it('change once for each request: the same one is answered from what was done, another one is never taken for it', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    const leader = await cluster.leader();
    const [two, three] = [MemoryCluster.member(2), MemoryCluster.member(3)];
    const done = await change(leader, { requestId: 'mine', learners: sets([2]), peers: [two] });
    const again = await change(leader, { requestId: 'mine', learners: sets([2]), peers: [two] });
    expect(again.map(({ phase }) => phase)).toEqual([ChangePhase.PLANNED, ChangePhase.DONE]);
    expect(again[0]?.plan).toMatchObject({ hash: done[0]?.plan?.hash, steps: done[0]?.plan?.steps });
    expect(again[1]).toEqual(done.at(-1));
    const other = { learners: sets([2, 3]), peers: [three] };
    await expect(change(leader, { requestId: 'mine', ...other })).rejects.toMatchObject({ code: 'E_CONFLICT' });
    expect(await change(leader, { requestId: 'mine', dryRun: true, ...other })).toHaveLength(1);
    // Without an id, each request is one of its own.
    await change(leader, { requestId: '', learners: sets([]) });
    await change(leader, { requestId: '', ...other, peers: [two, three] });
    expect(leader.node.listMembers().confState.learners).toEqual([2, 3]);
  });

  it('cannot change while the log takes nothing more, which is said and may be tried again', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3], { uncommittedBytesMax: 1, messageBytesMax: 1 });
    const leader = await cluster.leader();
    await put(leader, 'first', '1');
    for (const id of [1, 2, 3]) if (id !== leader.id) cluster.network.silence(id, leader.id);
    void put(leader, 'a', '1').catch(() => undefined);
    await cluster.until(() => leader.node.status().log!.last > leader.node.status().log!.commit || undefined);
    await expect(change(leader, { learners: sets([4]), peers: [MemoryCluster.member(4)] })).rejects.toMatchObject({
      code: 'E_OVERLOADED',
      retryable: true,
    });
  });

  it('hold an explicit joint configuration until somebody leaves it', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    let leader = await cluster.leader();
    if (leader.id === 2) {
      await leader.node.transferLeader(1, undefined);
      leader = await cluster.leader();
    }
    await change(leader, { voters: sets([1, 3]), explicitLeave: true });
    expect(leader.node.listMembers().confState).toMatchObject({ voters: [1, 3], votersOutgoing: [1, 2, 3] });
    await expect(change(leader, { voters: sets([1, 2, 3]) })).rejects.toMatchObject({ code: 'E_CHANGE_RUNNING' });
    const left = await leader.node.leaveJoint('');
    expect(left.confState).toMatchObject({ voters: [1, 3], votersOutgoing: [] });
    await expect(leader.node.leaveJoint('')).rejects.toMatchObject({ code: 'E_NOT_JOINT' });
  });
});

describe('the log of a node', () => {
  it('gets shorter behind a snapshot, and can be read and described', async () => {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
    const leader = await cluster.leader();
    for (let i = 0; i < 10; i++) await put(leader, `key-${i}`, String(i));
    const listed = [...leader.node.logEntries(0, 0, 0)];
    expect(listed.map(({ summary }) => summary).join('\n')).toContain('key-9');
    expect(listed.every(({ entry, size }) => size === Entry.encode(entry).finish().length)).toBe(true);
    const { first } = leader.node.logInfo().log;
    const { snapshot, logFirst } = await leader.node.triggerSnapshot(0);
    expect(logFirst).toBeGreaterThan(first);
    expect(leader.node.listSnapshots()[0]).toMatchObject({ index: snapshot.index });
  });

  it('is compacted by itself when it has grown enough', async () => {
    cluster = await MemoryCluster.bootstrapped([1], { snapshotEntries: 20, keepEntries: 5 });
    const leader = await cluster.leader();
    for (let i = 0; i < 60; i++) await put(leader, `key-${i}`, String(i));
    await cluster.until(() => leader.store.firstIndex() > 20 || undefined);
    expect(leader.node.listSnapshots().length).toBeGreaterThan(0);
  });
});
