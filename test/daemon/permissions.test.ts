import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  ChannelCredentials,
  Client,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CertificateIdentity } from '../../src/base/certificate-identity.js';
import { type ClientRole, clientRoles, isAllowed, permissionOf, permissions } from '../../src/base/permissions.js';
import { QuietLog } from '../../src/base/quiet-log.js';
import { authorizing, Callers, TokenBook } from '../../src/control/index.js';
import { newToken, tokenLine } from '../../src/credentials/index.js';
import { Listener } from '../../src/daemon/listener.js';
import type { TlsMaterial } from '../../src/daemon/tls-files.js';
import { RecordingLogger } from '../control/control-server.js';
import { TestAuthority, testClusterId } from './test-certificates.js';

/** Every service that the proto files define, as the table names it: nothing of it is written by hand. */
const protos = join(import.meta.dirname, '../../proto');
const files = readdirSync(protos, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.proto'));
const services: ServiceDefinition[] = Object.values(loadSync(files, { includeDirs: [protos] })).flatMap((definition) =>
  'format' in definition ? [] : [definition],
);
const paths = services.flatMap((service) => Object.values(service).map(({ path }) => path));
/** A service that somebody has added and forgotten to give permissions. */
const forgotten = '/raftctl.v1.NewService/Forgotten';

test('the table has every method of every proto, and no other', () => {
  const ofTable = Object.entries(permissions).flatMap(([service, methods]) =>
    Object.keys(methods).map((method) => `/${service}/${method}`),
  );
  expect(ofTable.filter((path) => path.startsWith('/raftctl.')).sort()).toEqual([...paths].sort());
});

test.each([
  'raftctl.v1.KvService/Get',
  '//raftctl.v1.KvService/Get',
  '/raftctl.v1.KvService/Get/',
  '/raftctl.v1.KvService/get',
  '/raftctl.v1.KvService/%47et',
  '/raftctl.v1.KvService/Get?x',
  '/raftctl.v1.KvService/constructor',
  '/__proto__/toString',
  '/constructor/name',
  '',
])('%s is nobody’s, whoever asks', (path) => {
  expect(permissionOf(path)).toBeUndefined();
  for (const standing of [...clientRoles, 'node', undefined] as const) {
    expect(isAllowed(standing, permissionOf(path))).toBe(false);
  }
});

describe('a server asks of each method what the table says', () => {
  const authority = new TestAuthority();
  const logger = new RecordingLogger();
  const tokens = clientRoles.map((role) => ({ role, token: newToken() }));
  const lines = tokens.map(({ role, token }) => tokenLine(role, `t-${role}`, token));
  const book = TokenBook.parse(lines.join('\n'), 'tokens');
  const called: string[] = [];
  const clients: Client[] = [];
  let server: Server;
  let listener: Listener;
  let port: number;

  const answer: UntypedHandleCall = (call: { getPath(): string }, callback?: unknown) => {
    called.push(call.getPath());
    if (typeof callback === 'function') callback(null, {});
    else if ('end' in call && typeof call.end === 'function') call.end();
  };

  beforeAll(async () => {
    const callers = new Callers({ clusterId: testClusterId, tokens: () => book, wallClock: Date.now });
    const log = new QuietLog(logger, () => performance.now());
    server = new Server({ interceptors: [authorizing({ callers, log, onDenied: () => {} })] });
    for (const service of services) {
      server.addService(service, Object.fromEntries(Object.keys(service).map((name) => [name, answer])));
    }
    const [like] = services;
    const method = Object.values(like ?? {}).find(
      ({ requestStream, responseStream }) => !requestStream && !responseStream,
    );
    if (method === undefined) throw new Error('no unary method');
    server.addService({ forgotten: { ...method, path: forgotten } }, { forgotten: answer });

    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const { cert, key } = authority.certify({ kind: 'node', clusterId: testClusterId, nodeId: 1 });
    const [ca, certBytes, keyBytes] = [authority.cert, cert, key].map((text) => Buffer.from(text));
    const tls = { ca, cert: certBytes, key: keyBytes } as TlsMaterial;
    listener = new Listener(
      { tls, withoutCertificate: true },
      (socket) => injector.injectConnection(socket),
      () => {},
    );
    port = await listener.listen('127.0.0.1:0');
  });
  afterAll(() => {
    for (const client of clients) client.close();
    listener.close();
    server.forceShutdown();
    listener.destroy();
  });

  function dial(identity?: CertificateIdentity): Client {
    const ca = Buffer.from(authority.cert);
    const shown = identity === undefined ? undefined : authority.certify(identity);
    const credentials =
      shown === undefined
        ? ChannelCredentials.createSsl(ca)
        : ChannelCredentials.createSsl(ca, Buffer.from(shown.key), Buffer.from(shown.cert));
    const client = new Client(`127.0.0.1:${port}`, credentials);
    clients.push(client);
    return client;
  }

  /** The status with which a call ends; its bytes are never looked at. */
  function call(client: Client, path: string, authorization?: string): Promise<status> {
    const metadata = new Metadata();
    if (authorization !== undefined) metadata.set('authorization', authorization);
    return new Promise((resolve) => {
      const stream = client.makeBidiStreamRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes) => bytes,
        metadata,
      );
      stream.on('error', () => {});
      stream.on('data', () => {});
      stream.on('status', ({ code }) => resolve(code));
      stream.write(Buffer.alloc(0));
      stream.end();
    });
  }

  const mark = (code: status) =>
    code === status.OK
      ? 'yes'
      : code === status.PERMISSION_DENIED
        ? '-'
        : code === status.UNAUTHENTICATED
          ? 'who?'
          : code;

  test('for every method and every standing', async () => {
    const clientOf = (role: ClientRole) => dial({ kind: 'client', clusterId: testClusterId, role, name: `c-${role}` });
    const bare = dial();
    const columns: [string, (path: string) => Promise<status>][] = [
      ['nobody', (path) => call(bare, path)],
      ...clientRoles.map((role): [string, (path: string) => Promise<status>] => {
        const client = clientOf(role);
        return [role, (path) => call(client, path)];
      }),
    ];
    const node = dial({ kind: 'node', clusterId: testClusterId, nodeId: 2 });
    columns.push(['node', (path) => call(node, path)]);

    const lines = [['method'.padEnd(48), ...columns.map(([name]) => name.padEnd(11))].join('').trimEnd()];
    for (const path of [...paths, forgotten].sort()) {
      called.length = 0;
      const codes = await Promise.all(columns.map(([, ask]) => ask(path)));
      // Whoever is refused has not reached the handler.
      expect(called).toHaveLength(codes.filter((code) => code === status.OK).length);
      const cells = codes.map((code) => String(mark(code)).padEnd(11));
      lines.push([path.slice('/raftctl.v1.'.length).padEnd(48), ...cells].join('').trimEnd());
      const byToken = await Promise.all(tokens.map(({ token }) => call(bare, path, `Bearer ${token}`)));
      expect(byToken.map(mark)).toEqual(clientRoles.map((_, at) => mark(codes[1 + at] ?? status.UNKNOWN)));
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('permissions.txt');
  });

  test('and of whom it does not know nothing helps', async () => {
    const bare = dial();
    const viewer = dial({ kind: 'client', clusterId: testClusterId, role: 'viewer', name: 'v' });
    const get = '/raftctl.v1.KvService/Get';
    const [known] = tokens;
    const stranger = newToken();
    for (const authorization of [
      '',
      'Bearer',
      `Bearer ${stranger}`,
      `Bearer ${stranger}x`,
      `Basic ${known?.token}`,
      `bearer ${known?.token}`,
      `Bearer ${known?.token}, Bearer ${known?.token}`,
      `Bearer ${'x'.repeat(6000)}`,
    ]) {
      expect(await call(bare, get, authorization)).toBe(status.UNAUTHENTICATED);
      // A wrong token is not made good by a certificate.
      expect(await call(viewer, get, authorization)).toBe(status.UNAUTHENTICATED);
    }
    const ofOther = dial({ kind: 'client', clusterId: 'ff'.repeat(16), role: 'admin', name: 'a' });
    expect(await call(ofOther, get)).toBe(status.UNAUTHENTICATED);
    expect(logger.warnings.map(({ fields }) => fields['reason'])).toContain(
      `the certificate is for cluster ${'ff'.repeat(16)}, and this node is of cluster ${testClusterId}`,
    );
    expect(JSON.stringify(logger.warnings)).not.toContain(stranger);
  });
});
