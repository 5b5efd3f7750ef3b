import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { Bootstrap, ClusterStatus, KvValue, MemberList, Proposal } from './documents.js';
import { raftctl } from './raftctl.js';

describe('a cluster is made of fresh nodes', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.prepare({ ids: [1, 2, 3, 4, 5] });
    await Promise.all([1, 2, 3, 4, 5].map((id) => cluster.startNode(id)));
  });
  afterAll(() => cluster.close());

  const nodes = (...ids: number[]) => ids.flatMap((id) => ['--node', `${id}=${cluster.address(id)}`]);

  test('nothing works before it is bootstrapped, and the error says what to do', async () => {
    const put = await cluster.run(['kv', 'put', 'colour', '"green"'], [1]);
    expect([put.exitCode, put.json.errors[0]?.code]).toEqual([9, 'E_NOT_BOOTSTRAPPED']);
    const text = await cluster.runText(['kv', 'put', 'colour', '"green"'], [1]);
    expect([text.exitCode, text.stderr]).toEqual([9, expect.stringContaining('hint: raftctl cluster bootstrap')]);
  });

  test('bootstrap gives three of five nodes one configuration and a leader', async () => {
    const { clusterId } = await cluster.succeed<Bootstrap>(['cluster', 'bootstrap', ...nodes(1, 2, 3)]);
    expect(clusterId).toMatch(/^[0-9a-f]{16,32}$/);
    await cluster.succeed(['wait', 'leader', '--timeout', '30s'], [1]);
    const { config, leader } = await cluster.succeed<ClusterStatus>(['status'], [1]);
    expect(config).toMatchObject({ voters: [1, 2, 3], votersOutgoing: [], learners: [], joint: false });
    expect([1, 2, 3]).toContain(leader?.id);
  });

  test('the same bootstrap again changes nothing and is no error', async () => {
    const before = await cluster.succeed<MemberList>(['member', 'list'], [1]);
    const again = await cluster.run<Bootstrap>(['cluster', 'bootstrap', ...nodes(1, 2, 3)]);
    expect([again.exitCode, again.json.ok]).toEqual([0, true]);
    expect(await cluster.succeed<MemberList>(['member', 'list'], [1])).toEqual(before);
  });

  test('another bootstrap is refused', async () => {
    const other = await cluster.run(['cluster', 'bootstrap', ...nodes(1, 2, 3, 4)]);
    expect([other.exitCode, other.json.errors[0]?.code]).toEqual([10, 'E_ALREADY_BOOTSTRAPPED']);
    const untouched = await cluster.run(['kv', 'get', 'colour'], [4]);
    expect(untouched.exitCode).toBe(9);
  });

  test('what is written by any node is read by any node', async () => {
    const written = await cluster.succeed<{ version: number; index: number }>(['kv', 'put', 'colour', '"green"'], [2]);
    expect(written.version).toBe(1);
    for (const id of [1, 2, 3])
      expect(await cluster.succeed<KvValue>(['kv', 'get', 'colour'], [id])).toMatchObject({
        key: 'colour',
        value: 'green',
        found: true,
        version: 1,
      });
  });

  test('proposals from the command line, a file and standard input stand in the log one after the other', async () => {
    const file = join(cluster.folder, 'proposal.txt');
    writeFileSync(file, 'from a file');
    const first = await cluster.succeed<Proposal>(['propose', 'from the command line']);
    const second = await cluster.succeed<Proposal>(['propose', `@${file}`]);
    const piped = ['propose', '-', '--json', '--endpoints', cluster.address(1)];
    const third = (await raftctl<Proposal>(piped, cluster.folder, 'from standard input')).data;
    expect(second.index).toBeGreaterThan(first.index);
    expect(third.index).toBeGreaterThan(second.index);
    for (const { term, requestId } of [first, second, third]) {
      expect(term).toBeGreaterThan(0);
      expect(requestId).not.toBe('');
    }
  });

  test('a proposal that is repeated with its request id is applied once', async () => {
    const id = ['--request-id', '0192f3a1-7e5c-7cc0-98c4-3f1f6a3b2c1d'];
    const first = await cluster.succeed<Proposal>(['propose', 'once', ...id]);
    const again = await cluster.succeed<Proposal>(['propose', 'once', ...id]);
    expect(again).toMatchObject({ index: first.index, term: first.term });
  });

  test('status has a row for every member, and text and JSON agree on the exit code', async () => {
    const { nodes: rows } = await cluster.succeed<ClusterStatus>(['status']);
    const members = rows.filter(({ set }) => set !== '-');
    expect(members.map(({ id, reachable, set }) => [id, reachable, set])).toEqual([
      [1, true, 'voter'],
      [2, true, 'voter'],
      [3, true, 'voter'],
    ]);
    const text = await cluster.runText(['status']);
    expect(text.exitCode).toBe(0);
    for (const id of [1, 2, 3]) expect(text.stdout).toContain(cluster.address(id));
  });
});
