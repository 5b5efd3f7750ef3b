import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { Load } from './load.js';

describe('a rolling restart, as the help has it for scripts', () => {
  let cluster: TestCluster;
  let load: Load;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3], flags: ['--tick', '50ms'] });
    load = Load.start([1, 2, 3].map((id) => cluster.address(id)));
    await load.acknowledges(20);
  });
  afterAll(() => cluster.close());

  test('stops and starts every node, the leader last, while writes go on', async () => {
    const { members } = await cluster.succeed<{ members: { id: number; role: string }[] }>([
      ...['member', 'list', '--sort-by', 'leader-last'],
    ]);
    expect(members.map(({ role }) => role)).toEqual(['follower', 'follower', 'leader']);
    const order = members.map(({ id }) => id);
    for (const id of order) {
      expect((await cluster.runText(['node', 'ok-to-stop', String(id)])).exitCode).toBe(0);
      const drained = await cluster.succeed<{ leader: number }>(['node', 'drain', String(id)]);
      expect(drained.leader).not.toBe(id);
      expect(await cluster.node(id).stop()).toMatchObject({ exitCode: 0 });
      await cluster.startNode(id);
      await cluster.succeed(['wait', `node=${id}:caught-up`, 'healthy', '--timeout', '30s']);
      // It is drained still: that outlives the restart.
      const { nodes } = await cluster.succeed<{ nodes: { id: number; drained: boolean }[] }>(['status']);
      expect(nodes.find((node) => node.id === id)?.drained).toBe(true);
      await cluster.succeed(['node', 'undrain', String(id)]);
    }
    expect((await cluster.runText(['node', 'ready', '1'])).exitCode).toBe(0);
    await load.acknowledges(20);
    await load.stop();
  });

  test('a node that is alone in reach may not stop', async () => {
    await cluster.kill(2, 3);
    await cluster.until(
      'without a leader',
      () => cluster.run<ClusterStatus>(['status']),
      ({ json }) => json.data !== null && json.data.leader === null,
    );
    const asked = await cluster.runText(['node', 'ok-to-stop', '1', '-q']);
    expect([asked.exitCode, asked.stdout]).toEqual([5, '']);
    expect((await cluster.runText(['cluster', 'health', '--require-tolerance', '1', '-q'])).exitCode).toBe(6);
  });
});
