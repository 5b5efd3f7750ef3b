import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';

/** What these stories read of a change. */
interface Change {
  readonly id: string;
  readonly phase: string;
  readonly promotionRequested: boolean;
}

describe('a spare', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4, 5], voters: [1, 2, 3] });
    await cluster.succeed(['leader', 'transfer', '1']);
    await cluster.succeed(['kv', 'put', 'before', '1']);
  });
  afterAll(() => cluster.close());

  const via = [2, 3];
  const config = async () => (await cluster.succeed<ClusterStatus>(['status'], via)).config;

  test('is ready when the command ends, and a learner until it is promoted', async () => {
    const kept = await cluster.runText(
      ['member', 'add', cluster.address(5), '--keep-spare', '--max-rounds', '10'],
      via,
    );
    expect(kept.stderr).toMatch(/catching-up {6}waiting until 5, which stays a learner, has caught up/);
    expect(kept).toMatchObject({ exitCode: 0 });
    expect(await config()).toMatchObject({ voters: [1, 2, 3], learners: [5] });
    await cluster.succeed(['member', 'remove', '5'], via);
  });

  test('stands by until somebody promotes it, and meanwhile nothing is wrong', async () => {
    const add = ['member', 'add', cluster.address(4), '--voter', '--promote-when', 'manual'];
    const { id, phase } = await cluster.succeed<Change>(add, via);
    expect(phase).toBe('ready');
    await cluster.succeed(['cluster', 'health'], via);
    const status = await cluster.runText(['member', 'change', 'status'], via);
    expect(status).toMatchObject({ exitCode: 8 });
    expect(status.stdout).toContain('4 ready: waiting until somebody promotes 4: raftctl member promote 4');
    expect((await cluster.run(['member', 'remove', '4'], via)).exitCode).toBe(10);
    expect(await cluster.succeed<Change>(['member', 'promote', '4'], via)).toMatchObject({ id, phase: 'done' });
    expect(await config()).toMatchObject({ voters: [1, 2, 3, 4], learners: [] });
    await cluster.succeed(['member', 'demote', '4'], via);
  });

  test('takes the place of a voter that is killed: the next leader goes on with what the last one had begun', async () => {
    await cluster.succeed(['leader', 'transfer', '1'], via);
    const replace = ['member', 'replace', '1', '--with', cluster.address(5), '--promote-when', 'voter-down>5s'];
    const { id, phase } = await cluster.succeed<Change>(replace, via);
    expect(phase).toBe('ready');
    await cluster.kill(1);
    await cluster.succeed(['wait', `change=${id}`, '--timeout', '40s'], via);
    expect(await config()).toMatchObject({ voters: [2, 3, 5], learners: [4] });
    const change = await cluster.succeed<Change>(['member', 'change', 'status', id], via);
    expect(change).toMatchObject({ promotionRequested: true });
    const history = await cluster.runText(['cluster', 'history', '--type', 'change'], via);
    expect(history.stdout).toMatch(/voter 1 has been down for \d+s: the new voters are promoted/);
  });

  test('and the election of that leader has its votes written down, for all had told what they understand', async () => {
    const { leaders } = await cluster.succeed<{ leaders: { leader: number; votes: number[] | null }[] }>(
      ['leader', 'history'],
      via,
    );
    const last = leaders.at(-1);
    expect(last?.votes).toContain(last?.leader);
    expect(last?.votes?.length).toBeGreaterThanOrEqual(2);
  });
});
