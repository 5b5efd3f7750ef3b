import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import { raftctl } from './raftctl.js';

interface Verified {
  readonly index: number;
  readonly nodes: readonly { readonly id: number; readonly ok: boolean | null }[];
}

/** A cluster that is saved, looked into, spoiled, and taken back. */
describe('a backup, and the way back', () => {
  let cluster: TestCluster;
  let file: string;
  const ids = [1, 2, 3];
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids, voters: ids });
    file = join(cluster.folder, 'good.snap');
    for (const key of ['a', 'b', 'c']) await cluster.succeed(['kv', 'put', key, '"good"']);
  });
  afterAll(() => cluster.close());

  /** A command on files, which asks no node. */
  const offline = <Data>(...args: readonly string[]) => raftctl<Data>([...args, '--json'], cluster.folder);

  test('all nodes have the same state, and one that is away is not compared', async () => {
    const { nodes } = await cluster.succeed<Verified>(['cluster', 'verify']);
    expect(nodes.map(({ id, ok }) => [id, ok])).toEqual(ids.map((id) => [id, true]));
    await cluster.kill(3);
    const partial = await cluster.run<Verified>(['cluster', 'verify', '--wait-timeout', '1s']);
    expect([partial.exitCode, partial.json.errors[0]?.code]).toEqual([12, 'E_PARTIAL']);
    await cluster.startNode(3);
    await cluster.succeed(['wait', 'node=3:caught-up', '--timeout', '30s']);
  });

  test('a data directory is looked into while its node runs, and not compacted then', async () => {
    const directory = ['--data-dir', cluster.dataDir(1)];
    const info = await offline<{ nodeId: number; runningAs: number | null }>('offline', 'info', ...directory);
    expect(info.data).toMatchObject({
      nodeId: 1,
      runningAs: expect.any(Number),
      members: [{ id: 1 }, { id: 2 }, { id: 3 }],
    });
    const check = await offline<{ damagedCount: number }>('offline', 'fsck', ...directory);
    expect([check.exitCode, check.data.damagedCount]).toEqual([0, 0]);
    expect((await offline('offline', 'compact', ...directory, '--confirm', 'x')).exitCode).toBe(10);
    expect((await cluster.run(['kv', 'put', 'still', '"writable"'])).exitCode).toBe(0);
  });

  test('the cluster is taken back to a snapshot, and a node of before is fenced off', async () => {
    await cluster.succeed(['snapshot', 'save', file]);
    await cluster.succeed(['kv', 'put', 'a', '"spoiled"']);
    await cluster.succeed(['kv', 'delete', 'b']);
    const later = join(cluster.folder, 'later.snap');
    await cluster.succeed(['snapshot', 'save', later]);
    const diff = await offline<{ differences: unknown[] }>('snapshot', 'diff', file, later, '--detailed-exitcode');
    expect(diff.exitCode).toBe(13);
    expect(diff.json.data?.differences).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'b', change: 'removed' })]),
    );

    await cluster.kill(...ids);
    const { clusterId } = (await offline<{ clusterId: string }>('snapshot', 'restore', 'plan', file, '--dry-run')).data;
    const plan = ['snapshot', 'restore', 'plan', file, '--out', 'restore.json'];
    expect((await offline(...plan)).exitCode).toBe(11);
    expect((await offline(...plan, '--confirm', clusterId)).exitCode).toBe(0);
    const apply = (id: number) =>
      offline<{ already: boolean; backup: string }>(
        ...['snapshot', 'restore', 'apply', 'restore.json', '--snapshot', file],
        ...['--data-dir', cluster.dataDir(id), '--confirm', clusterId],
      );
    for (const id of [1, 2]) expect((await apply(id)).data).toMatchObject({ already: false });
    expect((await apply(1)).data).toMatchObject({ already: true });

    await Promise.all(ids.map((id) => cluster.startNode(id)));
    await cluster.succeed(['wait', 'leader', '--timeout', '30s'], [1, 2]);
    expect(await cluster.succeed(['kv', 'get', 'a'], [1, 2])).toMatchObject({ value: 'good' });
    expect(await cluster.succeed(['kv', 'get', 'b'], [1, 2])).toMatchObject({ value: 'good' });
    const fenced = await cluster.until(
      'fenced off',
      () => offline<{ supersededBy: number | null }>('offline', 'info', '--data-dir', cluster.dataDir(3)),
      ({ data }) => data.supersededBy !== null,
    );
    expect(fenced.data.supersededBy).toBeGreaterThan(1);

    await cluster.kill(3);
    expect((await apply(3)).data).toMatchObject({ already: false });
    await cluster.startNode(3);
    await cluster.succeed(['wait', 'node=3:caught-up', '--timeout', '30s']);
    const { nodes } = await cluster.succeed<Verified>(['cluster', 'verify']);
    expect(nodes.map(({ ok }) => ok)).toEqual([true, true, true]);
  }, 120_000);
});
