import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, Progress } from './documents.js';

describe('the joint phase of a change', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4, 5], voters: [1, 2, 3] });
  });
  afterAll(() => cluster.close());

  const peers = (...ids: number[]) => ids.flatMap((id) => ['--peer', `${id}=${cluster.address(id)}`]);
  const leadBy = (id: number, via: readonly number[]) => cluster.succeed(['leader', 'transfer', String(id)], via);

  test('stays with --explicit-leave until it is left by hand, and is there for all to see', async () => {
    const change = ['member', 'change', '--voters', '1,2,4', ...peers(4), '--explicit-leave'];
    await cluster.succeed(change);
    const joint = { joint: true, voters: [1, 2, 4], votersOutgoing: [1, 2, 3], autoLeave: false };
    expect((await cluster.succeed<ClusterStatus>(['status'])).config).toMatchObject(joint);
    const progress = await cluster.succeed<Progress>(['progress']);
    expect(progress.config).toMatchObject(joint);
    expect(progress.peers.map(({ id }) => id)).toEqual(expect.arrayContaining([2, 3, 4]));

    const second = await cluster.run(['member', 'change', '--voters', '1,2,3']);
    expect([9, 10]).toContain(second.exitCode);
    expect((await cluster.run(['kv', 'put', 'in-the-middle', '1'])).exitCode).toBe(0);

    await cluster.succeed(['member', 'change', 'leave']);
    const stable = { joint: false, voters: [1, 2, 4], votersOutgoing: [] };
    expect((await cluster.succeed<ClusterStatus>(['status'])).config).toMatchObject(stable);
    const nothingToLeave = await cluster.run(['member', 'change', 'leave']);
    expect([nothingToLeave.exitCode, nothingToLeave.json.errors[0]?.code]).toEqual([9, 'E_NOT_JOINT']);
  });

  test('lasts, in an automatic change, as long as one of its majorities is missing, and ends by itself', async () => {
    await leadBy(1, [1, 2, 4]);
    // Voters 1 and 2 are a majority of the old set, so the change begins; the new set {1, 4} needs the frozen node 4.
    cluster.node(4).freeze();
    const change = ['member', 'change', '--voters', '1,4', '--learners', '5', ...peers(5)];
    await cluster.until(
      'refused, because node 4 is missing',
      () => cluster.run([...change, '--dry-run'], [1, 2]),
      ({ exitCode }) => exitCode === 9,
    );
    const done = cluster.run([...change, '--accept-risk', 'incoming-quorum-live'], [1, 2]);
    // A leader that cannot reach a majority of each set steps down; status shows the configuration all the same.
    const { json } = await cluster.until(
      'joint',
      () => cluster.run<ClusterStatus>(['status'], [1, 2]),
      (status) => status.json.data?.config.joint === true,
    );
    expect(json.data?.config).toMatchObject({ voters: [1, 4], votersOutgoing: [1, 2, 4], autoLeave: true });

    cluster.node(4).thaw();
    // The leader that began the change may have gone, and a new one ends it: then the command does not know.
    expect([0, 7]).toContain((await done).exitCode);
    await cluster.succeed(['wait', 'config=stable', '--timeout', '30s'], [1, 4]);
    const after = await cluster.succeed<ClusterStatus>(['status'], [1, 4]);
    expect(after.config).toMatchObject({ joint: false, voters: [1, 4], learners: [5] });
  });

  test('is left by hand by way of the next leader, where the present one goes with it', async () => {
    const members = [1, 4, 5];
    await leadBy(1, members);
    await cluster.succeed(['member', 'change', '--voters', '4,5', '--explicit-leave'], members);
    await cluster.succeed(['member', 'change', 'leave'], members);
    await cluster.succeed(['wait', 'config=stable', '--timeout', '30s'], [4, 5]);
    const after = await cluster.succeed<ClusterStatus>(['status'], [4, 5]);
    expect(after.config).toMatchObject({ joint: false, voters: [4, 5], learners: [] });
    expect([4, 5]).toContain(after.leader?.id);
  });
});
