import { afterEach, describe, expect, it } from 'vitest';
import { EventType } from '../../src/gen/raftctl/v1/history.js';
import { SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import { SnapshotTemporarilyUnavailableError } from '../../src/raft/errors.js';
import { get, put } from './calls.js';
import { MemoryCluster, type TestNode } from './memory-cluster.js';

const { AMPLE, LOW, FULL } = SpaceLevel;
const reserves = { spaceReserveBytes: 8000, appendReserveBytes: 800 };
const [ample, low, full] = [1_000_000_000, 5000, 500];

let cluster: MemoryCluster;
afterEach(() => cluster.close());

const levelOf = ({ node }: TestNode) => node.status().space?.level;

/** Resolves when the node has seen that its disk has so much room. */
async function setFree(id: number, bytes: number, level: SpaceLevel): Promise<void> {
  cluster.freeBytes.set(id, bytes);
  await cluster.until(() => levelOf(cluster.at(id)) === level || undefined);
}

describe('a node alone', () => {
  it('takes no writes below its reserve, reads on, and goes on by itself once there is room', async () => {
    cluster = await MemoryCluster.bootstrapped([1], reserves);
    const alone = await cluster.leader();
    await put(alone, 'a', '"before"');
    await setFree(1, low, LOW);
    await expect(put(alone, 'a', '"refused"')).rejects.toMatchObject({
      code: 'E_NO_SPACE',
      changed: 'no',
      retryable: true,
      message: expect.stringContaining('less than its reserve of 8000'),
      hint: expect.stringContaining('make room'),
    });
    expect(await get(alone, 'a', Consistency.LINEARIZABLE)).toBe('"before"');
    expect(alone.node.status().space).toMatchObject({ level: LOW, reserveBytes: 8000, appendReserveBytes: 800 });
    // What is queued for the disk counts as gone.
    expect(alone.node.status().space?.freeBytes).toBeLessThanOrEqual(low);
    expect(alone.node.status().space?.sinceMs).toBeGreaterThan(0);
    await setFree(1, ample, AMPLE);
    await put(alone, 'a', '"after"');
    expect(await get(alone, 'a', Consistency.LINEARIZABLE)).toBe('"after"');
  });

  it('takes no snapshot that would fill what is kept for the log', async () => {
    cluster = await MemoryCluster.bootstrapped([1], reserves);
    const { node } = await cluster.leader();
    await setFree(1, full, FULL);
    await expect(node.triggerSnapshot(0)).rejects.toMatchObject({ code: 'E_NO_SPACE', retryable: true });
    await setFree(1, ample, AMPLE);
    expect((await node.triggerSnapshot(0)).snapshot.index).toBeGreaterThan(0);
  });

  it('takes no snapshot where there is no room for one, be it a peer that lags behind who needs it', async () => {
    cluster = await MemoryCluster.bootstrapped([1], reserves);
    const { node, store } = await cluster.leader();
    await setFree(1, full, FULL);
    await expect(node.triggerSnapshot(0)).rejects.toMatchObject({ code: 'E_NO_SPACE' });
    // What the core asks for when a peer needs what the log has no more.
    const needed = () => store.snapshot(1, 1);
    expect(needed).toThrow(SnapshotTemporarilyUnavailableError);
    await expect(store.snapshots.create()).rejects.toMatchObject({ code: 'E_NO_SPACE' });
    expect(store.snapshots.list()).toEqual([]);
    await setFree(1, ample, AMPLE);
    expect(needed).toThrow(SnapshotTemporarilyUnavailableError);
    await cluster.until(() => store.snapshots.list()[0] || undefined);
  });

  it('knows at its start that there is no room', async () => {
    cluster = await MemoryCluster.bootstrapped([1], reserves);
    await cluster.crash(1);
    cluster.freeBytes.set(1, full);
    await cluster.start(1);
    expect(levelOf(cluster.at(1))).toBe(FULL);
    await expect(put(await cluster.leader(), 'a')).rejects.toMatchObject({ code: 'E_NO_SPACE' });
  });
});

async function three() {
  cluster = await MemoryCluster.bootstrapped([1, 2, 3], reserves);
  const leader = await cluster.leader();
  const others = [1, 2, 3].filter((id) => id !== leader.id);
  await put(leader, 'a', '"first"');
  return { leader, others: others as [number, number] };
}

/** Index up to which the log of a node goes. */
const lastOf = (id: number) => cluster.at(id).node.status().log?.last ?? 0;

/** Words of the alarms that the cluster remembers of a node. */
async function alarmsOf(id: number): Promise<string[]> {
  const { node } = await cluster.leader();
  return node
    .listEvents({ since: 0, types: [EventType.ALARM], limit: 0 })
    .events.flatMap((event) => (event.node === id ? event.cause : []));
}

describe('a cluster', () => {
  it('goes on under another leader when the disk of its leader fills up, and remembers it', async () => {
    const { leader } = await three();
    await setFree(leader.id, low, LOW);
    const next = await cluster.until(() => {
      const { leader: now } = cluster.at(leader.id).node.status();
      return now !== 0 && now !== leader.id ? now : undefined;
    });
    await cluster.onLeader((now) => put(now, 'a', '"second"'));
    expect(levelOf(cluster.at(next))).toBe(AMPLE);
    // It is behind its reserve, not full: it follows.
    await cluster.until(() => lastOf(leader.id) >= lastOf(next) || undefined);
    await setFree(leader.id, ample, AMPLE);
    await untilAlarms(leader.id, 'space-ample');
    expect((await alarmsOf(leader.id)).at(0)).toBe('space-low');
  });

  it('has a follower acknowledge nothing while its disk is full, and catch up once there is room', async () => {
    const { leader, others } = await three();
    const [filled, roomy] = others;
    await cluster.until(() => lastOf(filled) >= lastOf(leader.id) || undefined);
    await setFree(filled, full, FULL);
    const before = lastOf(filled);
    for (const value of ['"x"', '"y"', '"z"']) await put(leader, 'a', value);
    await untilAlarms(filled, 'space-full');
    expect(lastOf(filled)).toBe(before);
    expect(leader.node.status().progress.find(({ id }) => id === filled)?.match).toBe(before);
    // It votes: with one of the others gone, the rest elect.
    await cluster.crash(leader.id);
    const { id: next } = await cluster.leader();
    expect(next).toBe(roomy);
    await setFree(filled, ample, AMPLE);
    await cluster.onLeader((now) => put(now, 'a', '"after"'));
    expect(await cluster.onLeader((now) => get(now, 'a', Consistency.LINEARIZABLE))).toBe('"after"');
    await cluster.until(() => lastOf(filled) >= lastOf(roomy) || undefined);
  });

  it('refuses writes that no majority has room for, instead of letting them wait', async () => {
    const { leader, others } = await three();
    for (const id of others) await setFree(id, full, FULL);
    await expect(put(leader, 'a', '"lost"')).rejects.toMatchObject({
      code: 'E_NO_SPACE',
      message: expect.stringContaining('no majority has room'),
    });
    expect(await get(leader, 'a', Consistency.LINEARIZABLE)).toBe('"first"');
    await setFree(others[0], ample, AMPLE);
    await cluster.onLeader((now) => put(now, 'a', '"second"'));
  });

  it('keeps its leader when all disks are full: it reads', async () => {
    const { leader, others } = await three();
    for (const id of [...others, leader.id]) await setFree(id, full, FULL);
    await expect(put(leader, 'a')).rejects.toMatchObject({ code: 'E_NO_SPACE' });
    expect(await get(leader, 'a', Consistency.LINEARIZABLE)).toBe('"first"');
    for (const id of [...others, leader.id]) await setFree(id, ample, AMPLE);
    await cluster.onLeader((now) => put(now, 'a', '"second"'));
    expect(await cluster.onLeader((now) => get(now, 'a', Consistency.LINEARIZABLE))).toBe('"second"');
  });

  it('takes no snapshot in where there is no room for it', async () => {
    const { leader, others } = await three();
    const [filled] = others;
    await setFree(filled, full, FULL);
    for (const value of ['"x"', '"y"']) await put(leader, 'a', value);
    await leader.node.triggerSnapshot(0);
    await put(leader, 'a', '"z"');
    await cluster.until(
      () => leader.node.listEvents({ since: 0, types: [EventType.SNAPSHOT], limit: 0 }).events[0] || undefined,
    );
    expect(cluster.at(filled).node.status().snapshots).toEqual([]);
    await setFree(filled, ample, AMPLE);
    await cluster.until(() => cluster.at(filled).node.status().snapshots[0] || undefined);
    await cluster.until(() => lastOf(filled) >= lastOf(leader.id) || undefined);
  });
});

/** Resolves when the cluster remembers this of a node's disk. */
async function untilAlarms(id: number, cause: string): Promise<void> {
  while (!(await alarmsOf(id)).includes(cause)) await cluster.turns(id, 1);
}
