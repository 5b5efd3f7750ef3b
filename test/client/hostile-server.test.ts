import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { Connection } from '../../src/client/connection.js';
import { type Client, createClient } from '../../src/client/index.js';
import { collectEntries } from '../../src/client/log-entries.js';
import { toSettings } from '../../src/client/options.js';
import { NodeStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { type Changed, ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import { ListEntriesResponse, LogServiceService } from '../../src/gen/raftctl/v1/log.js';
import { UpdateMemberRequest } from '../../src/gen/raftctl/v1/member.js';
import { type FakeNode, notLeader, startTrio } from './fake-node.js';

type Raw = sendUnaryData<Buffer>;
const ours = expect.objectContaining({ name: 'RaftctlError' });

/** Whoever listens where a node should, and answers every unary call with whatever bytes a test wants. */
class Stranger {
  answer: (call: ServerUnaryCall<Buffer, Buffer>, answer: Raw) => void = () => undefined;
  readonly #server = new Server({ 'grpc.max_send_message_length': -1 });
  address = '';

  async start(): Promise<this> {
    const raw = (bytes: Buffer) => bytes;
    const method = (path: string, responseStream: boolean) => ({
      ...{ path, requestStream: false, responseStream },
      ...{ requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw },
    });
    const service = { getStatus: method('/raftctl.v1.ClusterService/GetStatus', false) };
    this.#server.addService(service, {
      getStatus: (call: ServerUnaryCall<Buffer, Buffer>, done: Raw) => this.answer(call, done),
    });
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.address = `127.0.0.1:${port}`;
    return this;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

describe('bad input 60: what a server answers', () => {
  let stranger: Stranger;
  let client: Client;
  beforeEach(async () => {
    stranger = await new Stranger().start();
    client = createClient({ endpoints: [stranger.address], timeoutMs: 1000 });
  });
  afterEach(() => {
    client.close();
    stranger.stop();
  });

  test('random bytes, and messages of other kinds, are an error of ours', async () => {
    const random = seededRandom(1);
    for (let size = 1; size < 60; size++) {
      stranger.answer = (_, answer) => answer(null, Buffer.from(Array.from({ length: size }, () => random() * 256)));
      const outcome = await client.view().then(
        () => ours,
        (thrown: unknown) => thrown,
      );
      expect(outcome).toEqual(ours);
    }
  });

  test('more than one message may have', async () => {
    stranger.answer = (_, answer) => answer(null, Buffer.alloc(17 * 1024 * 1024));
    await expect(client.view()).rejects.toMatchObject({ code: 'E_TOO_LARGE', exitCode: 2 });
  });

  test('nothing, for ever', async () => {
    await expect(client.view()).rejects.toMatchObject({ code: 'E_CONN_TIMEOUT', exitCode: 3 });
  });

  test('another version of the interface', async () => {
    stranger.answer = (_, answer) => answer({ code: status.UNIMPLEMENTED, details: 'no such method' });
    await expect(client.view()).rejects.toMatchObject({ code: 'E_NOT_RAFTNODE' });
  });

  test.each([
    ['is no detail', Buffer.from('\xff\xff\xff\xff not a message', 'latin1')],
    ['has a length beyond its end', Buffer.from([0x0a, 0xff, 0xff, 0x03])],
    ['is empty', Buffer.alloc(0)],
  ])('a detail of an error that %s', async (_, bytes) => {
    const metadata = new Metadata();
    metadata.set('raftctl-error-bin', bytes);
    stranger.answer = (_call, answer) => answer({ code: status.ABORTED, details: 'lost', metadata });
    await expect(client.view()).rejects.toEqual(ours);
  });

  test('an error of a thousand lines, of codes and addresses that are none', async () => {
    const metadata = new Metadata();
    const detail = ErrorDetail.fromPartial({
      code: '__proto__',
      message: 'm'.repeat(3000),
      facts: Array.from({ length: 1000 }, () => 'f'),
      changed: 99 as Changed,
      leaderHint: { id: 1, address: 'http://\u0000', term: 1 },
    });
    metadata.set('raftctl-error-bin', Buffer.from(ErrorDetail.encode(detail).finish()));
    stranger.answer = (_call, answer) => answer({ code: status.ABORTED, details: '', metadata });
    const error = await client.view().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'E_VERSION_SKEW', changed: 'unknown', leaderHint: undefined });
    expect((error as { message: string }).message.length).toBeLessThan(2100);
    expect((error as { facts: string[] }).facts.length).toBeLessThan(100);
  });
});

describe('bad input 60: what a node says of others', () => {
  let nodes: [FakeNode, FakeNode, FakeNode];
  let client: Client;
  beforeEach(async () => {
    nodes = await startTrio();
    client = createClient({ endpoints: [nodes[0].address], timeoutMs: 2000 });
  });
  afterEach(() => {
    client.close();
    for (const node of nodes) node.stop();
  });

  test('addresses that are none are not dialled, and ten thousand members not all', async () => {
    const bad = ['', 'nowhere', '127.0.0.1:0', 'unix:', '::', '\u0000:1', `${'x'.repeat(5000)}:1`, 'a:b@c:1'];
    nodes[0].status = NodeStatus.fromPartial({
      ...nodes[0].status,
      members: [
        ...bad.map((address, at) => ({ id: 10 + at, name: 'x', address, addedIndex: 1 })),
        ...Array.from({ length: 10_000 }, (_, at) => ({
          id: 100 + at,
          name: 'x',
          address: nodes[1].address,
          addedIndex: 1,
        })),
      ],
    });
    const { nodes: seen } = await client.view();
    expect(seen.map(({ id }) => id)).toEqual([1, 2, 3]);
  });

  test('leaders that name each other are followed for a while, and no longer', async () => {
    nodes[0].on('listMembers', () => notLeader(nodes[1]));
    nodes[0].on('updateMember', () => notLeader(nodes[1]));
    nodes[1].on('updateMember', () => notLeader(nodes[0]));
    const request = UpdateMemberRequest.fromPartial({ id: 1, by: 'x' });
    await expect(client.updateMember(request)).rejects.toMatchObject({ code: 'E_NOT_LEADER' });
  });

  test('a leader at an address that is none', async () => {
    nodes[0].on('updateMember', () => {
      const error = notLeader(nodes[1]);
      return Object.assign(error, { leaderHint: { id: 2, address: 'not an address', term: 1 } });
    });
    const request = UpdateMemberRequest.fromPartial({ id: 1, by: 'x' });
    await expect(client.updateMember(request)).rejects.toEqual(ours);
  });
});

test('bad input 60: a log without an end is taken up to a bound', async () => {
  const server = new Server();
  const entry = ListEntriesResponse.fromPartial({ entry: { index: 1, term: 1, data: Buffer.alloc(1024 * 1024) } });
  let sent = 0;
  const nobody = () => undefined;
  server.addService(LogServiceService, {
    getLogInfo: nobody,
    listEntries: async (call: {
      write(entry: object): boolean;
      once(event: string, done: () => void): void;
      cancelled: boolean;
    }) => {
      while (!call.cancelled && sent < 1000) {
        sent++;
        if (!call.write(entry)) await new Promise<void>((resolve) => call.once('drain', resolve));
      }
    },
  });
  const port = await new Promise<number>((resolve) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
  );
  const connection = new Connection(`127.0.0.1:${port}`, toSettings({ endpoints: [] }));
  const bytesMax = 32 * 1024 * 1024;
  await expect(
    collectEntries(connection, { from: 1, to: 0, limit: 0 }, Date.now() + 20_000, bytesMax),
  ).rejects.toMatchObject({
    code: 'E_TOO_LARGE',
  });
  connection.close();
  server.forceShutdown();
  expect(sent).toBeLessThan(200);
});
