import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import CertsCreate from '../../commands/certs/create.js';
import { identityIn } from '../../src/base/certificate-identity.js';
import type { CertsData } from '../../src/cli/certs-data.js';
import { documentOf, runCommand } from './run-command.js';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'raftctl-certs-')), 'certs');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true }));

const create = (...argv: string[]) => runCommand(CertsCreate, 'certs:create', ['--dir', dir, ...argv]);
const certificateIn = (file: string) => new X509Certificate(readFileSync(join(dir, file)));

test('one command makes all that a cluster needs, keys for their owner alone', async () => {
  const run = await create(
    '--node',
    '1=localhost,127.0.0.1',
    '--node',
    '2=10.0.0.2',
    '--client',
    'admin:ops',
    '--json',
  );
  expect(run.exitCode).toBe(0);
  const { clusterId, ca, files } = documentOf(run).data as CertsData;
  expect(ca).toBe(join(dir, 'ca.pem'));
  expect(files.map(({ identity }) => identity)).toEqual([
    `spiffe://raftctl/${clusterId}/node/1`,
    `spiffe://raftctl/${clusterId}/node/2`,
    `spiffe://raftctl/${clusterId}/admin/ops`,
  ]);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(dir).filter((name) => name.endsWith('-key.pem'))) {
    expect([file, statSync(join(dir, file)).mode & 0o777]).toEqual([file, 0o600]);
  }
  expect(certificateIn('node-1.pem').checkHost('localhost')).toBe('localhost');
  expect(certificateIn('node-2.pem').checkIssued(certificateIn('ca.pem'))).toBe(true);
  expect(identityIn(certificateIn('ops.pem').subjectAltName)).toMatchObject({ role: 'admin', name: 'ops' });
});

test('says what comes next', async () => {
  const { stdout } = await create('--node', '1=localhost', '--cluster-id', 'ab'.repeat(16));
  expect(stdout).toContain(`next: raftctl cluster bootstrap --cluster-id ${'ab'.repeat(16)} …`);
});

test('more of them come from the same authority, for the same cluster', async () => {
  await create('--node', '1=localhost');
  const ca = readFileSync(join(dir, 'ca.pem'));
  const key = readFileSync(join(dir, 'node-1-key.pem'));
  expect((await create('--client', 'viewer:grafana', '--days', '30')).exitCode).toBe(0);
  expect(readFileSync(join(dir, 'ca.pem'))).toEqual(ca);
  expect(certificateIn('grafana.pem').checkIssued(certificateIn('ca.pem'))).toBe(true);
  const [node, client] = ['node-1.pem', 'grafana.pem'].map((file) => identityIn(certificateIn(file).subjectAltName));
  expect(client?.clusterId).toBe(node?.clusterId);

  const again = await create('--client', 'viewer:other', '--node', '1=localhost');
  expect(again.exitCode).toBe(10);
  expect(readdirSync(dir)).not.toContain('other.pem');
  expect(readFileSync(join(dir, 'node-1-key.pem'))).toEqual(key);
  const ofOther = await create('--client', 'viewer:other', '--cluster-id', 'cd'.repeat(16));
  expect(ofOther).toMatchObject({ exitCode: 10, stderr: expect.stringContaining('is the authority of cluster') });
});

test.each([
  [[], 'nothing to make'],
  [['--node', '1=host:7400'], '"1=host:7400" must be ID=HOST'],
  [['--node', '0=host'], 'must be ID=HOST'],
  [['--client', 'root:eve'], 'there is no role "root"'],
  [['--client', 'admin'], 'is no name'],
  [['--client', 'admin:a/b'], 'is no name'],
  [['--client', 'admin:ca'], 'two files would be called ca.pem'],
  [['--client', 'admin:ca-key'], 'two files would be called ca-key.pem'],
  [['--client', 'admin:a', '--client', 'viewer:a'], 'two files would be called a.pem'],
  [['--client', 'admin:a', '--client', 'viewer:a-key'], 'two files would be called a-key.pem'],
  [['--node', '1=h', '--client', 'admin:node-1'], 'two files would be called node-1.pem'],
  [['--node', '1=h', '--cluster-id', 'abc'], 'must be 32 lower-case hex digits'],
])('%j makes nothing', async (argv, message) => {
  const { exitCode, stderr } = await create(...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(message);
});
