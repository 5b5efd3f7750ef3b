import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from 'vitest';
import { Admission, defaultAdmissionLimits } from '../../src/daemon/admission.js';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';

/** Services of a node, of which nothing but the names count here. Their calls wait until a test answers them. */
const paths = {
  put: '/raftctl.v1.KvService/Put',
  status: '/raftctl.v1.ClusterService/GetStatus',
  connect: '/raftctl.v1.TransportService/Connect',
};

const bytes = (given: Buffer) => given;
const method = (path: string) => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});

let close = () => {};
afterEach(() => close());

async function start(limits: Partial<typeof defaultAdmissionLimits> = {}) {
  const pacer = { isRefusing: false, spent: 0, spend: () => void pacer.spent++ };
  const refused: string[] = [];
  const memory = { bytes: 0 };
  const cut: string[] = [];
  const admission = new Admission({
    pacer,
    clock: () => performance.now(),
    messageMemory: () => memory.bytes,
    cutOff: (from) => cut.push(from),
    onRefused: (code) => refused.push(code),
    limits: { ...defaultAdmissionLimits, ...limits },
  });
  const server = new Server({ interceptors: [admission.interceptor] });
  const waiting: ((bytes?: number) => void)[] = [];
  for (const path of Object.values(paths)) {
    server.addService(
      { call: method(path) },
      {
        call: (_: unknown, answer: (error: null, value: Buffer) => void) => {
          waiting.push((bytes = 0) => answer(null, Buffer.alloc(bytes)));
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  // One who does not read holds up his own call, and not the others of the connection.
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 1024 } });
  close = () => {
    session.destroy();
    admission.stop();
    server.forceShutdown();
  };
  return { admission, cut, memory, pacer, refused, session, waiting };
}

function begin(session: ClientHttp2Session, path: string, more: Record<string, string> = {}): ClientHttp2Stream {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...more };
  return session.request(headers).on('error', () => {});
}

/** gRPC's empty message. */
const emptyMessage = Buffer.alloc(5);

async function ending(stream: ClientHttp2Stream): Promise<{ code: status; error: string | undefined }> {
  const headers = await new Promise<Record<string, unknown>>((resolve) => {
    stream.on('response', (given) => given['grpc-status'] !== undefined && resolve(given));
    stream.on('trailers', resolve);
    stream.resume();
  });
  const detail = headers['raftctl-error-bin'];
  const error = typeof detail === 'string' ? ErrorDetail.decode(Buffer.from(detail, 'base64')) : undefined;
  return { code: Number(headers['grpc-status']), error: error?.code };
}

function call(session: ClientHttp2Session, path: string, more: Record<string, string> = {}) {
  const stream = begin(session, path, more);
  stream.end(emptyMessage);
  return ending(stream);
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await nextTurn();
}

const overloaded = { code: status.RESOURCE_EXHAUSTED, error: 'E_OVERLOADED' };
const ok = { code: status.OK, error: undefined };

test('takes so many calls at once, refuses the next by name, and takes more when some have ended', async () => {
  const { admission, session, waiting, refused } = await start({ openCallsMax: 2 });
  const taken = [call(session, paths.put), call(session, paths.status)];
  await until(() => waiting.length === 2);
  expect(await call(session, paths.status)).toEqual(overloaded);
  expect(refused).toEqual(['E_OVERLOADED']);
  for (const answer of waiting.splice(0)) answer();
  expect(await Promise.all(taken)).toEqual([ok, ok]);
  await until(() => admission.openCalls === 0);
  const next = call(session, paths.put);
  await until(() => waiting.length === 1);
  waiting[0]?.();
  expect(await next).toEqual(ok);
});

test('a caller who goes away makes room', async () => {
  const { admission, session, waiting } = await start({ openCallsMax: 1 });
  const stream = begin(session, paths.put);
  stream.end(emptyMessage);
  await until(() => waiting.length === 1);
  stream.close();
  await until(() => admission.openCalls === 0);
});

test('peers do not count, and are never refused', async () => {
  const { admission, pacer, session, waiting } = await start({ openCallsMax: 0 });
  pacer.isRefusing = true;
  const peer = call(session, paths.connect);
  await until(() => waiting.length === 1);
  expect(admission.openCalls).toBe(0);
  waiting[0]?.();
  expect(await peer).toEqual(ok);
  expect(pacer.spent).toBe(0);
});

test('while callers wait too long, load is refused, and who asks how the node is gets his answer', async () => {
  const { pacer, session, waiting } = await start();
  pacer.isRefusing = true;
  expect(await call(session, paths.put)).toEqual(overloaded);
  const asked = call(session, paths.status);
  await until(() => waiting.length === 1);
  waiting[0]?.();
  expect(await asked).toEqual(ok);
  expect(pacer.spent).toBeGreaterThanOrEqual(3);
});

test('a call whose message never comes to its end is ended', async () => {
  const { admission, session, waiting } = await start({ requestMs: 50 });
  const halting = begin(session, paths.put);
  halting.write(Buffer.from([0, 0, 0, 0, 14, 1, 2, 3]));
  const whole = call(session, paths.status);
  expect(await ending(halting)).toEqual({ code: status.DEADLINE_EXCEEDED, error: 'E_CONN_TIMEOUT' });
  await until(() => admission.openCalls === 1);
  waiting[0]?.();
  expect(await whole).toEqual(ok);
});

test('where messages take too much memory, the oldest go on to arrive, and the others and new load are refused', async () => {
  const { admission, memory, session, waiting } = await start({ messageMemoryMax: 1000, arrivalsWhenFullMax: 1 });
  const [first, ...later] = Array.from({ length: 3 }, () => begin(session, paths.put));
  for (const stream of [first, ...later]) stream?.write(emptyMessage.subarray(0, 2));
  await until(() => admission.openCalls === 3);
  memory.bytes = 1001;
  expect(await Promise.all(later.map(ending))).toEqual([overloaded, overloaded]);
  expect(await call(session, paths.put)).toEqual(overloaded);
  first?.end(emptyMessage.subarray(2));
  const asked = call(session, paths.status);
  await until(() => waiting.length === 2);
  for (const answer of waiting) answer();
  expect(first && (await ending(first))).toEqual(ok);
  expect(await asked).toEqual(ok);
  memory.bytes = 0;
  const retried = async () => {
    const again = await Promise.race([call(session, paths.put), until(() => waiting.length === 3).then(() => ok)]);
    return again.code === status.OK;
  };
  while (!(await retried()));
});

test('the connection of a caller who does not take his answer is cut; sooner where memory is short', async () => {
  const { admission, cut, memory, session, waiting } = await start({ messageMemoryMax: 1000, takeWhenFullMs: 50 });
  // More than HTTP/2 sends to who does not read.
  const unread = begin(session, paths.status);
  unread.end(emptyMessage);
  await until(() => waiting.length === 1);
  waiting[0]?.(1024 * 1024);
  await once(unread, 'response');
  const taken = call(session, paths.status);
  await until(() => waiting.length === 2);
  waiting[1]?.();
  expect(await taken).toEqual(ok);
  expect(cut).toEqual([]);
  memory.bytes = 1001;
  await until(() => cut.length > 0);
  expect(cut).toEqual([`127.0.0.1:${session.socket.localPort}`]);
  expect(admission.openCalls).toBe(1);
});

test.each([
  ['keys', Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`key-${at}`, 'x']))],
  ['bytes', { 'a-key': 'x'.repeat(8 * 1024) }],
])('metadata with too many %s is refused', async (_, metadata) => {
  const { session } = await start();
  await once(session, 'remoteSettings');
  expect(await call(session, paths.put, metadata)).toEqual({ code: status.RESOURCE_EXHAUSTED, error: undefined });
});
