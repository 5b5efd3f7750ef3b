import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { SnapshotInfo } from '../../src/gen/raftctl/v1/cluster.js';
import { SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { Calls } from '../../src/maelstrom/calls.js';
import { MaelstromTransport } from '../../src/maelstrom/maelstrom-transport.js';
import type { Envelope } from '../../src/maelstrom/protocol.js';
import { errorBody } from '../../src/maelstrom/request-handler.js';
import type { SnapshotSource } from '../../src/node/ports.js';

const member = (id: number) => ({ id, name: `n${id}`, address: `n${id}`, addedIndex: 1 });

/** One node's side of the network, in one of its lives. */
class End {
  readonly received: Message[] = [];
  readonly unreachable: number[] = [];
  readonly chunks: string[] = [];
  readonly staged: Message[] = [];
  diskFull = false;
  readonly calls: Calls;
  readonly transport: MaelstromTransport;

  constructor(
    readonly id: number,
    life: number,
    readonly network: Network,
  ) {
    const send = (dest: string, body: Envelope['body']) => network.carry({ src: `n${id}`, dest, body });
    this.calls = new Calls(life, send);
    this.transport = new MaelstromTransport({
      ...{ life, send, calls: this.calls, congested: () => false, clock: () => 0, logger: silentLogger },
    });
  }

  start(): this {
    this.network.ends.set(`n${this.id}`, this);
    this.transport.setPeers([member(1), member(2)]);
    this.transport.start(
      {
        ...{ nodeId: this.id, clusterId: 'c1', incarnation: 1, address: `n${this.id}`, version: 'test' },
        ...{ stateMachine: 'kv', instance: `disk-${this.id}`, instanceOf: () => undefined, wallClockMs: 0 },
        ...{ isVoter: () => true, configIndex: 1, isKnown: () => true, declinesLeadership: false },
        abilities: { features: [], certificateNames: [] },
        space: SpaceLevel.AMPLE,
      },
      {
        onMessages: (messages) => this.received.push(...messages),
        onUnreachable: (id) => this.unreachable.push(id),
        onSnapshotOffered: async () => ({
          write: async (chunk) => {
            if (this.diskFull) throw new Error('the disk is full');
            this.chunks.push(Buffer.from(chunk).toString());
          },
          finish: async () => {},
          abort: async () => {},
        }),
        onSnapshotReceived: (message) => this.staged.push(message),
        onAdopt: async () => {},
      },
    );
    return this;
  }

  take(message: Envelope): void {
    const { src, body } = message;
    if (body.in_reply_to !== undefined) this.calls.onAnswer(src, body);
    else if (body.type === 'raft_hello') this.transport.onHello(message);
    else if (body.type === 'raft_batch') this.transport.onBatch(message);
    else {
      const answer = this.transport.onSnapshotPart(message).then(() => ({ type: 'ok' }), errorBody);
      void answer.then((said) =>
        this.network.carry({ src: `n${this.id}`, dest: src, body: { ...said, in_reply_to: body.msg_id ?? 0 } }),
      );
    }
  }
}

/** Delivers everything, as often as it is told, and keeps it. */
class Network {
  readonly ends = new Map<string, End>();
  readonly log: Envelope[] = [];
  copies = 1;

  carry(message: Envelope): void {
    this.log.push(message);
    for (let copy = 0; copy < this.copies; copy++) setImmediate(() => this.ends.get(message.dest)?.take(message));
  }

  of(type: string): readonly Envelope[] {
    return this.log.filter(({ body }) => body.type === type);
  }
}

const open: End[] = [];
afterEach(() => Promise.all(open.splice(0).map(({ transport }) => transport.close())));

function start(network: Network, id: number, life: number): End {
  const end = new End(id, life, network).start();
  open.push(end);
  return end;
}

async function connected(...ends: readonly End[]): Promise<void> {
  while (!ends.every(({ transport }) => transport.links().every((link) => link.connected))) await turns();
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}

const heartbeat = (from: number, to: number, term: number) =>
  Message.create({ msgType: MessageType.HEARTBEAT, from, to, term });

describe('messages between nodes', () => {
  test('arrive once both have said hello, and are not sent before', async () => {
    const network = new Network();
    const left = start(network, 1, 100);
    left.transport.send([heartbeat(1, 2, 1)]);
    expect(left.unreachable).toEqual([2]);
    const right = start(network, 2, 200);
    await connected(left, right);
    left.transport.send([heartbeat(1, 2, 3), heartbeat(1, 2, 4)]);
    await turns();
    expect(right.received.map(({ term }) => term)).toEqual([3, 4]);
  });

  test('may come twice, but not from before a restart of who sent them', async () => {
    const network = new Network();
    const [left, right] = [start(network, 1, 100), start(network, 2, 200)];
    await connected(left, right);
    left.transport.send([heartbeat(1, 2, 3)]);
    const [old] = network.of('raft_batch') as [Envelope];
    right.take(old);
    await turns();
    expect(right.received.map(({ term }) => term)).toEqual([3, 3]);

    await left.transport.close();
    const again = start(network, 1, 101);
    await connected(again);
    while (network.of('raft_hello').every(({ src, body }) => src !== 'n2' || body['yours'] !== 101)) await turns();
    // Not even where an old hello comes before it.
    for (const hello of network.of('raft_hello').filter(({ body }) => body['life'] === 100)) right.take(hello);
    await turns();
    right.take(old);
    expect(right.received).toHaveLength(2);
    again.transport.send([heartbeat(1, 2, 5)]);
    await turns();
    expect(right.received.at(-1)?.term).toBe(5);
  });

  test('nor to an earlier life of who gets them', async () => {
    const network = new Network();
    const [left, right] = [start(network, 1, 100), start(network, 2, 200)];
    await connected(left, right);
    left.transport.send([heartbeat(1, 2, 3)]);
    const [old] = network.of('raft_batch') as [Envelope];
    await turns();
    await right.transport.close();
    const again = start(network, 2, 201);
    await connected(again);
    again.take(old);
    expect(again.received).toEqual([]);
  });

  test('are left out where they are of somebody else, or cannot be read', async () => {
    const network = new Network();
    const [left, right] = [start(network, 1, 100), start(network, 2, 200)];
    await connected(left, right);
    left.transport.send([heartbeat(7, 2, 3)]);
    right.take({ src: 'n1', dest: 'n2', body: { type: 'raft_batch', life: 100, yours: 200, batch: 'AAAA' } });
    right.take({ src: 'n9', dest: 'n2', body: { type: 'raft_batch', life: 100, yours: 200 } });
    right.take({ src: 'n1', dest: 'n2', body: { type: 'raft_hello', life: 100, hello: 'AAAA' } });
    await turns();
    expect(right.received).toEqual([]);
  });
});

describe('a snapshot', () => {
  const message = Message.create({ msgType: MessageType.SNAPSHOT, from: 1, to: 2, term: 3 });
  const source: SnapshotSource = {
    info: SnapshotInfo.create(),
    async *chunks() {
      for (const chunk of ['one', 'two', 'three']) yield Buffer.from(chunk);
    },
  };

  test('arrives in parts, each written once, even where everything comes twice', async () => {
    const network = new Network();
    const [left, right] = [start(network, 1, 100), start(network, 2, 200)];
    await connected(left, right);
    network.copies = 2;
    const sent: number[] = [];
    await left.transport.sendSnapshot(message, source, (bytes) => sent.push(bytes));
    await turns();
    expect([right.chunks, sent, right.staged.length]).toEqual([['one', 'two', 'three'], [3, 6, 11], 1]);
  });

  test('that cannot be written fails for its sender, and the next one is taken', async () => {
    const network = new Network();
    const [left, right] = [start(network, 1, 100), start(network, 2, 200)];
    await connected(left, right);
    right.diskFull = true;
    await expect(left.transport.sendSnapshot(message, source, () => {})).rejects.toThrow('the disk is full');
    right.diskFull = false;
    await left.transport.sendSnapshot(message, source, () => {});
    expect([right.chunks, right.staged.length]).toEqual([['one', 'two', 'three'], 1]);
  });

  test('is not sent to who is not there', async () => {
    const left = start(new Network(), 1, 100);
    await expect(left.transport.sendSnapshot(message, source, () => {})).rejects.toThrow('node 2 is not connected');
  });
});

describe('a request to another node', () => {
  test('takes the answer of that node to this request, and no other', async () => {
    const asked: { id: number | undefined }[] = [];
    const calls = new Calls(1000, (_, body) => asked.push({ id: body.msg_id }));
    // As one of an earlier life, and of somebody else.
    const answer = calls.call('n2', { type: 'raft_forward' }, 60_000);
    const id = asked[0]?.id ?? 0;
    expect(id).toBeGreaterThan(1000);
    calls.onAnswer('n2', { type: 'ok', in_reply_to: 1 });
    calls.onAnswer('n3', { type: 'wrong', in_reply_to: id });
    calls.onAnswer('n2', { type: 'right', in_reply_to: id });
    expect(await answer).toMatchObject({ type: 'right' });
  });

  test('fails with the code of the answer; one that is not known says nothing for sure', async () => {
    const sent: (number | undefined)[] = [];
    const calls = new Calls(0, (_, body) => sent.push(body.msg_id));
    const [known, unknown] = [calls.call('n2', { type: 'x' }, 60_000), calls.call('n2', { type: 'x' }, 60_000)];
    calls.onAnswer('n2', { type: 'error', code: 22, text: 'no', in_reply_to: sent[0] ?? 0 });
    calls.onAnswer('n2', { type: 'error', code: 77, in_reply_to: sent[1] ?? 0 });
    await expect(known).rejects.toMatchObject({ code: 22, message: 'no' });
    await expect(unknown).rejects.toMatchObject({ code: 13 });
  });

  test('that is not answered in time may have been carried out', async () => {
    const calls = new Calls(0, () => {});
    await expect(calls.call('n2', { type: 'x' }, 1)).rejects.toMatchObject({ code: 0 });
  });
});
