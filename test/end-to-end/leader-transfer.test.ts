import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, Transfer } from './documents.js';

describe('leader transfer', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
  });
  afterAll(() => cluster.close());

  const leader = async () => {
    const status = await cluster.succeed<ClusterStatus>(['status']);
    return { id: status.leader?.id, term: status.leader?.term };
  };

  test('makes each voter the leader in turn', async () => {
    for (const target of [3, 1, 2, 3]) {
      const before = await leader();
      const transfer = await cluster.succeed<Transfer>(['leader', 'transfer', String(target)]);
      expect(transfer).toMatchObject({ from: before.id, to: target });
      expect(await leader()).toEqual({ id: target, term: transfer.term });
      expect((await cluster.run(['kv', 'put', 'key', String(target)])).exitCode).toBe(0);
    }
  });

  test('to the leader itself is done at once', async () => {
    const before = await leader();
    const transfer = await cluster.run<Transfer>(['leader', 'transfer', '3']);
    expect(transfer.exitCode).toBe(0);
    expect(await leader()).toEqual(before);
  });

  test('to a learner is refused, and nothing changes', async () => {
    await cluster.succeed(['member', 'change', '--learners', '4', '--peer', `4=${cluster.address(4)}`]);
    const before = await leader();
    const refused = await cluster.run<Transfer>(['leader', 'transfer', '4']);
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([9, 'E_TARGET_LEARNER']);
    expect(await leader()).toEqual(before);
  });

  test('step-down hands over to another voter', async () => {
    const stepped = await cluster.succeed<Transfer>(['leader', 'step-down']);
    expect(stepped.from).toBe(3);
    expect([1, 2]).toContain(stepped.to);
    expect((await leader()).id).toBe(stepped.to);
  });
});
