import { BinaryWriter } from '@bufbuild/protobuf/wire';
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Server,
  ServerCredentials,
  type ServiceError,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { type Message, MessageType, Snapshot } from '../../src/gen/raft/v1/raft.js';
import {
  ConnectRequest,
  ConnectResponse,
  type PeerFrame,
  SendSnapshotRequest,
} from '../../src/gen/raftctl/v1/transport.js';
import { makeHello } from '../../src/transport/hello.js';
import { cluster, message, Nodes, RecordingLogger, type TestNode } from './network.js';

const nodes = new Nodes();
const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await nodes.stop();
});

const path = '/raftctl.v1.TransportService/Connect';
const snapshotPath = '/raftctl.v1.TransportService/SendSnapshot';
const asIs = (bytes: Buffer) => bytes;

/** A peer stream of which every byte is the test's own. */
class RawPeer {
  readonly frames: NonNullable<PeerFrame['frame']>[] = [];
  private readonly call: ClientDuplexStream<Buffer, Buffer>;
  readonly ended: Promise<StatusObject>;

  constructor(readonly node: TestNode) {
    const client = new Client(`127.0.0.1:${node.port}`, credentials.createInsecure());
    clients.push(client);
    this.call = client.makeBidiStreamRequest(path, asIs, asIs);
    this.call.on('error', () => {});
    this.call.on('data', (bytes: Buffer) => {
      const frame = ConnectResponse.decode(bytes).frame?.frame;
      if (frame !== undefined) this.frames.push(frame);
    });
    this.ended = new Promise((resolve) => this.call.on('status', resolve));
  }

  write(bytes: Uint8Array): this {
    this.call.write(Buffer.from(bytes));
    return this;
  }

  frame(frame: PeerFrame['frame']): this {
    return this.write(ConnectRequest.encode({ frame: { frame } }).finish());
  }

  /** As node 9 of the same cluster. */
  hello(): this {
    return this.frame({ $case: 'hello', value: { ...makeHello(this.node.identity, this.node.id), from: 9 } });
  }

  batch(...messages: Message[]): this {
    return this.frame({ $case: 'batch', value: { messages } });
  }
}

/** A node that talks to another one all the while: whatever a raw peer does must not touch that. */
async function busyNode(logger = new RecordingLogger()): Promise<{ node: TestNode; undisturbed: () => Promise<void> }> {
  const [node, other] = [nodes.make(1, { logger }), nodes.make(2)];
  await cluster(node, other);
  other.transport.send([message(2, 1)]);
  await node.until(() => node.received.length === 1);
  return {
    node,
    undisturbed: async () => {
      const before = other.received.length;
      node.transport.send([message(1, 2)]);
      await other.until(() => other.received.length === before + 1);
      expect(other.unreachable).toEqual([]);
    },
  };
}

/** A type that no node has heard of. */
const unknownType: number = 99;

/** A frame with one message whose term is 2^64 - 1. */
function hugeTerm(): Uint8Array {
  const inner = new BinaryWriter().uint32(32).uint64('18446744073709551615').finish();
  const nest = (field: number, bytes: Uint8Array) =>
    new BinaryWriter()
      .uint32((field << 3) | 2)
      .bytes(bytes)
      .finish();
  return nest(1, nest(2, nest(1, inner)));
}

describe('a peer that does not keep to the protocol', () => {
  const cases: [string, (peer: RawPeer) => RawPeer, status, string][] = [
    [
      'sends noise',
      (peer) => peer.write(Buffer.from('ffffffffffffffffffff', 'hex')),
      status.INVALID_ARGUMENT,
      'cannot be read',
    ],
    [
      'sends noise after its hello',
      (peer) => peer.hello().write(Buffer.from('0a05', 'hex')),
      status.INVALID_ARGUMENT,
      'cannot be read',
    ],
    ['sends an empty frame', (peer) => peer.write(Buffer.alloc(0)), status.INVALID_ARGUMENT, 'it says nothing'],
    [
      'sends a number beyond 2^53 - 1',
      (peer) => peer.hello().write(hugeTerm()),
      status.INVALID_ARGUMENT,
      'MAX_SAFE_INTEGER',
    ],
    ['says no hello', (peer) => peer.batch(message(9, 1)), status.INVALID_ARGUMENT, 'not a hello'],
    ['says hello twice', (peer) => peer.hello().hello(), status.INVALID_ARGUMENT, 'second hello'],
    [
      'sends more than fits a frame',
      (peer) => peer.hello().write(Buffer.alloc(5 << 20)),
      status.RESOURCE_EXHAUSTED,
      '',
    ],
  ];
  it.each(cases)('and %s loses its stream, and nobody else does', async (_, act, code, text) => {
    const { node, undisturbed } = await busyNode();
    const ended = await act(new RawPeer(node)).ended;
    expect(ended.code).toBe(code);
    expect(ended.details).toContain(text);
    expect(node.received.length).toBe(1);
    await undisturbed();
  });

  it('and never says hello at all is not waited for', async () => {
    const node = await nodes.make(1, { config: { helloTimeoutMs: 50 } }).start();
    expect((await new RawPeer(node).ended).code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('and speaks before it is answered is heard once the hello is accepted', async () => {
    const asked = deferred<void>();
    const node = await nodes
      .make(1, {
        identity: { clusterId: '' },
        onAdopt: async (clusterId) => {
          await asked.promise;
          Object.assign(node.identity, { clusterId });
        },
      })
      .start();
    const hello = { ...makeHello(node.identity, 1), clusterId: 'c1', from: 9, hearerIsVoter: false };
    const peer = new RawPeer(node).frame({ $case: 'hello', value: hello }).batch(message(9, 1));
    // By the time these have come and gone, all that was sent before them is there.
    for (let i = 0; i < 5; i++) await new RawPeer(node).write(Buffer.from('ff', 'hex')).ended;
    expect([node.received.length, peer.frames.length]).toEqual([0, 0]);
    asked.resolve();
    await node.until(() => node.received.length === 1);
  });

  it('has its echo, its valid messages, and no others', async () => {
    const logger = new RecordingLogger();
    const { node, undisturbed } = await busyNode(logger);
    const peer = new RawPeer(node).hello().frame({ $case: 'ping', value: { nonce: 77, echo: false } });
    const local = [
      'HUP',
      'BEAT',
      'PROPOSE',
      'SNAPSHOT',
      'UNREACHABLE',
      'SNAP_STATUS',
      'CHECK_QUORUM',
      'FORGET_LEADER',
    ] as const;
    peer.batch(...local.map((type) => message(9, 1, { msgType: MessageType[type] })));
    peer.batch(
      message(2, 1),
      message(9, 3),
      message(9, 1, { msgType: unknownType as MessageType }),
      message(9, 1, { commit: 5 }),
    );
    await node.until(() => node.received.length > 1);
    expect(node.received.slice(1)).toEqual([message(9, 1, { commit: 5 })]);
    expect(peer.frames).toContainEqual({ $case: 'ping', value: { nonce: 77, echo: true } });
    // One line a kind, however many there were.
    const dropped = logger.lines.filter((line) => line.message === 'message of a peer dropped');
    expect(dropped.map(({ fields }) => fields['reason']).sort()).toEqual([
      'it is for another node',
      'it names another sender than its stream',
      'its type does not travel between nodes',
    ]);
    await undisturbed();
  });

  it('and sends any bytes at all ends with a status of its own', async () => {
    const { node, undisturbed } = await busyNode();
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 64 }), async (introduced, bytes) => {
        const peer = new RawPeer(node);
        if (introduced) peer.hello();
        // Bytes that happen to be a frame, or to skip as unknown fields, are followed by some that never are.
        peer.write(bytes).write(Buffer.from('ff', 'hex'));
        expect((await peer.ended).code).not.toBe(status.UNKNOWN);
        return true;
      }),
      { numRuns: 50 },
    );
    await undisturbed();
  });
});

describe('a snapshot stream that does not keep to the protocol', () => {
  /** Sends parts, as they are, to node 1 and returns how that ended. */
  async function sendRaw(node: TestNode, ...parts: Uint8Array[]): Promise<ServiceError> {
    const client = new Client(`127.0.0.1:${node.port}`, credentials.createInsecure());
    clients.push(client);
    return await new Promise((resolve, reject) => {
      const call = client.makeClientStreamRequest(snapshotPath, asIs, asIs, (error) =>
        error === null ? reject(new Error('it was taken')) : resolve(error),
      );
      call.on('error', () => {});
      for (const part of parts) call.write(Buffer.from(part));
      call.end();
    });
  }

  const chunk = SendSnapshotRequest.encode({ part: { $case: 'chunk', value: new Uint8Array(10) } }).finish();
  const header = (node: TestNode, one: Message | undefined, from = 9) =>
    SendSnapshotRequest.encode({
      part: {
        $case: 'header',
        value: { hello: { ...makeHello(node.identity, node.id), from }, message: one, bytes: 10 },
      },
    }).finish();
  const good = () =>
    message(9, 1, {
      msgType: MessageType.SNAPSHOT,
      snapshot: Snapshot.fromPartial({ metadata: { index: 3, term: 1 } }),
    });

  const cases: [string, (node: TestNode) => Uint8Array[], string][] = [
    ['says nothing', () => [], 'not a header'],
    ['begins with a chunk', () => [chunk], 'not a header'],
    ['is noise', () => [Buffer.from('ffffff', 'hex')], 'cannot be read'],
    ['has noise in it', (node) => [header(node, good()), Buffer.from('ffffff', 'hex')], 'cannot be read'],
    ['has two headers', (node) => [header(node, good()), header(node, good())], 'second header'],
    ['has no message', (node) => [header(node, undefined)], 'lacks'],
    ["is somebody else's", (node) => [header(node, { ...good(), from: 8 })], 'no snapshot from the speaker'],
    ['is for somebody else', (node) => [header(node, { ...good(), to: 8 })], 'no snapshot from the speaker'],
    ['is of another type', (node) => [header(node, message(9, 1))], 'no snapshot from the speaker'],
    ['ends too soon', (node) => [header(node, good())], '0 bytes came'],
    ['is too long', (node) => [header(node, good()), chunk, chunk], 'more than the 10 bytes'],
  ];
  it.each(cases)('and %s is refused, and its file given up', async (_, parts, text) => {
    let opened = 0;
    const abort = async () => {
      opened -= 1;
    };
    const sink = { write: async () => {}, finish: async () => {}, abort };
    const onSnapshotOffered = async () => {
      opened += 1;
      return sink;
    };
    const node = await nodes.make(1, { onSnapshotOffered }).start();
    const error = await sendRaw(node, ...parts(node));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toContain(text);
    expect([opened, node.staged]).toEqual([0, []]);
  });
});

describe('a node that dials', () => {
  it('is not hurt by an address where something else answers', async () => {
    const imposter = new Server();
    const method = { path, requestStream: true, responseStream: true } as const;
    const codec = {
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    imposter.addService(
      { connect: { ...method, ...codec } },
      { connect: (call: { write(bytes: Buffer): void }) => call.write(Buffer.from('junk')) },
    );
    const port = await new Promise<number>((resolve) =>
      imposter.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, bound) => resolve(bound)),
    );
    const one = await nodes.make(1).start();
    one.transport.setPeers([{ id: 2, name: '', address: `127.0.0.1:${port}`, addedIndex: 1 }]);
    one.transport.send([message(1, 2)]);
    await one.until(() => one.unreachable.length > 0);
    expect(one.link(2).error).toContain('a frame cannot be read');
    imposter.forceShutdown();
  });

  it('is not hurt by an address that is none', async () => {
    const one = await nodes.make(1).start();
    one.transport.setPeers([{ id: 2, name: '', address: 'no such thing://', addedIndex: 1 }]);
    one.transport.send([message(1, 2)]);
    await one.until(() => one.unreachable.length > 0);
    expect(one.link(2).connected).toBe(false);
    expect(one.link(2).error).not.toBe('');
  });
});
