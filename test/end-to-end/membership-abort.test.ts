import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ending, startBinary } from './binary.js';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

interface ChangeStatus {
  readonly id: string;
  readonly phase: string;
  readonly result: string;
  readonly reason: string | null;
  readonly abortReason: string | null;
  readonly notedBy?: readonly number[];
  readonly stuck: boolean;
}

describe('taking a change back', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
  });
  afterAll(() => cluster.close());

  const config = async () => (await cluster.succeed<ClusterStatus>(['status'])).config;
  const enterJoint = (...flags: string[]) =>
    cluster.succeed<{ id: string }>([
      ...['member', 'change', '--voters', '1,2,4', '--peer', `4=${cluster.address(4)}`, '--explicit-leave'],
      ...flags,
    ]);

  test('rolls a joint configuration back to the one before, under load, and the record says why', async () => {
    const load = Load.start(
      [1, 2, 3, 4].map((node) => cluster.address(node)),
      2,
    );
    const { id } = await enterJoint('--reason', 'OPS-2');
    expect(await config()).toMatchObject({ joint: true, autoLeave: false });
    const running = await cluster.run<ChangeStatus>(['member', 'change', 'status']);
    expect(running.exitCode).toBe(8);
    expect(running.json.data).toMatchObject({ id, phase: 'joint', reason: 'OPS-2', stuck: false });
    await load.acknowledges(20);

    const aborted = await cluster.succeed<ChangeStatus>(['member', 'change', 'abort', id, '--reason', 'wrong node']);
    expect(aborted).toMatchObject({ id, result: 'aborted', abortReason: 'wrong node', notedBy: [] });
    expect(await config()).toMatchObject({ joint: false, voters: [1, 2, 3], learners: [] });
    await load.acknowledges(20);
    await load.stop();
    const { leader } = await cluster.succeed<ClusterStatus>(['status']);
    const pairs = await localPairs(cluster.address(leader?.id ?? 1));
    expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
    const { events } = await cluster.succeed<{ events: { cause: string }[] }>(['cluster', 'history']);
    const causes = events.map(({ cause }) => cause);
    expect(causes.filter((cause) => cause === 'rolled-back')).toHaveLength(1);
    expect(causes).not.toContain('left-joint');
    const tooLate = await cluster.run(['member', 'change', 'abort', id]);
    expect([tooLate.exitCode, tooLate.json.errors[0]?.code]).toEqual([10, 'E_CONFLICT']);
    expect((await cluster.run(['member', 'change', 'status', id])).exitCode).toBe(1);
  });

  test('without a majority is noted, exit 8, with who is missing; it is done once they are back', async () => {
    const { id } = await enterJoint();
    cluster.node(2).freeze();
    cluster.node(3).freeze();
    try {
      const noted = await cluster.until(
        'noted by the nodes that are left',
        () => cluster.run<ChangeStatus>(['member', 'change', 'abort', id, '--wait-timeout', '1s'], [1, 4]),
        ({ json }) => (json.data?.notedBy?.length ?? 0) > 0,
      );
      expect(noted.exitCode).toBe(8);
      expect(noted.json.errors[0]?.facts.join()).toMatch(/n2/);
      expect((await cluster.run(['member', 'change', 'status', id], [1, 4])).exitCode).toBe(5);
    } finally {
      cluster.node(2).thaw();
      cluster.node(3).thaw();
    }
    // Whoever leads now may be one that never heard of it.
    await cluster.succeed(['wait', 'leader', '--timeout', '30s']);
    await cluster.run(['member', 'change', 'abort', id]);
    await cluster.until(
      'taken back',
      () => cluster.run<ChangeStatus>(['member', 'change', 'status', id]),
      ({ json }) => json.data?.result === 'aborted',
    );
    expect(await config()).toMatchObject({ joint: false, voters: [1, 2, 3] });
  });

  test('once it has ended is another change, back to the sets from before', async () => {
    await cluster.succeed(['member', 'demote', '3']);
    expect(await config()).toMatchObject({ voters: [1, 2], learners: [3] });
    const reverted = await cluster.runText(['member', 'change', 'revert']);
    expect(reverted).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('back from change') });
    expect(await config()).toMatchObject({ voters: [1, 2, 3], learners: [] });
  });

  test('is not what Ctrl-C does: it leaves the change running, and says how to come back to it', async () => {
    const { id } = await enterJoint();
    const watch = startBinary(['member', 'change', 'watch', '-e', cluster.endpoints([1, 2, 3])], cluster.folder);
    const ended = ending(watch);
    const stderr = await new Promise<string>((resolve) => {
      let text = '';
      watch.stderr?.setEncoding('utf8').on('data', (part: string) => {
        if (text === '') watch.kill('SIGINT');
        text += part;
      });
      void ended.then(() => resolve(text));
    });
    expect(await ended).toMatchObject({ exitCode: 130 });
    expect(stderr).toContain(`Come back to it with: raftctl member change watch ${id}`);
    expect((await cluster.run(['member', 'change', 'status'])).exitCode).toBe(8);
    await cluster.succeed(['member', 'change', 'leave', id]);
    expect(await config()).toMatchObject({ joint: false, voters: [1, 2, 4] });
  });

  test('is not what --no-wait does either: watch comes back to the change', async () => {
    const left = await cluster.run<{ id: string }>(['member', 'demote', '2', '--no-wait']);
    expect(left.exitCode).toBe(8);
    const id = left.json.data?.id ?? '';
    expect(await cluster.succeed<ChangeStatus>(['member', 'change', 'watch', id])).toMatchObject({
      id,
      result: 'done',
    });
    expect(await config()).toMatchObject({ voters: [1, 4], learners: [2] });
  });
});
