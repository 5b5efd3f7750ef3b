import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { KvValue } from './documents.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ ids: [1], voters: [1] });
});
afterAll(() => cluster.close());

test.each(['SIGTERM', 'SIGINT'] as const)(
  'a node stops on %s with exit 0, and starts again with what it had',
  async (signal) => {
    await cluster.succeed(['kv', 'put', signal, '"kept"']);
    expect(await cluster.node(1).stop(signal)).toEqual({ exitCode: 0, signal: null });
    await cluster.startNode(1);
    await cluster.succeed(['wait', 'leader', '--timeout', '30s']);
    expect(await cluster.succeed<KvValue>(['kv', 'get', signal])).toMatchObject({ value: 'kept', version: 1 });
  },
);

test('a node prints one line on stdout, once it serves', () => {
  expect(cluster.node(1).stdout).toBe(`node 1 listening on ${cluster.address(1)}\n`);
});
