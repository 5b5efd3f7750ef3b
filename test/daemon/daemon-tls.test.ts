import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { ChannelCredentials, Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CertificateIdentity } from '../../src/base/certificate-identity.js';
import type { ClientRole } from '../../src/base/permissions.js';
import { newToken, tokenLine } from '../../src/credentials/index.js';
import type { Daemon } from '../../src/daemon/index.js';
import { ClusterServiceClient } from '../../src/gen/raftctl/v1/cluster.js';
import { Changed } from '../../src/gen/raftctl/v1/errors.js';
import { KvServiceClient, KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { ConnectRequest, PeerHello } from '../../src/gen/raftctl/v1/transport.js';
import { failure, type RecordingLogger, unary } from '../control/control-server.js';
import { RunningDaemons } from './running-daemons.js';
import { TestAuthority, testClusterId } from './test-certificates.js';

let running: RunningDaemons;
let folder: string;
let logger: RecordingLogger;
beforeEach(() => {
  running = new RunningDaemons();
  ({ folder, logger } = running);
});
afterEach(async () => {
  await running.close();
  expect(logger.errors).toEqual([]);
});

const start: RunningDaemons['start'] = (...given) => running.start(...given);
const bootstrap: RunningDaemons['bootstrap'] = (...given) => running.bootstrap(...given);
const until: RunningDaemons['until'] = (...given) => running.until(...given);
const put: RunningDaemons['put'] = (...given) => running.put(...given);
const clientOf: RunningDaemons['clientOf'] = (...given) => running.clientOf(...given);

/** Leaders stay, however busy the machine is. */
const calm = { tickMs: 20, electionTicks: 50, heartbeatTicks: 2 };

/** Opens a peer stream as node `from` of the test cluster, and says how it ended. */
function speak(daemon: Daemon, credentials: ChannelCredentials, from: number): Promise<StatusObject> {
  const hello = PeerHello.fromPartial({ clusterId: testClusterId, incarnation: 1, from, to: 1, configIndex: 1 });
  const frame = Buffer.from(ConnectRequest.encode({ frame: { frame: { $case: 'hello', value: hello } } }).finish());
  const call = clientOf(ClusterServiceClient, daemon, credentials).makeBidiStreamRequest(
    '/raftctl.v1.TransportService/Connect',
    (bytes: Buffer) => bytes,
    (bytes) => bytes,
  );
  call.on('error', () => {});
  call.on('data', () => {});
  call.write(frame);
  return new Promise((resolve) => call.on('status', resolve));
}

/** When the certificate ends that is shown at an address to somebody who has none himself. */
async function certificateAt(address: string, authority: TestAuthority): Promise<number> {
  const [host, port] = address.split(':');
  const socket = connect({
    host,
    port: Number(port),
    ca: authority.cert,
    servername: 'localhost',
    ALPNProtocols: ['h2'],
  });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const { valid_to } = socket.getPeerCertificate();
  socket.destroy();
  return Date.parse(valid_to);
}

describe('with TLS', () => {
  const clientIdentity = (role: ClientRole) =>
    ({ kind: 'client', clusterId: testClusterId, role, name: `${role}-1` }) as const;

  function credentialsOf(authority: TestAuthority, identity: CertificateIdentity | undefined): ChannelCredentials {
    const { cert, key } = authority.certify(identity);
    return ChannelCredentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert));
  }

  test('nodes and clients are served by what their certificates say, and strangers are not', async () => {
    const authority = new TestAuthority();
    const tls = [1, 2].map((id) => authority.issueNode(join(folder, `tls-${id}`), id));
    const nodes = await Promise.all(tls.map((files, at) => start(at + 1, { tls: files, config: calm })));
    const admin = credentialsOf(authority, clientIdentity('admin'));
    await bootstrap(nodes, admin, testClusterId);
    const [first] = nodes;
    if (first === undefined) throw new Error('no node');
    const viewer = credentialsOf(authority, clientIdentity('viewer'));
    const { leader } = await until(first, (state) => state.leader !== 0, viewer);
    const leading = nodes[leader - 1];
    if (leading === undefined) throw new Error('no leader');
    await put(leading, 'a', credentialsOf(authority, clientIdentity('operator')));

    const denied = await failure(put(leading, 'b', viewer));
    expect(denied.error.code).toBe(status.PERMISSION_DENIED);
    expect(denied.detail).toMatchObject({
      code: 'E_PERMISSION',
      message: 'raftctl.v1.KvService/Put needs the role operator, and viewer-1 has viewer',
      facts: [
        `you are viewer-1: spiffe://raftctl/${testClusterId}/viewer/viewer-1`,
        expect.stringMatching(/^from 127/),
      ],
      changed: Changed.NO,
    });
    const unnamed = await failure(put(leading, 'b', credentialsOf(authority, undefined)));
    expect(unnamed.error.code).toBe(status.UNAUTHENTICATED);

    const stranger = new TestAuthority();
    const { cert, key } = stranger.certify(clientIdentity('admin'));
    for (const refused of [
      ChannelCredentials.createInsecure(),
      ChannelCredentials.createSsl(Buffer.from(authority.cert)),
      ChannelCredentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert)),
    ]) {
      const { error } = await failure(put(leading, 'b', refused));
      expect(error.code).toBe(status.UNAVAILABLE);
    }
    const kv = clientOf(KvServiceClient, leading, viewer);
    expect((await unary(kv, KvServiceService.get, { key: 'b', consistency: 0 })).pair).toBeUndefined();
    const reasons = logger.warnings.filter(({ message }) => message === 'connection refused');
    expect(reasons.map(({ fields }) => fields['reason'])).toEqual([
      'wrong version number',
      'it has shown no certificate',
      expect.stringContaining('its certificate is not one of our authority'),
    ]);
  });

  test('a node is dialled, and heard, as the one that its certificate says, and as no other', async () => {
    const authority = new TestAuthority();
    const tls = [1, 2, 3].map((id) => authority.issueNode(join(folder, `tls-${id}`), id));
    const [one, two, three] = tls;
    if (one === undefined || two === undefined || three === undefined) throw new Error('no files');
    await expect(start(2, { tls: three })).rejects.toMatchObject({
      code: 'E_TLS',
      message: `the certificate ${three.cert} is that of node 3, not of node 2`,
    });
    const first = await start(1, { tls: one, config: calm });
    const second = await start(2, { tls: two, config: calm });
    const admin = credentialsOf(authority, clientIdentity('admin'));
    await bootstrap([first, second], admin, testClusterId);
    await until(first, (state) => state.leader !== 0, admin);

    const frames = await speak(
      first,
      credentialsOf(authority, { kind: 'node', clusterId: testClusterId, nodeId: 3 }),
      2,
    );
    expect(frames).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'the certificate is of node 3, and its holder says that it is node 2',
    });
    const asClient = await speak(first, admin, 2);
    expect(asClient).toMatchObject({
      code: status.PERMISSION_DENIED,
      details: 'raftctl.v1.TransportService/Connect is for the nodes of the cluster alone',
    });
    const other = await speak(
      first,
      credentialsOf(authority, { kind: 'node', clusterId: 'ee'.repeat(16), nodeId: 2 }),
      2,
    );
    expect(other).toMatchObject({
      code: status.UNAUTHENTICATED,
      details: expect.stringContaining('is for cluster eeee'),
    });
    expect(logger.warnings.map(({ fields }) => fields['reason'])).toContain(frames.details);
  });

  test('a certificate makes no node of another cluster', async () => {
    const authority = new TestAuthority();
    const tls = authority.issueNode(join(folder, 'tls'), 1);
    const daemon = await start(1, { tls });
    const admin = credentialsOf(authority, clientIdentity('admin'));
    const { detail } = await failure(bootstrap([daemon], admin, 'ee'.repeat(16)));
    expect(detail).toMatchObject({
      code: 'E_WRONG_CLUSTER',
      hint: `raftctl cluster bootstrap --cluster-id ${testClusterId}`,
    });
    await bootstrap([daemon], admin, testClusterId);
    await daemon.stop();
    const ofOther = authority.issueNode(join(folder, 'other'), 1, 'ee'.repeat(16));
    await expect(start(1, { tls: ofOther })).rejects.toMatchObject({ code: 'E_WRONG_CLUSTER' });
  });

  test('a token is as good as a certificate, with TLS and without, and nobody is served who shows nothing', async () => {
    const authority = new TestAuthority();
    const tls = authority.issueNode(join(folder, 'tls'), 1);
    const token = newToken();
    const line = tokenLine('viewer', 'grafana', token);
    const clientTokens = join(folder, 'tokens');
    writeFileSync(clientTokens, `# who looks on\n${line}\n`, { mode: 0o600 });
    const secured = await start(1, { tls, clientTokens });
    const plain = await start(2, { clientTokens });
    for (const [daemon, credentials] of [
      [secured, ChannelCredentials.createSsl(Buffer.from(authority.cert))],
      [plain, ChannelCredentials.createInsecure()],
    ] as const) {
      const client = clientOf(ClusterServiceClient, daemon, credentials);
      const ask = (metadata: Metadata) =>
        new Promise((resolve, reject) =>
          client.getStatus({}, metadata, (error, response) => (error ? reject(error) : resolve(response))),
        );
      const shown = new Metadata();
      shown.set('authorization', `Bearer ${token}`);
      expect(await ask(shown)).toMatchObject({ status: {} });
      await expect(ask(new Metadata())).rejects.toMatchObject({ code: status.UNAUTHENTICATED });
    }
    const stranger = new TestAuthority();
    const { cert, key } = stranger.certify(clientIdentity('admin'));
    const strange = ChannelCredentials.createSsl(Buffer.from(authority.cert), Buffer.from(key), Buffer.from(cert));
    const { error } = await failure(put(secured, 'a', strange));
    expect(error.code).toBe(status.UNAVAILABLE);
    expect(logger.warnings.map(({ fields }) => String(fields['reason'])).join()).toContain('not one of our authority');

    chmodSync(clientTokens, 0o620);
    await expect(start(3, { clientTokens })).rejects.toMatchObject({
      code: 'E_USAGE',
      hint: `chmod 600 ${clientTokens}`,
    });
    writeFileSync(clientTokens, `${line}\nroot eve 00\n`);
    chmodSync(clientTokens, 0o600);
    await expect(start(3, { clientTokens })).rejects.toMatchObject({
      message: `${clientTokens}, line 2: must be a role, a name and a hash`,
    });
  });

  test('a new certificate is shown to those who come, and nobody who is there is cut off', async () => {
    const authority = new TestAuthority();
    const tls = [1, 2].map((id) => authority.issueNode(join(folder, `tls-${id}`), id));
    const nodes = await Promise.all(
      tls.map((files, at) => start(at + 1, { tls: files, credentialsLookMs: 20, config: calm })),
    );
    const operator = credentialsOf(authority, clientIdentity('operator'));
    await bootstrap(nodes, credentialsOf(authority, clientIdentity('admin')), testClusterId);
    const [first] = nodes;
    if (first === undefined) throw new Error('no node');
    const { leader } = await until(first, (state) => state.leader !== 0, operator);
    const leading = nodes[leader - 1] as Daemon;
    const before = await until(leading, () => true, operator);

    const proposals = clientOf(KvServiceClient, leading, operator);
    const write = (key: string) => unary(proposals, KvServiceService.put, { key, value: '1', session: undefined });
    await write('before');
    for (const [at, { cert, key }] of tls.entries()) {
      const fresh = authority.certify({ kind: 'node', clusterId: testClusterId, nodeId: at + 1 }, 20);
      writeFileSync(key, fresh.key);
      writeFileSync(cert, fresh.cert);
    }
    // On the connection that was there, while the certificates change; a call that fails would fail the test.
    let isNew = false;
    const changed = until(leading, (state) => state.certificateEndsMs !== before.certificateEndsMs, operator).then(
      () => {
        isNew = true;
      },
    );
    for (let count = 0; !isNew; count++) await write(`during/${count}`);
    await changed;
    await write('after');
    const shown = await certificateAt(leading.address, authority);
    expect(shown).toBe(new Date(before.certificateEndsMs ?? 0).getTime() + 19 * 86_400_000);
  });

  test('files that cannot be used are named before anything is opened', async () => {
    const authority = new TestAuthority();
    const tls = authority.issueNode(join(folder, 'tls'), 1);
    const other = authority.issueNode(join(folder, 'other'), 1);
    await expect(start(1, { tls: { ...tls, cert: 'no-such.pem' } })).rejects.toMatchObject({
      code: 'E_TLS',
      message: expect.stringContaining('no-such.pem'),
    });
    await expect(start(1, { tls: { ...tls, key: other.key } })).rejects.toMatchObject({ code: 'E_TLS' });
    const noPem = join(folder, 'ca.txt');
    writeFileSync(noPem, 'nothing');
    await expect(start(1, { tls: { ...tls, ca: noPem } })).rejects.toMatchObject({
      message: `${noPem} is no certificate: it is not a PEM file`,
    });
    const client = authority.issue(join(folder, 'client'), clientIdentity('admin'));
    await expect(start(1, { tls: client })).rejects.toMatchObject({
      message: `the certificate ${client.cert} is not that of a node`,
      hint: 'raftctl certs create',
    });
    const old = authority.issue(join(folder, 'old'), { kind: 'node', clusterId: testClusterId, nodeId: 1 }, -0.5);
    await expect(start(1, { tls: old })).rejects.toMatchObject({ message: expect.stringContaining('has expired') });
    chmodSync(tls.key, 0o644);
    await expect(start(1, { tls })).rejects.toMatchObject({ code: 'E_TLS', hint: `chmod 600 ${tls.key}` });
  });
});
