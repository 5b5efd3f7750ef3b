import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binary } from './binary.js';
import { TestCluster } from './cluster.js';
import type { MemberList } from './documents.js';
import { freePorts, listen } from './ports.js';
import { raftctl } from './raftctl.js';

describe('bad input is refused: a clear error, the right exit code, nothing changed', () => {
  let cluster: TestCluster;
  let before: Awaited<ReturnType<typeof membersOf>>;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2, 3, 4], voters: [1, 2, 3] });
    before = await membersOf(cluster);
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
    ['a transfer to a stranger', ['leader', 'transfer', '9'], 1, '9'],
    ['a value that is no JSON', ['kv', 'put', 'key', '{"a":'], 2, 'JSON'],
  ])('%s', async (_, args, exitCode, named) => {
    const result = await cluster.run(args);
    const text = await cluster.runText(args);
    expect([result.exitCode, text.exitCode]).toEqual([exitCode, exitCode]);
    expect(result.json).toMatchObject({ ok: false, exitCode });
    const [error] = result.json.errors;
    expect(`${error?.message} ${error?.hint}`).toContain(named);
    expect(text.stdout).toBe('');
    expect(text.stderr).toMatch(/^error: .*\n/);
    expect(text.stderr).not.toContain('    at ');
    expect(await membersOf(cluster)).toEqual(before);
  });

  test('a proposal that is too large', async () => {
    const file = join(cluster.folder, 'large');
    writeFileSync(file, Buffer.alloc(3 * 1024 * 1024, 'x'));
    const refused = await cluster.run(['propose', `@${file}`]);
    expect([refused.exitCode, refused.json.errors[0]?.code]).toEqual([2, 'E_TOO_LARGE']);
    expect((await cluster.run(['kv', 'put', 'still', '"works"'])).exitCode).toBe(0);
  });

  test('an address where nobody listens, and one where somebody speaks something else', async () => {
    const status = (at: number) => raftctl(['status', '--json', '--endpoints', `127.0.0.1:${at}`], cluster.folder);
    const [port = 0] = await freePorts(1);
    const nobody = await status(port);
    expect([nobody.exitCode, nobody.json.errors[0]?.code]).toEqual([3, 'E_CONN_REFUSED']);
    const stranger = await listen();
    const spoken = await status(stranger.port);
    await stranger.close();
    expect([spoken.exitCode, spoken.json.errors[0]?.code]).toEqual([3, 'E_NOT_RAFTNODE']);
  });

  test('a node of another cluster, and another node than the one that was named', async () => {
    const other = await TestCluster.start({ ids: [4], voters: [4] });
    const joined = (id: number) =>
      cluster.run(['member', 'change', '--learners', `${id}`, '--peer', `${id}=${other.address(4)}`]);
    const [stranger, namesake] = [await joined(4), await joined(5)];
    await other.close();
    expect([stranger.exitCode, stranger.json.errors[0]?.code]).toEqual([3, 'E_WRONG_CLUSTER']);
    expect([namesake.exitCode, namesake.json.errors[0]?.code]).toEqual([3, 'E_WRONG_NODE']);
    expect(await membersOf(cluster)).toEqual(before);
  });
});

describe('a node that cannot start says why, and ends', () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await TestCluster.start({ ids: [1, 2], voters: [1] });
  });
  afterAll(() => cluster.close());

  test.each([
    ['with a data directory in use', 2, () => cluster.dataDir(1), 10, 'E_DATA_DIR_LOCKED'],
    ['with an address in use', 1, () => cluster.dataDir(3), 10, 'E_ADDRESS_IN_USE'],
    ['with a file for a data directory', 2, () => binary, 2, 'E_USAGE'],
  ])('%s', async (_, id, dataDir, exitCode, code) => {
    const node = cluster.launch(id, dataDir());
    expect(await node.ended).toEqual({ exitCode, signal: null });
    expect(node.stderr).toMatch(/^error: /m);
    expect(node.stderr).toContain(`code: ${code} (exit ${exitCode})`);
    expect(node.stdout).toBe('');
    expect(await cluster.run(['kv', 'put', 'key', '1'], [1])).toMatchObject({ exitCode: 0 });
  });

  test('with the data directory of another node', async () => {
    await cluster.node(1).stop();
    const node = cluster.launch(2, cluster.dataDir(1));
    expect(await node.ended).toEqual({ exitCode: 14, signal: null });
    expect(node.stderr).toContain('code: E_IDENTITY (exit 14)');
    await cluster.startNode(1);
  });
});

/** Who is a member, and as what. Who leads may change meanwhile. */
async function membersOf(cluster: TestCluster) {
  const { configIndex, members } = await cluster.succeed<MemberList>(['member', 'list']);
  return { configIndex, members: members.map(({ id, name, address, set }) => ({ id, name, address, set })) };
}
