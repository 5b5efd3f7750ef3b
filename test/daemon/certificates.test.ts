import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { features } from '../../src/base/features.js';
import { silentLogger } from '../../src/base/logger.js';
import { createClient } from '../../src/client/index.js';
import { type Daemon, startDaemon, type TlsFiles } from '../../src/daemon/index.js';
import { nodeCertificate, readTlsFiles } from '../../src/daemon/tls-files.js';
import {
  AnnounceRequest,
  ChangeMembersRequest,
  CheckStatus,
  MemberServiceClient,
  MemberServiceService,
} from '../../src/gen/raftctl/v1/member.js';
import { unary } from '../control/control-server.js';
import { TestAuthority, testClusterId } from './test-certificates.js';

let folder: string;
let authority: TestAuthority;
let files: TlsFiles;
let daemon: Daemon | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-certificates-'));
  authority = new TestAuthority();
  files = authority.issueNode(join(folder, 'tls'), 1);
});
afterEach(async () => {
  await daemon?.stop();
  daemon = undefined;
  rmSync(folder, { recursive: true });
});

describe('the certificate of a node', () => {
  test('is for the hosts that it names, whatever the port, just as TLS finds', async () => {
    const { names, endsMs, mismatch } = nodeCertificate(await readTlsFiles(files, 1));
    expect(names).toEqual([`URI:spiffe://raftctl/${testClusterId}/node/1`, 'DNS:localhost', 'IP Address:127.0.0.1']);
    expect(endsMs).toBeGreaterThan(Date.now());
    for (const address of ['localhost:7400', '127.0.0.1:7400']) expect(mismatch(address, names)).toBeUndefined();
    for (const address of ['10.0.0.4:7400', 'n4.example:7400', '[::1]:7400']) {
      expect(mismatch(address, names)).toContain("does not match certificate's altnames");
    }
    expect(mismatch('n4.raft.example:7400', ['DNS:*.raft.example'])).toBeUndefined();
    expect(mismatch('[fe80::1]:7400', ['IP Address:FE80:0:0:0:0:0:0:1'])).toBeUndefined();
    expect(mismatch('n4.example:7400', [])).toBeDefined();
  });

  test('where a stranger says names that are none, does not match, and breaks nothing', async () => {
    const { mismatch } = nodeCertificate(await readTlsFiles(files, 1));
    expect(mismatch('n4.example:7400', ['DNS:"n4.example'])).toBeDefined();
  });

  test('keeps a node out whose certificate is not for the address at which it would be dialled', async () => {
    const { ca, cert, key } = await readTlsFiles(files, 1);
    const config = { tickMs: 20 };
    daemon = await startDaemon(
      { id: 1, dataDir: join(folder, 'n1'), listen: '127.0.0.1:0', tls: files, config },
      silentLogger,
    );
    const admin = authority.certify({ kind: 'client', clusterId: testClusterId, role: 'admin', name: 'ops' });
    const tls = { ca, cert: Buffer.from(admin.cert), key: Buffer.from(admin.key) };
    const client = createClient({ endpoints: [daemon.address], tls });
    const members = new MemberServiceClient(daemon.address, ChannelCredentials.createSsl(ca, key, cert));
    try {
      await client.bootstrap({
        clusterId: testClusterId,
        name: 'test',
        voters: [{ id: 1, address: daemon.address }],
        learners: [],
      });
      await client.kv.put('a', '1');
      const announce = (certificateNames: string[]) =>
        unary(
          members,
          MemberServiceService.announce,
          AnnounceRequest.fromPartial({
            member: { id: 4, address: '10.0.0.4:7400' },
            abilities: { features: [...features], certificateNames },
          }),
        );
      const verdict = async () => {
        const wanted = ChangeMembersRequest.fromPartial({ learners: { ids: [4] }, dryRun: true, requestId: 'r' });
        for await (const { plan } of client.changeMembers(wanted)) {
          const check = plan?.checks.find(({ id }) => id === 'tls-identity');
          return check && `${CheckStatus[check.status]} ${check.message}`;
        }
        return undefined;
      };
      await announce(['DNS:localhost', 'IP Address:127.0.0.1']);
      expect(await verdict()).toBe(
        'FAIL the certificate of n4 is for DNS:localhost, IP Address:127.0.0.1, not for 10.0.0.4:7400',
      );
      await announce(['IP Address:10.0.0.4']);
      expect(await verdict()).toBe('OK 1 certificate compared with the address');
      await expect(announce(Array.from({ length: 300 }, () => 'DNS:a'))).rejects.toThrow(/abilities: must be at most/);
    } finally {
      members.close();
      client.close();
    }
  });
});
