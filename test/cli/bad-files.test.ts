import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import KvPut from '../../commands/kv/put.js';
import MemberApply from '../../commands/member/apply.js';
import MemberDiff from '../../commands/member/diff.js';
import Propose from '../../commands/propose.js';
import RecoverPlan from '../../commands/recover/plan.js';
import RestoreApply from '../../commands/snapshot/restore/apply.js';
import SnapshotVerify from '../../commands/snapshot/verify.js';
import Status from '../../commands/status.js';
import { RaftctlError } from '../../src/base/errors.js';
import { refuseOthersFile } from '../../src/cli/contexts.js';
import { saveSnapshotFile } from '../../src/cli/snapshot-saving.js';
import type { SaveSnapshotResponse } from '../../src/client/index.js';
import { CertificateAuthority } from '../../src/credentials/index.js';
import { snapshotFile } from '../storage/store-fixture.js';
import { type CommandRun, runCommand } from './run-command.js';

const nobody = ['-e', '127.0.0.1:1', '--timeout', '500ms'];
let folder: string;
const path = (name: string) => join(folder, name);
function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  writeFileSync(path(name), content);
  chmodSync(path(name), mode);
  return path(name);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-bad-files-'));
  mkdirSync(path('folder'));
  execFileSync('mkfifo', [path('pipe')]);
  file('100 MB', '');
  truncateSync(path('100 MB'), 100 * 1024 * 1024);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const name of ['RAFTCTL_ENDPOINTS', 'RAFTCTL_CONTEXT', 'RAFTCTL_OUTPUT']) vi.stubEnv(name, undefined);
  vi.stubEnv('RAFTCTL_CONFIG', '/nowhere/config.yaml');
  vi.stubEnv('NODE_ENV', 'production');
});
afterEach(() => vi.unstubAllEnvs());

function expectRefusal(run: CommandRun, sentence: string | RegExp, exitCode = 2): void {
  expect(run.stderr).toMatch(sentence);
  expect([run.exitCode, run.stdout]).toEqual([exitCode, '']);
  expect(run.stderr).toMatch(/^error: /);
  expect(run.stderr).not.toMatch(/\n {4}at |E_INTERNAL/);
}

/** No file makes a command wait, or take all memory, whichever it is and whoever reads it. */
const notFiles = [
  ['nothing there', () => '/nowhere/file', /there is no such file/],
  ['a directory', () => path('folder'), /it is a directory/],
  ['a pipe that nobody writes to', () => path('pipe'), /./],
  ['a device that never ends', () => '/dev/zero', /has more than|can be (?:read|written) by/],
  ['a device with nothing in it', () => '/dev/null', /./],
  ['a file of 100 MB', () => path('100 MB'), /has more than/],
] as const;

describe('bad input 48: what is to be stored', () => {
  const put = (value: string) => runCommand(KvPut, 'kv:put', ['key', value, ...nobody]);

  test.each(notFiles)('%s', async (_, name, sentence) => {
    expectRefusal(await put(`@${name()}`), sentence);
    expectRefusal(await runCommand(Propose, 'propose', [`@${name()}`, ...nobody]), sentence);
  });

  test.each([
    ['no UTF-8', Buffer.from('"\xff\xfe"', 'latin1'), /is no text in UTF-8/],
    ['a NUL in it', '"a\0b"', /the value is not JSON/],
    ['half a value', '{"a":', /the value is not JSON/],
    ['nested a million deep', '['.repeat(1_000_000), /nested|JSON/],
  ])('%s', async (name, content, sentence) => {
    expectRefusal(await put(`@${file(name, content)}`), sentence);
  });

  test.each([
    ['a byte order mark', '\ufeff"value"'],
    ['the line ends of Windows', '{"a":\r\n1}\r\n'],
  ])('%s is taken', async (name, content) => {
    expect((await put(`@${file(name, content)}`)).stderr).toContain('E_CONN_REFUSED');
  });
});

describe('bad input 51: configuration', () => {
  const status = (config: string, ...argv: string[]) => {
    vi.stubEnv('RAFTCTL_CONFIG', config);
    return runCommand(Status, 'status', ['--context', 'lab', '--timeout', '500ms', ...argv]);
  };

  test.each(notFiles.slice(1))('%s', async (_, name, sentence) => {
    expectRefusal(await status(name()), sentence);
  });

  test.each([
    ['empty', '', /there is no context "lab"/],
    ['no mapping', '- lab', /line 1: it must have the fields/],
    ['no YAML', 'contexts: {lab', /line 1: /],
    ['binary', Buffer.from('\xff\xd8\xff\xe0', 'latin1'), /is no text in UTF-8/],
    ['one key twice', 'contexts:\n  lab: {}\n  lab: {}', /line 3: Map keys must be unique/],
    [
      'a key that there is not',
      'contexts:\n  lab:\n    endpoint: [127.0.0.1:1]',
      /line 3: there is no field "endpoint"/,
    ],
    ['__proto__', '__proto__: {contexts: {lab: {}}}', /there is no field "__proto__"/],
    ['a context called __proto__', 'contexts: {__proto__: {endpoints: ["127.0.0.1:1"]}}', /there is no context "lab"/],
    ['endpoints as one text', 'contexts:\n  lab:\n    endpoints: 127.0.0.1:1', /line 3: endpoints must be a list/],
    [
      'an endpoint that is none',
      'contexts:\n  lab:\n    endpoints:\n      - nowhere',
      /line 4: "nowhere" is not an address/,
    ],
    ['"yes" for true', 'contexts:\n  lab:\n    protected: yes', /line 3: protected must be true or false/],
    [
      'a mode of TLS that there is not',
      'contexts:\n  lab:\n    tls: {mode: maybe}',
      /line 3: mode must be auto, required or off/,
    ],
    ['a number for a name', 'currentContext: 5', /currentContext must be a text/],
    ['another version', 'apiVersion: raftctl/v9', /there is no version raftctl\/v9/],
    ['a bomb of aliases', 'contexts: &a {lab: &b [1,1]}\nx: *a', /there is no field|alias/i],
    ['a value that holds itself', 'contexts: &a {lab: *a}', /alias/i],
    ['nested 100,000 deep', `contexts: ${'['.repeat(100_000)}`, /line 1: /],
  ])('%s', async (name, content, sentence) => {
    expectRefusal(await status(file(`${name.replace('/', '')}.yaml`, content)), sentence);
  });

  test('that everybody can write is not believed, nor one of another user; a link is, and root', async () => {
    const good = 'contexts: {lab: {endpoints: ["127.0.0.1:1"]}}';
    expectRefusal(await status(file('loose.yaml', good, 0o666)), /can be written by everybody\nhint: chmod o-w/);
    expect(() => refuseOthersFile('x', { uid: 1001, mode: 0o100644 }, 1000)).toThrow('x belongs to another user');
    expect(() => refuseOthersFile('x', { uid: 0, mode: 0o100644 }, 1000)).not.toThrow();
    expect(() => refuseOthersFile('x', { uid: 1000, mode: 0o100664 }, 1000)).not.toThrow();
    symlinkSync(file('good.yaml', good), path('link.yaml'));
    expect((await status(path('link.yaml'))).stderr).toContain('E_CONN_REFUSED');
  });
});

describe('bad input 53: certificates, keys and tokens', () => {
  const [day, now] = [86_400_000, Date.now()];
  const times = { notBefore: new Date(now - day), notAfter: new Date(now + day) };
  const authority = CertificateAuthority.create({ name: 'a', ...times });
  const issue = (more: Partial<typeof times> = {}) => authority.issue({ name: 'x', ...times, ...more });
  const [mine, other] = [issue(), issue()];
  const expired = issue({ notAfter: new Date(now - day / 2) });
  const early = issue({ notBefore: new Date(now + day / 2) });
  const encrypted = spawnSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:x'], { input: mine.key });
  const weak = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:1024', '-nodes', '-keyout', '-', '-out', '-', '-subj', '/CN=x', '-days', '2'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  ).stdout;
  const der = (pem: string) => Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64');
  const status = (cert: string, key: string) =>
    runCommand(Status, 'status', ['--cacert', file('ca.pem', authority.cert), '--cert', cert, '--key', key, ...nobody]);

  test.each<[string, string | Uint8Array, string | Uint8Array, RegExp]>([
    ['swapped', mine.key, mine.cert, /cert\.pem holds no certificate\nhint: .*swapped/],
    ['an encrypted key', mine.cert, encrypted.stdout, /key\.pem is encrypted/],
    ['DER for a certificate', der(mine.cert), mine.key, /cert\.pem is no certificate: it is not a PEM file/],
    ['DER for a key', mine.cert, der(mine.key), /key\.pem is no private key: it is not a PEM file/],
    ['the key of another one', mine.cert, other.key, /cert\.pem is not that of the key .*key\.pem/],
    ['a chain in the wrong order', authority.cert + mine.cert, mine.key, /comes first/],
    ['a certificate that is cut', mine.cert.slice(0, 200), mine.key, /cert\.pem is damaged/],
    ['a key that is cut', mine.cert, mine.key.slice(0, 100), /key\.pem is damaged/],
    ['one that has expired', expired.cert, expired.key, /cert\.pem has expired on/],
    ['one that is not valid yet', early.cert, early.key, /cert\.pem is not valid before/],
    ['RSA of 1024 bits', weak, weak, /too weak: RSA of 1024 bits/],
    ['nothing', '', mine.key, /cert\.pem is no certificate/],
  ])('%s', async (_, cert, key, sentence) => {
    expectRefusal(await status(file('cert.pem', cert), file('key.pem', key)), sentence, 3);
  });

  test('the line ends of Windows, and a chain, are taken', async () => {
    const windows = (pem: string) => pem.replaceAll('\n', '\r\n');
    const run = await status(file('cert.pem', windows(mine.cert + authority.cert)), file('key.pem', windows(mine.key)));
    expect(run.stderr).toContain('E_CONN_REFUSED');
  });

  test('a key that others can read is not taken', async () => {
    const run = await status(file('cert.pem', mine.cert), file('key.pem', mine.key, 0o644));
    expectRefusal(run, /key\.pem can be read by others than its owner\nhint: chmod 600/);
  });

  test.each(notFiles)('%s', async (_, name, sentence) => {
    const key = file('key.pem', mine.key);
    expect((await status(name(), key)).stderr).toMatch(sentence);
    for (const flag of ['--cacert', '--token-file']) {
      const run = await runCommand(Status, 'status', [flag, name(), ...nobody]);
      expect([2, 3]).toContain(run.exitCode);
      expect(run.stderr).not.toMatch(/E_INTERNAL|E_CONN_REFUSED/);
    }
  });

  test.each(['', 'two words', 'line\nline', 'ü', 'x'.repeat(8192), 'nul\0'])('%j is no token', async (token) => {
    const run = await runCommand(Status, 'status', ['--token-file', file('token', token), ...nobody]);
    expectRefusal(run, /token holds no token/);
  });
});

describe('bad input 58: files of plans and backups', () => {
  const readers = [
    ['member apply', MemberApply, (name: string) => [name, ...nobody]],
    ['member diff', MemberDiff, (name: string) => ['-f', name, ...nobody]],
    ['recover plan', RecoverPlan, (name: string) => [name, '--dry-run']],
    ['snapshot restore apply', RestoreApply, (name: string) => [name, '--snapshot', name, '--data-dir', path('data')]],
    ['snapshot verify', SnapshotVerify, (name: string) => [name]],
  ] as const;
  const contents: readonly (readonly [string, string | Uint8Array])[] = [
    ['nothing', ''],
    ['null', 'null'],
    ['another JSON', '{"kind":5,"__proto__":{"kind":"ChangePlanFile"}}'],
    ['a plan that is cut', '{"apiVersion":"raftctl/v1","kind":"ChangePlanFile","req'],
    ['a plan without content', '{"apiVersion":"raftctl/v1","kind":"ChangePlanFile","sha256":""}'],
    [
      'JSON nested 200,000 deep',
      `{"apiVersion":"raftctl/v1","kind":"ChangePlanFile","a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
    ],
    ['bytes', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7) % 256))],
  ];

  test.each(readers)('%s refuses them all before anything is done', async (id, command, argv) => {
    for (const [name, content] of contents) {
      const run = await runCommand(command, id, argv(file('document', content)));
      expect([2, 14], `${name}: ${run.stderr}`).toContain(run.exitCode);
      expect(run.stderr, name).not.toMatch(/E_INTERNAL|\n {4}at /);
    }
    for (const [name, at] of notFiles) {
      const run = await runCommand(command, id, argv(at()));
      expect([2, 14], `${name}: ${run.stderr}`).toContain(run.exitCode);
    }
  });

  test('a snapshot with one bit changed, or cut, is told from a whole one', async () => {
    const whole = snapshotFile({ index: 50, term: 2 }, []);
    const verify = async (bytes: Uint8Array) => (await runCommand(SnapshotVerify, 'v', [file('snap', bytes)])).exitCode;
    expect(await verify(whole)).toBe(0);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      expect([2, 14], `byte ${at}`).toContain(await verify(damaged));
      expect([2, 14], `cut at ${at}`).toContain(await verify(whole.subarray(0, at)));
    }
  });

  test('a backup that is not sent whole, or never ends, leaves nothing, and what was there stays', async () => {
    const target = file('backup.snap', 'of before');
    const snapshot = { bytes: 10 } as Extract<
      NonNullable<SaveSnapshotResponse['part']>,
      { $case: 'snapshot' }
    >['value'];
    const chunk = { part: { $case: 'chunk' as const, value: Buffer.alloc(8) } };
    const first = { part: { $case: 'snapshot' as const, value: snapshot } };
    const verify = async () => ({ info: { index: 1, term: 1 } });
    async function* sent(...parts: (SaveSnapshotResponse | Error)[]): AsyncGenerator<SaveSnapshotResponse> {
      for (const part of parts) {
        if (part instanceof Error) throw part;
        yield part;
      }
    }
    async function* endless(): AsyncGenerator<SaveSnapshotResponse> {
      yield first;
      for (;;) yield chunk;
    }
    const lost = new RaftctlError('E_CONN_REFUSED', 'the connection was lost');
    await expect(saveSnapshotFile(target, sent(first, chunk, lost), verify)).rejects.toBe(lost);
    await expect(saveSnapshotFile(target, sent(first, chunk), verify)).rejects.toThrow(
      'sent 8 bytes of a snapshot, 10',
    );
    await expect(saveSnapshotFile(target, sent(chunk), verify)).rejects.toThrow('than the 0 bytes it promised');
    await expect(saveSnapshotFile(target, endless(), verify)).rejects.toThrow('more of a snapshot than the 10 bytes');
    expect(
      execFileSync('sh', ['-c', 'cat backup.snap; ls *.partial 2>/dev/null || true'], {
        cwd: folder,
        encoding: 'utf8',
      }),
    ).toBe('of before');
  });
});
