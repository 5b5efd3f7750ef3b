import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

/** One cluster lives through all of it, with writers that never rest: what they were promised must be there in the end, once each. */
describe('changes of the members under load', () => {
  let cluster: TestCluster;
  let load: Load;
  const everyone = [1, 2, 3, 4, 5, 6, 7];
  const peers = (...ids: number[]) => ids.flatMap((id) => ['--peer', `${id}=${cluster.address(id)}`]);

  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: everyone, voters: [1, 2, 3] });
    load = Load.start(
      everyone.map((id) => cluster.address(id)),
      2,
    );
    await load.acknowledges(50);
  });
  afterAll(() => cluster.close());

  async function change(sets: readonly string[], via: readonly number[] = everyone): Promise<void> {
    const { exitCode, stderr } = await cluster.run(['member', 'change', ...sets], via);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    await load.acknowledges(20);
  }

  async function expectSets(voters: readonly number[], learners: readonly number[], via: readonly number[]) {
    const { config } = await cluster.succeed<ClusterStatus>(['status'], via);
    expect(config).toMatchObject({ joint: false, voters, learners });
  }

  test('two voters stay, and two learners come', async () => {
    await change(['--voters', '1,3', '--learners', '4,5', ...peers(4, 5)]);
    await expectSets([1, 3], [4, 5], [1, 3]);
  });

  test('the learners become voters, and the leader is among those that leave', async () => {
    await cluster.succeed(['leader', 'transfer', '1'], [1, 3]);
    await change(['--voters', '3,4,5', '--learners', 'none'], [1, 3, 4, 5]);
    await expectSets([3, 4, 5], [], [3, 4, 5]);
    const { leader } = await cluster.succeed<ClusterStatus>(['status'], [3, 4, 5]);
    expect([3, 4, 5]).toContain(leader?.id);
  });

  test('three voters become five, seven, and three again', async () => {
    await change(['--voters', '3,4,5,6,7', ...peers(6, 7)], [3, 4, 5]);
    await expectSets([3, 4, 5, 6, 7], [], [3, 4, 5, 6, 7]);
    await change(['--voters', '1,2,3,4,5,6,7', ...peers(1, 2)], [3, 4, 5]);
    await expectSets(everyone, [], everyone);
    await change(['--voters', '5,6,7'], everyone);
    await expectSets([5, 6, 7], [], [5, 6, 7]);
  });

  test('two dead of five are replaced in one change', async () => {
    await change(['--voters', '1,2,5,6,7', ...peers(1, 2)], [5, 6, 7]);
    await cluster.kill(1, 2);
    await load.acknowledges(20);
    await change(['--voters', '3,4,5,6,7', ...peers(3, 4)], [5, 6, 7]);
    await expectSets([3, 4, 5, 6, 7], [], [3, 4, 5, 6, 7]);
  });

  test('nothing that was acknowledged is missing', async () => {
    await load.stop();
    const { leader } = await cluster.succeed<ClusterStatus>(['status'], [5, 6, 7]);
    await cluster.succeed(['wait', 'healthy', '--timeout', '30s'], [5, 6, 7]);
    const pairs = await localPairs(cluster.address(leader?.id ?? 5));
    expect(load.acknowledged.size).toBeGreaterThan(100);
    expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
  });
});
