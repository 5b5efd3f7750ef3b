import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, SnapshotList } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

describe('snapshots', () => {
  let cluster: TestCluster;
  let load: Load;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
    load = Load.start([1, 2, 3].map((id) => cluster.address(id)));
    await load.acknowledges(500);
    await load.stop();
  });
  afterAll(() => cluster.close());

  const log = async (via: readonly number[]) => (await cluster.succeed<ClusterStatus>(['status'], via)).log;
  const join = ['member', 'change', '--learners', '4'];

  test('trigger --all takes one on every node, and the log is shorter afterwards', async () => {
    const before = await log([1, 2, 3]);
    expect(before.last - before.first).toBeGreaterThan(500);
    const { snapshots } = await cluster.succeed<SnapshotList>(['snapshot', 'trigger', '--all', '--keep-entries', '10']);
    expect(snapshots.map(({ node }) => node)).toEqual([1, 2, 3]);
    for (const { index, bytes } of snapshots) {
      expect(index).toBeGreaterThan(500);
      expect(bytes).toBeGreaterThan(0);
    }
    const after = await log([1, 2, 3]);
    expect(after.last - after.first).toBeLessThanOrEqual(20);
    expect(after.last).toBeGreaterThanOrEqual(before.last);
    const listed = await cluster.succeed<SnapshotList>(['snapshot', 'list']);
    for (const snapshot of snapshots)
      expect(listed.snapshots).toContainEqual(expect.objectContaining({ node: snapshot.node, index: snapshot.index }));
  });

  test('a new node, for which the log is too short, catches up by snapshot', async () => {
    await cluster.succeed([...join, '--peer', `4=${cluster.address(4)}`]);
    await cluster.succeed(['wait', 'node=4:caught-up', '--timeout', '30s'], [1, 2, 3]);
    expect(missingWrites(load.acknowledged.values(), await localPairs(cluster.address(4)))).toEqual([]);
    const { snapshots } = await cluster.succeed<SnapshotList>(['snapshot', 'list', '4']);
    expect(snapshots.some(({ node }) => node === 4)).toBe(true);
  });

  test('a learner that lost its disk comes back under a new start, by snapshot', async () => {
    await cluster.succeed(['member', 'change', '--learners', 'none']);
    await cluster.kill(4);
    cluster.wipe(4);
    await cluster.succeed(['snapshot', 'trigger', '--all', '--keep-entries', '0'], [1, 2, 3]);
    await cluster.startNode(4);
    expect((await localPairs(cluster.address(4)).catch(() => new Map())).size).toBe(0);
    await cluster.succeed([...join, '--peer', `4=${cluster.address(4)}`]);
    await cluster.succeed(['wait', 'node=4:caught-up', '--timeout', '30s'], [1, 2, 3]);
    expect(missingWrites(load.acknowledged.values(), await localPairs(cluster.address(4)))).toEqual([]);
  });

  test('a node that was restarted after a snapshot has everything', async () => {
    await cluster.kill(2);
    await cluster.startNode(2);
    await cluster.succeed(['wait', 'node=2:caught-up', '--timeout', '30s'], [1, 3]);
    expect(missingWrites(load.acknowledged.values(), await localPairs(cluster.address(2)))).toEqual([]);
  });
});
