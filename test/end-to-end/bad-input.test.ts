import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { MemberList } from './documents.js';
import { freePorts, listen } from './node-process.js';

describe('bad input is refused: a clear error, the right exit code, nothing changed', () => {
  let cluster: TestCluster;
  let before: MemberList;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
    before = await cluster.succeed<MemberList>(['member', 'list']);
  });
  afterAll(() => cluster.close());

  test.each([
    ['an id that nobody knows', ['member', 'change', '--voters', '1,2,9'], 2, '9'],
    ['a hole in a set', ['member', 'change', '--voters', '1,,3'], 2, '1,,3'],
    ['an id that is no number', ['member', 'change', '--voters', '1,two'], 2, 'two'],
    ['the id 0', ['member', 'change', '--voters', '0,1'], 2, '0'],
    ['a voter that is also a learner', ['member', 'change', '--voters', '1,2', '--learners', '2,3'], 2, '2'],
    ['no voters', ['member', 'change', '--voters', 'none'], 2, 'voters'],
    ['an empty set', ['member', 'change', '--voters', ''], 2, 'voters'],
    ['no target at all', ['member', 'change'], 2, '--voters'],
    ['a flag that does not exist', ['status', '--colour-of-the-sky'], 2, '--colour-of-the-sky'],
    ['a command that does not exist', ['stauts'], 2, 'status'],
    ['an address without a port', ['member', 'change', '--learners', '4', '--peer', '4=localhost'], 2, 'localhost'],
    ['a duration without a unit', ['wait', 'leader', '--timeout', '5'], 2, '5'],
    ['a transfer to a stranger', ['leader', 'transfer', '9'], 2, '9'],
    ['a value that is no JSON', ['kv', 'put', 'key', '{"a":'], 2, 'JSON'],
  ])('%s', async (_, args, exitCode, named) => {
    const result = await cluster.run(args);
    const text = await cluster.runText(args);
    expect([result.exitCode, text.exitCode]).toEqual([exitCode, exitCode]);
    expect(result.json).toMatchObject({ ok: false, exitCode });
    expect(result.json.errors[0]?.message).toContain(named);
    expect(text.stdout).toBe('');
    expect(text.stderr).toMatch(/^error: .*\n/);
    expect(text.stderr).not.toContain('    at ');
    expect(await cluster.succeed<MemberList>(['member', 'list'])).toEqual(before);
  });

  test('a proposal that is too large', async () => {
    const file = join(cluster.folder, 'large');
    writeFileSync(file, Buffer.alloc(3 * 1024 * 1024, 'x'));
    const refused = await cluster.run(['propose', `@${file}`]);
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([2, 'E_TOO_LARGE']);
    expect((await cluster.run(['kv', 'put', 'still', '"works"'])).exitCode).toBe(0);
  });

  test('an address where nobody listens, and one where somebody speaks something else', async () => {
    const [port] = await freePorts(1);
    const nobody = await cluster.run(['status', '--endpoints', `127.0.0.1:${port}`], []);
    expect([nobody.exitCode, nobody.json.errors[0]?.code]).toEqual([3, 'E_CONN_REFUSED']);
    const stranger = await listen();
    const spoken = await cluster.run(['status', '--endpoints', `127.0.0.1:${stranger.port}`], []);
    await stranger.close();
    expect([spoken.exitCode, spoken.json.errors[0]?.code]).toEqual([3, 'E_NOT_RAFTNODE']);
  });

  test('a node of another cluster', async () => {
    const other = await TestCluster.start({ ids: [4], voters: [4] });
    const peer = ['--peer', `4=${other.address(4)}`];
    const refused = await cluster.run(['member', 'change', '--learners', '4', ...peer]);
    expect(refused.json).toMatchObject({ ok: false });
    expect(await cluster.succeed<MemberList>(['member', 'list'])).toEqual(before);
    await other.close();
  });
});

describe('a node that cannot start says why, and ends', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2], voters: [1] });
  });
  afterAll(() => cluster.close());

  test('with the data directory of another node: exit 14', async () => {
    const copied = join(cluster.folder, 'copied');
    cpSync(cluster.dataDir(1), copied, { recursive: true });
    const node = cluster.launch(2, copied);
    expect(await node.ended).toMatchObject({ exitCode: 14 });
    expect(node.stderr).toContain('E_IDENTITY');
  });

  test('with a data directory in use: exit 10', async () => {
    const node = cluster.launch(2, cluster.dataDir(1));
    const { exitCode } = await node.ended;
    expect([10, 14]).toContain(exitCode);
    expect(await cluster.run(['kv', 'put', 'key', '1'], [1])).toMatchObject({ exitCode: 0 });
  });

  test('with an address in use: exit 10', async () => {
    const node = cluster.launch(1, cluster.dataDir(2));
    expect(await node.ended).toMatchObject({ exitCode: 10 });
    expect(node.stderr).toContain('E_ADDRESS_IN_USE');
    expect(node.stderr).toContain(cluster.address(1));
  });

  test('with an id that is no id: exit 2', async () => {
    const node = cluster.launch(2, cluster.dataDir(2), ['--id', '0']);
    expect(await node.ended).toMatchObject({ exitCode: 2 });
  });
});
