import { afterEach, describe, expect, it } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
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

describe('a node whose elections are paused', () => {
  it('leaves it to others to take over from a leader that is gone, and votes for them', async () => {
    const { leader, others } = await three();
    const [paused, heir] = others;
    expect(await cluster.at(paused).node.setElections(true)).toEqual({ unchanged: false, leader: leader.id });
    expect(await cluster.at(paused).node.setElections(true)).toMatchObject({ unchanged: true });
    await cluster.crash(leader.id);
    expect((await cluster.leader()).id).toBe(heir);
    await put(cluster.at(heir), 'a');
    expect(cluster.at(paused).node.status()).toMatchObject({ electionsPaused: true, drained: false, leader: heir });
  });

  it('stays so over a restart, until they are resumed', async () => {
    const { leader, others } = await three();
    const [paused] = others;
    await cluster.at(paused).node.setElections(true);
    await cluster.crash(paused);
    await cluster.start(paused);
    expect(cluster.at(paused).node.status().electionsPaused).toBe(true);
    await cluster.leader();
    await cluster.until(
      () => leader.node.status().links.find(({ id }) => id === paused)?.declinesLeadership || undefined,
    );
    await expect(leader.node.transferLeader(paused, undefined)).rejects.toMatchObject({ code: 'E_TARGET_DECLINES' });
    expect(await cluster.at(paused).node.setElections(false)).toMatchObject({ unchanged: false });
    await cluster.until(() => cluster.at(paused).node.status().leader || undefined);
    expect(await leader.node.transferLeader(paused, undefined)).toMatchObject({ to: paused });
  });

  it('has handed over before, if it led', async () => {
    const { leader } = await three();
    const { leader: now } = await leader.node.setElections(true);
    expect(now).not.toBe(leader.id);
    expect((await cluster.leader()).id).toBe(now);
    expect(leader.node.status()).toMatchObject({ electionsPaused: true, leader: now });
  });

  it('is another thing than one that is drained: each is lifted for itself', async () => {
    const { others } = await three();
    const { node } = cluster.at(others[0]);
    await node.drain();
    await node.setElections(true);
    expect(await node.undrain()).toEqual({ unchanged: false });
    expect(node.status()).toMatchObject({ drained: false, electionsPaused: true });
    await node.drain();
    await node.setElections(false);
    expect(node.status()).toMatchObject({ drained: true, electionsPaused: false });
    expect(await node.undrain()).toEqual({ unchanged: false });
    expect(await node.undrain()).toEqual({ unchanged: true });
  });
});

describe('a drain', () => {
  it('hands the leadership over, and can be repeated', async () => {
    const { leader } = await three();
    await put(leader, 'a');
    const drained = await leader.node.drain();
    expect(drained).toMatchObject({ unchanged: false });
    expect(drained.leader).not.toBe(leader.id);
    expect(leader.node.status()).toMatchObject({ drained: true, leader: drained.leader, callsWaiting: 0 });
    expect(await leader.node.drain()).toMatchObject({ unchanged: true, leader: drained.leader });
    // Drained is not dead: it replicates and answers.
    await put(cluster.at(drained.leader), 'b');
    expect(await get(leader, 'b', Consistency.LINEARIZABLE)).toBe('1');
  });

  it('tries the next voter where the first one does not take over', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.TIMEOUT_NOW, others[0]);
    expect(await leader.node.drain()).toMatchObject({ leader: others[1] });
  });

  it('is taken back where nobody takes over, and says whom it asked', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.TIMEOUT_NOW, ...others);
    await expect(leader.node.drain()).rejects.toMatchObject({
      code: 'E_REFUSED',
      exitCode: 9,
      changed: 'no',
      message: `there is no other voter that node ${leader.id} could hand over to: it leads on`,
      facts: others.map((id) => expect.stringContaining(`leadership transfer to node ${id} ended`)),
    });
    expect(leader.node.status()).toMatchObject({ drained: false, leader: leader.id });
    await put(leader, 'it leads on');
    await cluster.crash(leader.id);
    await cluster.start(leader.id);
    expect(cluster.at(leader.id).node.status().drained).toBe(false);
  });

  it('is refused to the only voter, and so is a pause: writes would stop', async () => {
    cluster = await MemoryCluster.bootstrapped([1]);
    const { node } = await cluster.leader();
    const refusal = {
      code: 'E_REFUSED',
      message: 'node 1 is the only voter: nobody else could lead, and writes would stop',
    };
    await expect(node.drain()).rejects.toMatchObject(refusal);
    await expect(node.setElections(true)).rejects.toMatchObject(refusal);
    await expect(node.stepDown(1000)).rejects.toMatchObject({ code: 'E_REFUSED' });
    expect(node.status()).toMatchObject({ drained: false, electionsPaused: false, cooldownMs: 0, leader: 1 });
  });

  it('is refused to the last one that wants to lead', async () => {
    const { leader, others } = await three();
    for (const id of others) await cluster.at(id).node.drain();
    await expect(leader.node.drain()).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: `no other voter wants to lead: with node ${leader.id} nobody would, and writes would stop`,
      hint: `raftctl node undrain ${others[0]}`,
    });
    expect(leader.node.status()).toMatchObject({ drained: false, leader: leader.id });
  });

  it('waits for the calls that run, not for those that come later', async () => {
    const { leader, others } = await three();
    const [drained] = others;
    const running = cluster.at(drained);
    await put(leader, 'a');
    cluster.network.silence(leader.id, drained);
    const read = get(running, 'a', Consistency.LINEARIZABLE);
    expect(running.node.status().callsWaiting).toBe(1);
    let isOver = false;
    const drain = running.node.drain().finally(() => {
      isOver = true;
    });
    await cluster.until(() => running.node.status().drained || undefined);
    await cluster.turns(drained, 4);
    expect(isOver).toBe(false);
    cluster.network.heal();
    expect(await read).toBe('1');
    expect(await drain).toMatchObject({ unchanged: false });
    expect(running.node.status().callsWaiting).toBe(0);
  });

  it('goes on where its caller does not wait for the calls, and says so', async () => {
    const { leader, others } = await three();
    const running = cluster.at(others[0]);
    cluster.network.silence(leader.id, others[0]);
    const read = get(running, 'a', Consistency.LINEARIZABLE).catch(() => undefined);
    const caller = new AbortController();
    const drain = running.node.drain({ signal: caller.signal });
    await cluster.until(() => running.node.status().drained || undefined);
    caller.abort();
    await expect(drain).rejects.toMatchObject({
      code: 'E_PENDING',
      exitCode: 8,
      changed: 'yes',
      message: `node ${others[0]} is drained, but 1 calls still run on it`,
    });
    expect(running.node.status().drained).toBe(true);
    cluster.network.heal();
    await read;
  });

  it('that is lifted while it waits has not come about', async () => {
    const { leader, others } = await three();
    const running = cluster.at(others[0]);
    cluster.network.silence(leader.id, others[0]);
    const read = get(running, 'a', Consistency.LINEARIZABLE);
    const drain = running.node.drain();
    const outcome = expect(drain).rejects.toMatchObject({ code: 'E_CONFLICT' });
    await cluster.until(() => running.node.status().drained || undefined);
    await running.node.undrain();
    cluster.network.heal();
    await read;
    await outcome;
  });
});

describe('a leader that steps down', () => {
  it('does not campaign until its cooldown is over, which the status shows', async () => {
    const { leader } = await three();
    const { to } = await leader.node.stepDown(3600_000);
    expect(to).not.toBe(leader.id);
    const { cooldownMs = 0 } = leader.node.status();
    expect(cooldownMs).toBeGreaterThan(3000_000);
    expect(cooldownMs).toBeLessThanOrEqual(3600_000);
    await cluster.until(() => (leader.node.status().cooldownMs ?? 0) < cooldownMs || undefined);
    await cluster.leader();
    await expect(cluster.at(to).node.transferLeader(leader.id, undefined)).rejects.toMatchObject({
      code: 'E_TARGET_DECLINES',
    });
    await cluster.crash(to);
    const next = await cluster.leader();
    expect([leader.id, to]).not.toContain(next.id);
  });

  it('campaigns like others afterwards', async () => {
    const { leader } = await three();
    const { to } = await leader.node.stepDown(150);
    await cluster.until(() => leader.node.status().cooldownMs === 0 || undefined);
    await cluster.leader();
    expect(await cluster.at(to).node.transferLeader(leader.id, undefined)).toMatchObject({ to: leader.id });
  });

  it('may campaign at once where it leads on because nobody took over', async () => {
    const { leader, others } = await three();
    cluster.network.lose(MessageType.TIMEOUT_NOW, ...others);
    await expect(leader.node.stepDown(3600_000)).rejects.toMatchObject({ code: 'E_REFUSED' });
    expect(leader.node.status()).toMatchObject({ cooldownMs: 0, leader: leader.id });
  });

  it('forgets its cooldown in a restart', async () => {
    const { leader } = await three();
    await leader.node.stepDown(3600_000);
    await cluster.crash(leader.id);
    await cluster.start(leader.id);
    expect(cluster.at(leader.id).node.status().cooldownMs).toBe(0);
  });
});
