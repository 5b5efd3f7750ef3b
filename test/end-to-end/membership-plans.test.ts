import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';

interface Change {
  readonly id: string;
  readonly phase: string;
  readonly unchanged: boolean;
}

describe('a plan that one makes and another carries out', () => {
  let cluster: TestCluster;
  let file: string;
  const voters = async () => (await cluster.succeed<ClusterStatus>(['status'], [1, 2, 3])).config.voters;
  const peer = (id: number) => ['--peer', `${id}=${cluster.address(id)}`];
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
    file = join(cluster.folder, 'plan.json');
  });
  afterAll(() => cluster.close());

  test('is carried out once, however often it is applied', async () => {
    await cluster.succeed(['member', 'plan', '--voters', '1,2,3,4', ...peer(4), '--out', file]);
    expect(await voters()).toEqual([1, 2, 3]);
    const first = await cluster.succeed<Change>(['member', 'apply', file, '--yes', '--reason', 'OPS-1']);
    expect(first).toMatchObject({ phase: 'done', unchanged: false });
    expect(await voters()).toEqual([1, 2, 3, 4]);
    const again = await cluster.succeed<Change>(['member', 'apply', file]);
    expect(again).toMatchObject({ id: first.id, unchanged: true });
  });

  test('is refused with exit 10 once the configuration has moved, and changes nothing', async () => {
    await cluster.succeed(['member', 'plan', '--demote', '4', '--out', file]);
    await cluster.succeed(['member', 'remove', '4']);
    const stale = await cluster.run(['member', 'apply', file]);
    expect([stale.exitCode, stale.json.errors[0]?.code]).toEqual([10, 'E_CONFLICT']);
    expect(await voters()).toEqual([1, 2, 3]);
  });

  test('is refused with exit 2 where somebody has edited it', async () => {
    writeFileSync(file, readFileSync(file, 'utf8').replace('"explicitLeave": false', '"explicitLeave": true'));
    expect(await cluster.runText(['member', 'apply', file])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('it was edited'),
    });
  });
});

describe('a change that is asked for twice', () => {
  let cluster: TestCluster;
  const demote = (id: number, ...flags: string[]) => cluster.run<Change>(['member', 'demote', String(id), ...flags]);
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4, 5], voters: [1, 2, 3, 4, 5] });
  });
  afterAll(() => cluster.close());

  test('under the same request id is one change', async () => {
    const request = ['member', 'change', '--voters', '1,2,3,4', '--request-id', 'ticket-7'];
    const first = await cluster.succeed<Change>(request);
    const again = await cluster.succeed<Change>(request);
    expect([first.id, again.id]).toEqual(['ticket-7', 'ticket-7']);
    const other = await cluster.run(['member', 'change', '--voters', '1,2', '--request-id', 'ticket-7']);
    expect([other.exitCode, other.json.errors[0]?.code]).toEqual([10, 'E_CONFLICT']);
    expect((await cluster.succeed<{ changes: Change[] }>(['member', 'change', 'list'])).changes).toHaveLength(1);
  });

  test('by two operators at once is done for one of them; the other gets exit 10', async () => {
    // Both have seen the same configuration: whoever comes second would change another one.
    const { config: seen } = await cluster.succeed<ClusterStatus>(['status']);
    const ifSeen = ['--if-config-index', String(seen.index)];
    const outcomes = await Promise.all([demote(3, ...ifSeen), demote(4, ...ifSeen)]);
    const codes = outcomes.map(({ exitCode }) => exitCode).sort((a, b) => a - b);
    expect(codes).toEqual([0, 10]);
    const { config } = await cluster.succeed<ClusterStatus>(['status']);
    const [winner] = outcomes[0]?.exitCode === 0 ? [3] : [4];
    expect(config.learners).toEqual([winner]);
  });
});
