import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newToken, tokenLine } from '../../src/credentials/index.js';
import { Credentials } from '../../src/daemon/credentials.js';
import type { TlsFiles } from '../../src/daemon/index.js';
import { RecordingLogger } from '../control/control-server.js';
import { TestAuthority, testClusterId } from './test-certificates.js';

const authority = new TestAuthority();
const node = { kind: 'node', clusterId: testClusterId, nodeId: 1 } as const;
let folder: string;
let tls: TlsFiles;
let tokens: string;
let logger: RecordingLogger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-credentials-'));
  tls = authority.issue(join(folder, 'tls'), node);
  tokens = join(folder, 'tokens');
  writeFileSync(tokens, '', { mode: 0o600 });
  logger = new RecordingLogger();
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () => Credentials.open({ nodeId: 1, tls, tokens, logger });

/** Puts other files in the place of the node's. */
function put(identity: Parameters<TestAuthority['issue']>[1], validDays: number): void {
  const fresh = authority.issue(join(folder, 'fresh'), identity, validDays);
  copyFileSync(fresh.cert, tls.cert);
  copyFileSync(fresh.key, tls.key);
}

describe('credentials', () => {
  test('are read again when their files change, and not else', async () => {
    const credentials = await open();
    const given: unknown[] = [];
    credentials.watch((now) => given.push(now));
    const before = credentials.tls;
    await credentials.refresh();
    expect(credentials.tls).toBe(before);
    put(node, 20);
    await credentials.refresh();
    credentials.stop();
    expect(given).toEqual([credentials.tls]);
    expect(credentials.tls?.cert).not.toEqual(before?.cert);
    const day = 86_400_000;
    expect(credentials.status()).toMatchObject({ credentialsProblem: undefined });
    expect((credentials.certificate?.endsMs ?? 0) - Date.now()).toBeGreaterThan(19 * day);
  });

  test.each([
    ['not there', () => rmSync(tls.cert), 'cannot read'],
    ['half written', () => writeFileSync(tls.cert, '-----BEGIN CERT'), 'holds no certificate'],
    [
      'of another key',
      () => authority.issue(join(folder, 'x'), node) && copyFileSync(join(folder, 'x/cert.pem'), tls.cert),
      'is not that of the key',
    ],
    ['readable by others', () => chmodSync(tls.key, 0o640), 'can be read by others'],
    ['of another node', () => put({ ...node, nodeId: 2 }, 1), 'is that of node 2, not of node 1'],
    [
      'of another cluster',
      () => put({ ...node, clusterId: 'ee'.repeat(16) }, 1),
      'the certificate is for cluster eeee',
    ],
    [
      'of a client',
      () => put({ kind: 'client', clusterId: testClusterId, role: 'admin', name: 'x' }, 1),
      'not that of a node',
    ],
    ['expired', () => put(node, -0.5), 'has expired'],
    ['tokens that are none', () => writeFileSync(tokens, 'root eve 00\n'), 'line 1: must be a role'],
  ])('that are %s change nothing, and are said so until they are mended', async (_, spoil, reason) => {
    const credentials = await open();
    const before = credentials.tls;
    spoil();
    await credentials.refresh();
    expect(credentials.tls).toBe(before);
    expect(credentials.status().credentialsProblem).toContain(reason);
    await credentials.refresh();
    expect(logger.warnings).toHaveLength(1);
    writeFileSync(tokens, '', { mode: 0o600 });
    chmodSync(tls.key, 0o600);
    put(node, 1);
    await credentials.refresh();
    expect(credentials.status().credentialsProblem).toBeUndefined();
    expect(credentials.tls).not.toBe(before);
  });

  test('a token that is taken out is no token any more', async () => {
    const token = newToken();
    writeFileSync(tokens, tokenLine('admin', 'ops', token));
    const credentials = await open();
    expect(credentials.tokens?.ownerOf(token)).toMatchObject({ name: 'ops' });
    writeFileSync(tokens, '# nobody\n');
    await credentials.refresh();
    expect(credentials.tokens?.ownerOf(token)).toBeUndefined();
  });
});
