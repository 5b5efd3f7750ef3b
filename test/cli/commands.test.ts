import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import KvGet from '../../commands/kv/get.js';
import KvPut from '../../commands/kv/put.js';
import LeaderShow from '../../commands/leader/show.js';
import MemberChange from '../../commands/member/change.js';
import MemberPromote from '../../commands/member/promote.js';
import NodeShow from '../../commands/node/show.js';
import Status from '../../commands/status.js';
import Version from '../../commands/version.js';
import Wait from '../../commands/wait.js';
import { type FakeNode, startTrio, withoutLeader } from '../client/fake-node.js';
import { documentOf, runCommand } from './run-command.js';

const nobody = ['-e', '127.0.0.1:1', '--timeout', '500ms'];

beforeEach(() => {
  for (const name of ['RAFTCTL_ENDPOINTS', 'RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  // In a development or test environment the library adds lines of its own for those who write commands.
  vi.stubEnv('NODE_ENV', 'production');
});
afterEach(() => vi.unstubAllEnvs());

describe('every command that fails ends the same in text and in JSON', () => {
  const failures = [
    ['a flag that does not exist', Status, 'status', ['--colour-of-the-sky'], 2, 'E_USAGE'],
    ['a flag without its value', Status, 'status', ['--node'], 2, 'E_USAGE'],
    ['an unknown form of output', Status, 'status', ['--color', 'pink'], 2, 'E_USAGE'],
    ['no endpoints', Status, 'status', [], 2, 'E_USAGE'],
    ['an unknown context', Status, 'status', ['--context', 'nowhere'], 2, 'E_USAGE'],
    ['an argument that is missing', NodeShow, 'node:show', nobody, 2, 'E_USAGE'],
    ['an argument too many', Status, 'status', ['now', ...nobody], 2, 'E_USAGE'],
    ['an argument that is no id', NodeShow, 'node:show', ['three', ...nobody], 2, 'E_USAGE'],
    ['a hole in a set', MemberChange, 'member:change', ['--voters', '1,,3', ...nobody], 2, 'E_USAGE'],
    ['an empty set', MemberChange, 'member:change', ['--voters', '', ...nobody], 2, 'E_USAGE'],
    ['no voters at all', MemberChange, 'member:change', ['--voters', 'none', ...nobody], 2, 'E_USAGE'],
    ['no target', MemberChange, 'member:change', nobody, 2, 'E_USAGE'],
    [
      'a node in both sets',
      MemberChange,
      'member:change',
      ['--voters', '1,2', '--learners', '2,3', ...nobody],
      2,
      'E_USAGE',
    ],
    ['ids that are missing', MemberPromote, 'member:promote', nobody, 2, 'E_USAGE'],
    ['a value that is not JSON', KvPut, 'kv:put', ['key', 'hello', ...nobody], 2, 'E_USAGE'],
    ['a duration without a unit', Wait, 'wait', ['leader', '--timeout', '5'], 2, 'E_USAGE'],
    ['a condition that there is not', Wait, 'wait', ['world-peace', '-e', '127.0.0.1:1'], 2, 'E_USAGE'],
    ['nobody there', KvGet, 'kv:get', ['key', ...nobody], 3, 'E_CONN_REFUSED'],
    ['nobody there to look at', Status, 'status', nobody, 3, 'E_CONN_REFUSED'],
    ['time that is over', Wait, 'wait', ['leader', '-e', '127.0.0.1:1', '--timeout', '0'], 8, 'E_PENDING'],
  ] as const;

  test.each(failures)('%s', async (_, command, id, argv, exitCode, code) => {
    const text = await runCommand(command, id, argv);
    expect(text.exitCode).toBe(exitCode);
    expect(text.stderr).toContain('error: ');
    expect(text.stderr).toContain(`code: ${code} (exit ${exitCode})`);
    expect(text.stderr).not.toMatch(/\n {4}at /);

    const json = await runCommand(command, id, [...argv, '--json']);
    expect(json.exitCode).toBe(exitCode);
    expect(documentOf(json)).toMatchObject({ apiVersion: 'raftctl/v1', ok: false, exitCode, errors: [{ code }] });
    expect(json.stderr.trim().split('\n')).toHaveLength(1);
    expect(json.stderr).toContain('error: ');
  });

  test('names the flag, the value and the flag that was meant', async () => {
    const hole = await runCommand(MemberChange, 'member:change', ['--voters', '1,,3']);
    expect(hole.stderr).toContain('error: --voters: "1,,3" has an empty place');
    const typo = await runCommand(MemberChange, 'member:change', ['--voterz', '1']);
    expect(typo.stderr).toContain('did you mean --voters?');
  });

  test.each([
    ['-o', 'json'],
    ['--output=json', ''],
    ['-ojson', ''],
  ])('whichever way JSON is asked for: %s %s', async (...flags) => {
    const argv = [...flags.filter((flag) => flag !== ''), '--colour-of-the-sky'];
    expect(documentOf(await runCommand(Status, 'status', argv)).exitCode).toBe(2);
  });

  test('or by the environment', async () => {
    vi.stubEnv('RAFTCTL_OUTPUT', 'json');
    expect(documentOf(await runCommand(Status, 'status', ['--colour-of-the-sky'])).exitCode).toBe(2);
  });

  test('what follows -- is data, not a flag', async () => {
    const run = await runCommand(KvPut, 'kv:put', [...nobody, '--', 'key', '--json']);
    expect(run.stdout).toBe('');
    expect(run.exitCode).toBe(2);
  });
});

describe('a command that succeeds', () => {
  let nodes: [FakeNode, FakeNode, FakeNode];
  let at: string[];
  beforeEach(async () => {
    nodes = await startTrio();
    at = ['-e', nodes[0].address];
  });
  afterEach(() => {
    for (const node of nodes) node.stop();
  });

  test('writes one document with all fields of the envelope', async () => {
    const run = await runCommand(LeaderShow, 'leader:show', [...at, '--json']);
    expect(documentOf(run)).toEqual({
      apiVersion: 'raftctl/v1',
      kind: 'Leader',
      ok: true,
      exitCode: 0,
      observedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      source: { node: 1, consistency: 'local', term: 1 },
      cluster: { id: 'c'.repeat(32), name: '', incarnation: 0 },
      data: { id: 1, name: 'n1', address: nodes[0].address, term: 1, leaderForMs: 0 },
      warnings: [],
      errors: [],
    });
    expect(run.stderr).toBe('');
  });

  test('prints names with -o name, and ids with -q', async () => {
    expect((await runCommand(LeaderShow, 'leader:show', [...at, '-o', 'name'])).stdout).toBe('member/1\n');
    expect((await runCommand(LeaderShow, 'leader:show', [...at, '-q'])).stdout).toBe('1\n');
    expect((await runCommand(Status, 'status', [...at, '-q'])).stdout).toBe('1\n2\n3\n');
  });

  test('prints YAML, and a document in one line, where they are asked for', async () => {
    const yaml = await runCommand(LeaderShow, 'leader:show', [...at, '-o', 'yaml']);
    expect(yaml.stdout).toContain('apiVersion: raftctl/v1\nkind: Leader\nok: true\n');
    const line = await runCommand(LeaderShow, 'leader:show', [...at, '-o', 'ndjson']);
    expect(line.stdout.trim().split('\n')).toHaveLength(1);
  });

  test('has data although it ends with an exit code: status without a leader', async () => {
    withoutLeader(nodes);
    const run = await runCommand(Status, 'status', [...at, '--json']);
    expect(run.exitCode).toBe(6);
    expect(documentOf(run)).toMatchObject({
      ok: false,
      data: { leader: null, nodes: [{ id: 1 }, { id: 2 }, { id: 3 }] },
    });
    expect(documentOf(run).errors[0]?.code).toBe('E_NO_LEADER');
    const text = await runCommand(Status, 'status', at);
    expect(text.exitCode).toBe(6);
    expect(text.stdout).toContain(nodes[2].address);
  });

  test('says what was not found, with exit 1 and the data of it', async () => {
    nodes[0].on('get', () => ({ pair: undefined, index: 1 }));
    const run = await runCommand(KvGet, 'kv:get', ['key', ...at, '--json']);
    expect(run.exitCode).toBe(1);
    expect(documentOf(run)).toMatchObject({ data: { key: 'key', found: false, value: null, version: 0 } });
  });

  test('reads the value as JSON', async () => {
    const pair = { key: 'key', value: '{"b":1}', version: 3, modifiedIndex: 9 };
    nodes[0].on('get', () => ({ pair, index: 9 }));
    expect((await runCommand(KvGet, 'kv:get', ['key', ...at])).stdout).toBe('{"b":1}\n');
    const { data } = documentOf(await runCommand(KvGet, 'kv:get', ['key', ...at, '--json']));
    expect(data).toEqual({ key: 'key', value: { b: 1 }, found: true, version: 3, modifiedIndex: 9 });
  });

  test('waits for what is so already, and says how it stands', async () => {
    const run = await runCommand(Wait, 'wait', ['leader', 'tolerance=0', ...at, '--timeout', '5s']);
    expect(run).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('met  leader  node 1, term 1') });
  });

  test('needs no cluster for its version', async () => {
    const run = await runCommand(Version, 'version', ['--json']);
    expect(documentOf(run)).toMatchObject({
      kind: 'Version',
      ok: true,
      data: { version: '0.0.0', node: process.version },
    });
  });
});
