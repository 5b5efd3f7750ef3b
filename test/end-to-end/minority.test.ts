import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, KvValue } from './documents.js';

describe('a minority that is left alone', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3] });
    await cluster.succeed(['kv', 'put', 'before', '"kept"']);
    await cluster.succeed(['leader', 'transfer', '1']);
    await cluster.kill(2, 3);
    await cluster.until(
      'without a leader',
      () => cluster.run<ClusterStatus>(['status']),
      ({ json }) => json.data !== null && json.data.leader === null,
    );
  });
  afterAll(() => cluster.close());

  // All at once: each takes as long as it waits for a leader.
  test.concurrent.each([
    ['a write', ['kv', 'put', 'key', '1']],
    ['a proposal', ['propose', 'data']],
    ['a linearizable read', ['kv', 'get', 'before']],
    ['a change of the members', ['member', 'change', '--voters', '1']],
    ['a transfer of the leadership', ['leader', 'transfer', '2']],
    ['a look at the progress', ['progress']],
  ])('refuses %s with exit 6, says who is missing, and does not hang', async (_, args) => {
    const refused = await cluster.run([...args, '--timeout', '5s']);
    expect(refused.exitCode).toBe(6);
    const [error] = refused.json.errors;
    expect(['E_NO_QUORUM', 'E_NO_LEADER']).toContain(error?.code);
    expect(error?.changed).toBe('no');
    const told = [error?.message, ...(error?.facts ?? [])].join('\n');
    for (const id of [2, 3]) expect(told).toContain(cluster.address(id));
    expect((await cluster.runText([...args, '--timeout', '5s'])).exitCode).toBe(6);
  });

  test('still answers a local read', async () => {
    const read = await cluster.succeed<KvValue>(['kv', 'get', 'before', '--node', '1', '--consistency', 'local']);
    expect(read).toMatchObject({ value: 'kept', found: true });
  });

  test('has a row for every member in status, the missing ones as such', async () => {
    const { json } = await cluster.run<ClusterStatus>(['status']);
    expect(json.data?.nodes.map(({ id, reachable }) => [id, reachable])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    const text = await cluster.runText(['status']);
    for (const id of [2, 3]) expect(text.stdout).toContain(cluster.address(id));
  });

  test('works again when one of the others is back', async () => {
    await cluster.startNode(2);
    await cluster.succeed(['wait', 'leader', '--timeout', '30s']);
    await cluster.succeed(['kv', 'put', 'after', '1']);
    expect(await cluster.succeed<KvValue>(['kv', 'get', 'before'])).toMatchObject({ value: 'kept' });
  });
});
