import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { type KvPair, PlainClient } from './plain-client.js';

describe('a gRPC client that knows nothing but proto/', () => {
  let cluster: TestCluster;
  let leader: PlainClient;
  let follower: PlainClient;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3] });
    const status = await cluster.succeed<ClusterStatus>(['status']);
    leader = new PlainClient(cluster.address(status.leader?.id ?? 0));
    follower = new PlainClient(cluster.address(status.leader?.id === 1 ? 2 : 1));
  });
  afterAll(async () => {
    leader.close();
    follower.close();
    await cluster.close();
  });

  test('is told by the health service that the node serves', async () => {
    const health = await follower.call<{ status: string }>('grpc.health.v1.Health', 'Check', { service: '' });
    expect(health.status).toBe('SERVING');
  });

  test('writes and reads the hash table', async () => {
    const kv = 'raftctl.v1.KvService';
    const put = await leader.call<{ version: number; index: number }>(kv, 'Put', { key: 'a', value: '{"b": [1, 2]}' });
    expect(put.version).toBe(1);
    const got = await leader.call<{ pair: KvPair; index: number }>(kv, 'Get', { key: 'a' });
    expect(JSON.parse(got.pair.value)).toEqual({ b: [1, 2] });
    expect(got.index).toBeGreaterThanOrEqual(put.index);
  });

  test('reads linearizably from a follower what the leader has just acknowledged', async () => {
    const kv = 'raftctl.v1.KvService';
    for (let version = 1; version <= 20; version += 1) {
      await leader.call(kv, 'Put', { key: 'fresh', value: String(version) });
      const got = await follower.call<{ pair: KvPair }>(kv, 'Get', {
        key: 'fresh',
        consistency: 'CONSISTENCY_LINEARIZABLE',
      });
      expect(got.pair).toMatchObject({ value: String(version), version });
    }
  });

  test('proposes bytes', async () => {
    const request = { kind: 'COMMAND_KIND_RAW', payload: Buffer.from('hello') };
    const answer = await leader.call<{ index: number; term: number }>('raftctl.v1.ProposalService', 'Propose', request);
    expect(answer.index).toBeGreaterThan(0);
    expect(answer.term).toBeGreaterThan(0);
  });

  test('is refused by a follower, which does not forward, with an error that a machine can read', async () => {
    const refused = follower.call('raftctl.v1.KvService', 'Put', { key: 'a', value: '1' });
    const error = await refused.then(
      () => undefined,
      (thrown: { metadata: { get(key: string): unknown[] } }) => thrown,
    );
    expect(error?.metadata.get('raftctl-error-bin')).toHaveLength(1);
  });

  test('asks each node for its own view', async () => {
    type View = { status: { leader: number; confState: { voters: number[] } } };
    const views = await Promise.all(
      [leader, follower].map((client) => client.call<View>('raftctl.v1.ClusterService', 'GetStatus', {})),
    );
    const [first, second] = views.map(({ status }) => ({ leader: status.leader, voters: status.confState.voters }));
    expect(first?.voters).toEqual([1, 2, 3]);
    expect(second).toEqual(first);
  });
});
