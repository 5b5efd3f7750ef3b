import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, KvValue, MemberList } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

describe('member change --voters 1,3 --learners 4,5', () => {
  let cluster: TestCluster;
  let load: Load;
  const peers = (...ids: number[]) => ids.flatMap((id) => ['--peer', `${id}=${cluster.address(id)}`]);
  const wanted = ['member', 'change', '--voters', '1,3', '--learners', '4,5'];

  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4, 5], voters: [1, 2, 3] });
    load = Load.start([1, 2, 3].map((id) => cluster.address(id)));
    await load.acknowledges(200);
  });
  afterAll(() => cluster.close());

  test('shows its plan and changes nothing on a dry run', async () => {
    const before = await cluster.succeed<MemberList>(['member', 'list']);
    const dry = await cluster.run([...wanted, ...peers(4, 5), '--dry-run']);
    expect(dry.exitCode).toBe(0);
    expect(await cluster.succeed<MemberList>(['member', 'list'])).toEqual(before);
    const text = await cluster.runText([...wanted, ...peers(4, 5), '--dry-run']);
    expect(text.stdout).toContain('nothing was changed');
  });

  test('ends with exactly that configuration, while writes go on', async () => {
    const changed = await cluster.run([...wanted, ...peers(4, 5)]);
    expect(changed.exitCode).toBe(0);
    await load.acknowledges(50);
    await load.stop();
    const { config } = await cluster.succeed<ClusterStatus>(['status'], [1, 3]);
    expect(config).toMatchObject({
      joint: false,
      voters: [1, 3],
      votersOutgoing: [],
      learners: [4, 5],
      learnersNext: [],
    });
    const { members } = await cluster.succeed<MemberList>(['member', 'list'], [1, 3]);
    expect(members.map(({ id, set, address }) => [id, set, address])).toEqual([
      [1, 'voter', cluster.address(1)],
      [3, 'voter', cluster.address(3)],
      [4, 'learner', cluster.address(4)],
      [5, 'learner', cluster.address(5)],
    ]);
  });

  test('brings every acknowledged write to the new learners', async () => {
    for (const id of [4, 5]) {
      await cluster.succeed(['wait', `node=${id}:caught-up`, '--timeout', '30s'], [1, 3]);
      const pairs = await cluster.until(
        `all writes on node ${id}`,
        () => localPairs(cluster.address(id)),
        (found) => missingWrites(load.acknowledged.values(), found).length === 0,
      );
      expect(pairs.size).toBe(load.acknowledged.size);
      const [sample] = load.acknowledged.values();
      const read = ['kv', 'get', sample?.key ?? '', '--node', String(id), '--consistency', 'local'];
      expect(await cluster.succeed<KvValue>(read)).toMatchObject({ found: true, version: sample?.version });
    }
  });

  test('is done when it is asked for again', async () => {
    const before = await cluster.succeed<MemberList>(['member', 'list'], [1, 3]);
    const again = await cluster.run(wanted, [1, 3]);
    expect(again.exitCode).toBe(0);
    expect(await cluster.succeed<MemberList>(['member', 'list'], [1, 3])).toEqual(before);
  });

  test('lets the node that left stop, and the others go on', async () => {
    expect(await cluster.node(2).stop()).toMatchObject({ exitCode: 0 });
    expect((await cluster.run(['kv', 'put', 'after', '1'], [1, 3])).exitCode).toBe(0);
  });
});
