import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain, type Socket } from 'node:net';
import { Client, credentials, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Daemon } from '../../src/daemon/index.js';
import { defaultListenerLimits, Listener } from '../../src/daemon/listener.js';
import { streamsPerConnectionMax } from '../../src/daemon/server-limits.js';
import type { TlsMaterial } from '../../src/daemon/tls-files.js';
import { ClusterServiceClient, ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { unary } from '../control/control-server.js';
import { RunningDaemons } from './running-daemons.js';
import { TestAuthority, testClusterId } from './test-certificates.js';

/** Opens a socket that says nothing of its own; errors are ends. */
async function dial(address: string): Promise<Socket> {
  const [host, port] = address.split(':');
  const socket = connectPlain({ host: host ?? '', port: Number(port) });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  return socket;
}

describe('a node bears callers that mean it no good', () => {
  let running: RunningDaemons;
  let daemon: Daemon;
  beforeEach(async () => {
    running = new RunningDaemons();
    daemon = await running.start(1);
  });
  afterEach(() => running.close());

  /** It still answers everybody else. */
  async function expectServing(): Promise<void> {
    const client = running.clientOf(ClusterServiceClient, daemon);
    expect(await unary(client, ClusterServiceService.getStatus, {})).toMatchObject({ status: { id: 1 } });
  }

  /** The status with which a call of raw bytes ends. */
  function call(path: string, bytes: Buffer): Promise<status> {
    const client = new Client(daemon.address, credentials.createInsecure(), { 'grpc.max_send_message_length': -1 });
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        path,
        (given: Buffer) => given,
        (given) => given,
        bytes,
        (error) => {
          client.close();
          resolve(error?.code ?? status.OK);
        },
      );
    });
  }

  test('says how many calls one connection may have open', async () => {
    const session = connectHttp2(`http://${daemon.address}`);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings.maxConcurrentStreams).toBe(streamsPerConnectionMax);
    session.destroy();
  });

  test('takes no message that is larger than the largest', async () => {
    expect(await call(KvServiceService.put.path, Buffer.alloc(5 * 1024 * 1024))).toBe(status.RESOURCE_EXHAUSTED);
    await expectServing();
  });

  test.each([
    '/grpc.channelz.v1.Channelz/GetServers',
    '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
    '/raftctl.v1.KvService/get',
    '/raftctl.v1.KvService/Get/',
    '//raftctl.v1.KvService/Get',
    '/raftctl.v1.KvService/%47et',
  ])('does not offer %s', async (path) => {
    expect(await call(path, Buffer.alloc(0))).toBe(status.UNIMPLEMENTED);
  });

  test.each([
    ['HTTP/1.1', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['TLS where there is none', Buffer.from('160301020001000001fc0303', 'hex')],
    ['bytes of no kind', Buffer.alloc(64, 0xa5)],
  ])('closes a connection that speaks %s', async (_, bytes) => {
    const socket = await dial(daemon.address);
    socket.write(bytes);
    await once(socket, 'close');
    await expectServing();
  });

  test('lives on when thousands of calls are opened and reset at once', async () => {
    const session = connectHttp2(`http://${daemon.address}`);
    session.on('error', () => {});
    const path = ClusterServiceService.getStatus.path;
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    for (let count = 0; count < 5000 && !session.destroyed; count++) {
      const stream = session.request(headers);
      stream.on('error', () => {});
      stream.close(8);
    }
    await expectServing();
    session.destroy();
  });
});

describe('the TLS port', () => {
  const authority = new TestAuthority();
  const { cert, key } = authority.certify({ kind: 'node', clusterId: testClusterId, nodeId: 1 });
  const tls = { ca: Buffer.from(authority.cert), cert: Buffer.from(cert), key: Buffer.from(key) } as TlsMaterial;

  test('cuts a handshake that does not come to its end, and plain text', async () => {
    const refused: string[] = [];
    const listener = new Listener(
      { tls, withoutCertificate: false },
      () => expect.unreachable(),
      (_, reason) => refused.push(reason),
      { ...defaultListenerLimits, greetingMs: 50 },
    );
    const port = await listener.listen('127.0.0.1:0');
    const silent = await dial(`127.0.0.1:${port}`);
    const halting = await dial(`127.0.0.1:${port}`);
    halting.write(Buffer.from('16030100', 'hex'));
    const plain = await dial(`127.0.0.1:${port}`);
    plain.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    await Promise.all([silent, halting, plain].map((socket) => socket.closed || once(socket, 'close')));
    expect(refused).toHaveLength(3);
    listener.close();
    listener.destroy();
  });
});
