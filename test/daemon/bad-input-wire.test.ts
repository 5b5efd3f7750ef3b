import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverOptions } from '../../src/daemon/server-limits.js';
import { ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { KvServiceService, PutRequest } from '../../src/gen/raftctl/v1/kv.js';
import { RunningNode } from '../fuzz/running-node.js';
import { framed, WireClient, type WireEnd } from '../fuzz/wire-client.js';

/** What is said to a port below the messages of gRPC, by the numbers of docs/bad-input.md. One node for all: none of it may harm the next. */
let node: RunningNode;
beforeAll(async () => {
  node = await RunningNode.start();
});
afterAll(async () => {
  await node.expectServing();
  expect(node.defect).toBeUndefined();
  await node.close();
});

const getStatus = ClusterServiceService.getStatus.path;
const put = KvServiceService.put.path;

async function call(...calls: Parameters<WireClient['call']>): Promise<WireEnd> {
  const client = await WireClient.connect(node.address);
  try {
    return await client.call(...calls);
  } finally {
    client.close();
  }
}

const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`x-${at}`, '']));

/** A frame of HTTP/2. */
function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);

/** A connection of HTTP/2 that has said its first words, and never reads. */
async function greeted(): Promise<Socket> {
  const [host = '', port] = node.address.split(':');
  const socket = connectPlain({ host, port: Number(port) });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(preface);
  return socket;
}

describe('bad input, what is around the messages', () => {
  test.each([
    ['4: PINGs', () => frame(6, 0, 0, Buffer.alloc(8))],
    ['4: SETTINGS', () => frame(4, 0, 0)],
    ['7: CONTINUATIONs', (at: number) => frame(at === 0 ? 1 : 9, 0, 1, Buffer.alloc(1000))],
  ])('bad input %s without end and without reading: the connection is dropped', async (_, next) => {
    const socket = await greeted();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    for (let at = 0; at < 20_000 && !socket.destroyed; at++) socket.write(next(at));
    socket.resume();
    await closed;
    await node.expectServing();
  });

  test('bad input 4: the first words, and then nothing: a connection is asked whether it is there, and cut where it is idle', () => {
    expect(serverOptions).toMatchObject({
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.max_connection_idle_ms': 300_000,
    });
  });

  test.each([
    ['7: metadata of 20 KB', { 'x-large': 'x'.repeat(20_000) }, status.RESOURCE_EXHAUSTED],
    ['43: a hundred pairs of metadata', pairs(100), status.RESOURCE_EXHAUSTED],
    ['7: metadata of 70 KB', { 'x-large': 'x'.repeat(70_000) }, undefined],
    ['7: metadata of 200 KB', { 'x-large': 'x'.repeat(200_000) }, undefined],
    ['43: a thousand pairs of metadata', pairs(1000), undefined],
  ])('bad input %s: the call is refused, or reset before anybody looks at it', async (_, headers, code) => {
    const end = await call({ path: getStatus, messages: [Buffer.alloc(0)], headers, timeoutMs: 20_000 });
    expect([end.grpcStatus, end.answerBytes, end.hung]).toEqual([code, 0, false]);
  });

  test.each([
    ['10: GET', { ':method': 'GET' }],
    ['10: a body of another kind', { 'content-type': 'text/html' }],
  ])('bad input %s has no answer', async (_, headers) => {
    const end = await call({ path: getStatus, headers, timeoutMs: 20_000 });
    expect([end.grpcStatus === status.OK, end.answerBytes, end.hung]).toEqual([false, 0, false]);
  });

  test.each([
    ['11: a time that is none', { 'grpc-timeout': 'zzz' }, status.INTERNAL],
    ['11: a time of no length', { 'grpc-timeout': '0m' }, status.DEADLINE_EXCEEDED],
  ])('bad input %s ends the call', async (_, headers, code) => {
    const end = await call({ path: getStatus, neverEnds: true, headers, timeoutMs: 20_000 });
    expect([end.grpcStatus, end.hung]).toEqual([code, false]);
  });

  const full = Buffer.from(PutRequest.encode(PutRequest.fromPartial({ key: 'bad-input-13', value: '1' })).finish());
  const lie = (bytes: number) => {
    const prefixed = framed(full);
    prefixed.writeUInt32BE(bytes, 1);
    return prefixed;
  };
  test.each([
    ['13: a message of two gigabytes', lie(2 ** 31), {}, status.RESOURCE_EXHAUSTED],
    ['13: a message that is longer than its call', lie(full.length + 1), {}, undefined],
    ['13: two messages where there is one', Buffer.concat([framed(full), framed(full)]), {}, undefined],
    ['14: a compression that is not known', framed(full, true), { 'grpc-encoding': 'br' }, status.UNIMPLEMENTED],
    ['14: bytes that do not unpack', framed(full, true), { 'grpc-encoding': 'gzip' }, status.INTERNAL],
    [
      '14: a gigabyte in a megabyte',
      framed(gzipSync(Buffer.alloc(64 * 1024 * 1024)), true),
      { 'grpc-encoding': 'gzip' },
      status.RESOURCE_EXHAUSTED,
    ],
  ])('bad input %s changes nothing and ends', async (_, raw, headers, code) => {
    const end = await call({ path: put, raw, headers, timeoutMs: 20_000 });
    expect(end.hung).toBe(false);
    if (code !== undefined) expect(end.grpcStatus).toBe(code);
    const kept = await node.get('bad-input-13');
    expect(kept).toBeUndefined();
  });

  test('bad input 14: a message that says that it is compressed, in a call that says that none is, is taken as it stands', async () => {
    const message = Buffer.from(
      PutRequest.encode(PutRequest.fromPartial({ key: 'bad-input-14', value: '1' })).finish(),
    );
    const end = await call({ path: put, raw: framed(message, true), timeoutMs: 20_000 });
    expect([end.grpcStatus, await node.get('bad-input-14')]).toEqual([status.OK, '1']);
  });

  test('bad input 43: a name of metadata with upper case, and a line break in a value, end the connection or the call', async () => {
    for (const [name, value] of [
      ['X-Upper', 'x'],
      ['x-break', 'a\r\nb: c'],
    ] as const) {
      const socket = await greeted();
      const literal = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
      const pairs = [
        [':method', 'POST'],
        [':scheme', 'http'],
        [':path', getStatus],
        ['content-type', 'application/grpc'],
        ['te', 'trailers'],
        [name, value],
      ].map(([key = '', text = '']) => Buffer.concat([Buffer.from([0]), literal(key), literal(text)]));
      socket.write(frame(1, 5, 1, Buffer.concat(pairs)));
      const answers: Buffer[] = [];
      socket.on('data', (bytes: Buffer) => answers.push(bytes));
      // RST_STREAM (3) of the call, or GOAWAY (7) and the end.
      while (!socket.destroyed && !Buffer.concat(answers).includes(Buffer.from([0, 0, 4, 3]))) {
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
      socket.destroy();
      await node.expectServing();
    }
  });
});
