import { afterEach, describe, expect, it } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import { ChangeMembersRequest } from '../../src/gen/raftctl/v1/member.js';
import { Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import { get, put } from './calls.js';
import { MemoryCluster, type TestNode } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

type Leader = TestNode & { id: number };

async function three(): Promise<{ leader: Leader; others: [number, number] }> {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3]);
  const leader = await cluster.leader();
  await cluster.until(() => [1, 2, 3].every((id) => cluster.at(id).node.status().leader === leader.id) || undefined);
  const [one = 0, other = 0] = [1, 2, 3].filter((id) => id !== leader.id);
  return { leader, others: [one, other] };
}

/** Begins a change of the members, and takes its events until it has ended, however it does. */
async function begin({ node }: TestNode, request: Partial<ChangeMembersRequest>): Promise<void> {
  try {
    for await (const event of node.changeMembers(ChangeMembersRequest.fromPartial(request))) void event;
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError)) throw thrown;
  }
}

describe('a transfer of the leadership is refused', () => {
  it('to an id that is no member', async () => {
    const { leader } = await three();
    await expect(leader.node.transferLeader(9, undefined)).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
      exitCode: 1,
      message: 'node 9 is not a member: the voters are 1, 2, 3',
    });
  });

  it('to a learner', async () => {
    cluster = new MemoryCluster();
    for (const id of [1, 2]) await cluster.start(id);
    const members = [1, 2].map((id) => MemoryCluster.member(id));
    const spec = BootstrapSpec.create({
      clusterId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
      members,
      voters: [1],
      learners: [2],
    });
    for (const id of [1, 2]) await cluster.at(id).node.bootstrap(spec, id);
    const leader = await cluster.leader();
    await expect(leader.node.transferLeader(2, undefined)).rejects.toMatchObject({
      code: 'E_TARGET_LEARNER',
      exitCode: 9,
    });
  });

  it('to a voter that is not connected', async () => {
    const { leader, others } = await three();
    cluster.network.cut(leader.id, others[0]);
    await expect(leader.node.transferLeader(others[0], undefined)).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringMatching(/is not reachable: cut/),
    });
  });

  it('to a voter that lags, unless the caller takes it as it is', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.APPEND, others[0]);
    await put(leader, 'a');
    const refused = leader.node.transferLeader(others[0], 0);
    await expect(refused).rejects.toMatchObject({ code: 'E_TARGET_LAG', exitCode: 9, changed: 'no' });
    cluster.network.heal();
    expect(await leader.node.transferLeader(others[0], 100)).toMatchObject({ to: others[0] });
  });

  it('to one that declines, until it does not any more; and nobody chooses it meanwhile', async () => {
    const { leader, others } = await three();
    await cluster.at(others[0]).node.setElections(true);
    await expect(leader.node.transferLeader(others[0], undefined)).rejects.toMatchObject({
      code: 'E_TARGET_DECLINES',
      exitCode: 9,
      hint: `raftctl node undrain ${others[0]}, or raftctl node election resume ${others[0]}`,
    });
    const link = leader.node.status().links.find(({ id }) => id === others[0]);
    expect(link?.declinesLeadership).toBe(true);
    expect(await leader.node.transferLeader(0, undefined)).toMatchObject({ to: others[1] });
    await cluster.at(others[0]).node.setElections(false);
    await cluster.leader();
    expect(await cluster.at(others[1]).node.transferLeader(others[0], undefined)).toMatchObject({ to: others[0] });
  });

  it('while another one runs; and that one says in the end who leads', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.TIMEOUT_NOW, ...others);
    const { term } = leader.node.status().hardState!;
    const first = leader.node.transferLeader(others[0], undefined).catch((thrown: unknown) => thrown);
    await expect(leader.node.transferLeader(others[1], undefined)).rejects.toMatchObject({
      code: 'E_TRANSFER_IN_PROGRESS',
      exitCode: 10,
      retryable: true,
      message: `the leadership is being handed to node ${others[0]}`,
    });
    expect(await first).toMatchObject({
      code: 'E_TRANSFER_TIMEOUT',
      changed: 'no',
      message: expect.stringMatching(`outcome checked: node ${leader.id} is still leader, in term ${term}$`),
      facts: [
        `leader: node ${leader.id}, term ${term}; before: node ${leader.id}, term ${term}`,
        `node ${others[0]}: connected`,
      ],
    });
    await put(leader, 'it leads on');
  });

  it('while a change of the members runs', async () => {
    const { leader, others } = await three();
    // Node 4 never answers: the change waits for it.
    const ended = begin(leader, { voters: { ids: [1, 2, 3, 4] }, peers: [MemoryCluster.member(4)], requestId: 'grow' });
    await cluster.until(() => leader.node.status().runningChange || undefined);
    await expect(leader.node.transferLeader(others[0], undefined)).rejects.toMatchObject({
      code: 'E_CHANGE_RUNNING',
      exitCode: 10,
    });
    await leader.node.stop();
    await ended;
  });

  it('while a joint configuration waits to be left', async () => {
    const { leader, others } = await three();
    await begin(leader, { voters: { ids: [leader.id, others[1]] }, explicitLeave: true, requestId: 'shrink' });
    await expect(leader.node.transferLeader(others[0], undefined)).rejects.toMatchObject({
      code: 'E_JOINT',
      exitCode: 9,
    });
    await leader.node.leaveJoint('');
    await cluster.until(() => leader.node.status().runningChange === '' || undefined);
    expect(await leader.node.transferLeader(others[1], undefined)).toMatchObject({ to: others[1] });
  });

  it('by a node that does not lead', async () => {
    const { leader, others } = await three();
    await expect(cluster.at(others[0]).node.transferLeader(others[0], undefined)).rejects.toMatchObject({
      code: 'E_NOT_LEADER',
      leaderHint: { id: leader.id },
    });
  });
});

describe('a transfer of the leadership', () => {
  it('to the leader itself is done already', async () => {
    const { leader } = await three();
    expect(await leader.node.transferLeader(leader.id, undefined)).toMatchObject({ to: leader.id, unchanged: true });
  });

  it('whose caller goes away says what is known by then', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.TIMEOUT_NOW, ...others);
    const caller = new AbortController();
    const transfer = leader.node.transferLeader(others[0], undefined, { signal: caller.signal });
    caller.abort();
    await expect(transfer).rejects.toMatchObject({
      code: 'E_TRANSFER_TIMEOUT',
      facts: expect.arrayContaining([`node ${others[0]}: connected`]),
    });
  });

  it('that ends with a third leader says so', async () => {
    const { leader, others } = await three();
    const [target, third] = others;
    cluster.network.lose(MessageType.TIMEOUT_NOW, target);
    const transfer = leader.node.transferLeader(target, undefined).catch((thrown: unknown) => thrown);
    const takeOver = Message.fromPartial({
      msgType: MessageType.TIMEOUT_NOW,
      from: leader.id,
      to: third,
      term: leader.node.status().hardState!.term,
    });
    cluster.network.ends.get(third)?.events?.onMessages([takeOver]);
    expect(await transfer).toMatchObject({
      code: 'E_TRANSFER_TIMEOUT',
      changed: 'yes',
      message: expect.stringContaining(`node ${third} is leader now`),
    });
  });
});

describe('a leader that has a lease', () => {
  /** Ticks of a second by the settings, of 15 ms in fact: leases last for as long as the test. */
  const longLeases = { tickMs: 1000 };

  async function leased(): Promise<{ leader: Leader; others: number[] }> {
    cluster = await MemoryCluster.bootstrapped([1, 2, 3], longLeases);
    const leader = await cluster.leader();
    await put(leader, 'a');
    await get(leader, 'a', Consistency.LINEARIZABLE);
    return { leader, others: [1, 2, 3].filter((id) => id !== leader.id) };
  }

  it('answers by it without asking anybody', async () => {
    const { leader, others } = await leased();
    for (const id of others) cluster.network.silence(id, leader.id);
    expect(await get(leader, 'a', Consistency.LEASE)).toBe('1');
  });

  it.each(['a peer', 'an operator'])('has none any more once %s had somebody asked to take over', async (who) => {
    const { leader, others } = await leased();
    const [target = 0] = others;
    cluster.network.lose(MessageType.TIMEOUT_NOW, ...others);
    const { term } = leader.node.status().hardState!;
    let transfer: Promise<unknown> | undefined;
    if (who === 'a peer') {
      const wish = Message.fromPartial({ msgType: MessageType.TRANSFER_LEADER, from: target, to: leader.id, term });
      cluster.network.ends.get(leader.id)?.events?.onMessages([wish]);
    } else {
      transfer = leader.node.transferLeader(target, undefined).catch((thrown: unknown) => thrown);
    }
    await cluster.until(() => leader.node.status().transferee === target || undefined);
    await cluster.turns(leader.id, 2);
    for (const id of others) cluster.network.silence(id, leader.id);
    const caller = new AbortController();
    let answer: unknown;
    const read = get(leader, 'a', Consistency.LEASE, { signal: caller.signal }).then(
      (value) => {
        answer = value;
      },
      (thrown: unknown) => {
        answer = thrown;
      },
    );
    await cluster.turns(leader.id, 4);
    expect(answer).toBeUndefined();
    caller.abort();
    await read;
    expect(answer).toMatchObject({ code: 'E_NO_LEADER' });
    cluster.network.heal();
    await transfer;
  });
});
