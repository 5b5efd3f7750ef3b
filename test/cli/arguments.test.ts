import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import KvPut from '../../commands/kv/put.js';
import MemberChange from '../../commands/member/change.js';
import Propose from '../../commands/propose.js';
import Status from '../../commands/status.js';
import { parseRequestId } from '../../src/cli/flag-values.js';
import { snapshotListText } from '../../src/cli/snapshots.js';
import { type FakeNode, startTrio } from '../client/fake-node.js';
import { runCommand } from './run-command.js';

const nobody = ['-e', '127.0.0.1:1', '--timeout', '500ms'];

beforeEach(() => {
  for (const name of ['RAFTCTL_ENDPOINTS', 'RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  vi.stubEnv('NODE_ENV', 'production');
});
afterEach(() => vi.unstubAllEnvs());

describe('an empty proposal', () => {
  test('is a slip, and the way to mean it is named', async () => {
    const run = await runCommand(Propose, 'propose', ['', ...nobody]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toBe(
      'error: there is nothing to propose: the data is empty\nhint: for an entry without data: raftctl propose --noop\ncode: E_USAGE (exit 2)\n',
    );
  });

  test('is made where it is meant', async () => {
    expect((await runCommand(Propose, 'propose', ['--noop', ...nobody])).stderr).toContain('E_CONN_REFUSED');
  });
});

describe('a request id', () => {
  test.each(['7', 'job-42', '0192f3a1-7e5c-7cc0-98c4-3f1f6a3b2c1d', 'é'.repeat(32)])(
    'is any short text: %s',
    (text) => {
      expect(parseRequestId(text)).toBe(text);
    },
  );

  test.each([KvPut, Propose, MemberChange])('has 1 to 64 bytes, which the help says', async (command) => {
    const description = command.flags['request-id' as keyof typeof command.flags] as
      | { description?: string }
      | undefined;
    const inherited = (command.baseFlags as Record<string, { description?: string }>)['request-id'];
    expect((description ?? inherited)?.description).toContain('1 to 64 bytes');
    for (const id of ['', 'x'.repeat(65), 'é'.repeat(33)]) {
      const run = await runCommand(command, 'some:command', [...nobody, '--request-id', id]);
      expect(run.exitCode).toBe(2);
      expect(run.stderr).toContain('--request-id: the request id ');
    }
  });
});

describe('a value from the environment', () => {
  test('is named by its variable where it is bad', async () => {
    vi.stubEnv('RAFTCTL_TIMEOUT', '5');
    const bad = await runCommand(Status, 'status', ['-e', '127.0.0.1:1']);
    expect(bad.stderr).toContain('error: RAFTCTL_TIMEOUT: "5" is not a duration');
    expect(bad.exitCode).toBe(2);
  });

  test('is not blamed where a flag goes before it', async () => {
    vi.stubEnv('RAFTCTL_TIMEOUT', '5s');
    const bad = await runCommand(Status, 'status', ['-e', '127.0.0.1:1', '--timeout=7']);
    expect(bad.stderr).toContain('error: --timeout: "7" is not a duration');
  });
});

describe('an address of the web', () => {
  let nodes: FakeNode[];
  beforeEach(async () => {
    nodes = await startTrio();
  });
  afterEach(() => {
    for (const node of nodes) node.stop();
  });

  test('is taken, and explained to who asks', async () => {
    const web = `http://${nodes[0]?.address}/`;
    expect(await runCommand(Status, 'status', ['-e', web])).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await runCommand(Status, 'status', ['-e', web, '-v'])).stderr).toContain(`${web}: http:// is left out`);
  });
});

test('a file that is not there is said to be so, in words', async () => {
  const run = await runCommand(KvPut, 'kv:put', ['key', '@/nowhere/file', ...nobody]);
  expect(run.stderr).toContain('error: cannot read /nowhere/file: there is no such file\n');
});

test('checksums of snapshot files, which differ between nodes, are shown only where more is asked for', async () => {
  const snapshot = {
    node: 1,
    index: 5,
    term: 1,
    bytes: 10,
    createdAt: '2026-01-01T00:00:00.000Z',
    checksum: '3aea6b3d',
  };
  const data = { snapshots: [snapshot], failed: [] };
  const options = { headers: true, width: undefined };
  expect(await snapshotListText(data, false, options)).not.toMatch(/CHECKSUM|3aea6b3d/);
  expect(await snapshotListText(data, true, options)).toMatch(/CHECKSUM\n.*3aea6b3d$/);
});
