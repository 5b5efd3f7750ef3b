import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus, MemberList } from './documents.js';
import { NodeProcess } from './node-process.js';

describe('members, one at a time', () => {
  let cluster: TestCluster;
  let moved: NodeProcess | undefined;
  // The address of 9 is one that a node moves to.
  beforeAll(async () => {
    cluster = await TestCluster.prepare({ ids: [1, 2, 3, 4, 5, 9] });
    await Promise.all([1, 2, 3, 4, 5].map((id) => cluster.startNode(id)));
    await cluster.bootstrap([1, 2, 3]);
  });
  afterAll(async () => {
    await moved?.kill();
    await cluster.close();
  });

  const via = [1, 2, 3];
  const config = async () => (await cluster.succeed<ClusterStatus>(['status'], via)).config;
  const members = async () => (await cluster.succeed<MemberList>(['member', 'list'], via)).members;

  test('member add --voter brings a learner in, and makes a voter of it when it has caught up', async () => {
    await cluster.succeed(['kv', 'put', 'before', '1'], via);
    const text = await cluster.runText(['member', 'add', cluster.address(4), '--voter', '--zone', 'b'], via);
    expect(text).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('{1,2,3} -> {1,2,3,4}') });
    expect(text.stderr).toMatch(/adding-learners[\s\S]*catching-up/);
    expect((await config()).voters).toEqual([1, 2, 3, 4]);
    expect((await cluster.succeed<MemberList>(['member', 'list'], via)).members).toContainEqual(
      expect.objectContaining({ id: 4, address: cluster.address(4), zone: 'b' }),
    );
  });

  test('member demote makes a learner of a voter, member promote a voter again', async () => {
    await cluster.succeed(['member', 'demote', '4'], via);
    expect(await config()).toMatchObject({ voters: [1, 2, 3], learners: [4] });
    await cluster.succeed(['wait', 'node=4:caught-up', '--timeout', '30s'], via);
    await cluster.succeed(['member', 'promote', '4'], via);
    expect(await config()).toMatchObject({ voters: [1, 2, 3, 4], learners: [] });
  });

  test('member replace puts a new node in the place of a dead one', async () => {
    await cluster.kill(4);
    await cluster.succeed(['member', 'replace', '4', '--with', cluster.address(5)], via);
    expect(await config()).toMatchObject({ voters: [1, 2, 3, 5], learners: [] });
    const gone = await cluster.run<{ removed: boolean }>(['member', 'show', '4'], via);
    expect(gone.data.removed).toBe(true);
  });

  test('member update lets a node move to another address', async () => {
    await cluster.node(5).stop();
    const settings = { id: 5, address: cluster.address(9), dataDir: cluster.dataDir(5), home: cluster.folder };
    moved = new NodeProcess({ ...settings, flags: ['--tick', '20ms'] });
    await moved.listening();
    await cluster.succeed(['member', 'update', '5', '--address', cluster.address(9), '--name', 'five'], via);
    expect(await members()).toContainEqual(
      expect.objectContaining({ id: 5, name: 'five', address: cluster.address(9) }),
    );
    await cluster.succeed(['kv', 'put', 'moved', '1'], via);
    await cluster.succeed(['wait', 'node=5:caught-up', '--timeout', '30s'], via);
  });

  test('member diff says by its exit code whether the cluster is as a file describes it', async () => {
    const file = join(cluster.folder, 'members.yaml');
    const diff = () => cluster.run<{ commands: string[] }>(['member', 'diff', '-f', file, '--detailed-exitcode'], via);
    await cluster.succeed(['member', 'export', file], via);
    expect((await diff()).exitCode).toBe(0);
    writeFileSync(file, readFileSync(file, 'utf8').replace('name: five', 'name: fifth'));
    const differs = await diff();
    expect(differs.exitCode).toBe(13);
    expect(differs.json.data?.commands).toEqual(['raftctl member update 5 --name fifth']);
    await cluster.succeed(differs.json.data?.commands[0]?.split(' ').slice(1) ?? [], via);
    expect((await diff()).exitCode).toBe(0);
  });

  test('member ok-to-remove answers by its exit code', async () => {
    expect((await cluster.run(['member', 'ok-to-remove', '5'], via)).exitCode).toBe(0);
    expect(
      await cluster.runText(['member', 'ok-to-remove', '3', '5', '--require-tolerance', '1', '-q'], via),
    ).toMatchObject({ exitCode: 5, stdout: '', stderr: '' });
  });
});
