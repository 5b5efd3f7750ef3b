import { crc32 } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { type Message, MessageType, Snapshot } from '../../src/gen/raft/v1/raft.js';
import { SnapshotInfo } from '../../src/gen/raftctl/v1/cluster.js';
import type { SnapshotSink, SnapshotSource } from '../../src/node/ports.js';
import { append, cluster, message, type NodeSetup, Nodes, type TestNode } from './network.js';

const nodes = new Nodes();
afterEach(() => nodes.stop());

const chunkBytes = 256 * 1024;

/** A file of `chunks` chunks, the n-th of which is full of n. */
function file(chunks: number, stop?: (index: number) => Promise<void> | void): SnapshotSource {
  return {
    info: SnapshotInfo.fromPartial({ index: 10, term: 2, bytes: chunks * chunkBytes }),
    async *chunks() {
      for (let i = 0; i < chunks; i++) {
        await stop?.(i);
        yield new Uint8Array(chunkBytes).fill(i);
      }
    },
  };
}

function snapshotMessage(from: number, to: number): Message {
  const snapshot = Snapshot.fromPartial({ metadata: { index: 10, term: 2, confState: { voters: [1, 2] } } });
  return message(from, to, { msgType: MessageType.SNAPSHOT, snapshot });
}

/** A sink that notes what happens to it. */
class RecordingSink implements SnapshotSink {
  bytes = 0;
  checksum = 0;
  readonly calls: string[] = [];
  private readonly aborted = deferred<void>();
  readonly whenAborted = this.aborted.promise;

  constructor(private readonly onWrite: (bytes: number) => Promise<void> = async () => {}) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length;
    this.checksum = crc32(chunk, this.checksum);
    await this.onWrite(this.bytes);
  }

  async finish(): Promise<void> {
    this.calls.push('finish');
  }

  async abort(): Promise<void> {
    this.calls.push('abort');
    this.aborted.resolve();
  }
}

async function pair(sink: SnapshotSink, setup: NodeSetup = {}): Promise<[TestNode, TestNode]> {
  const [one, two] = [nodes.make(1, setup), nodes.make(2, { onSnapshotOffered: async () => sink, ...setup })];
  await cluster(one, two);
  return [one, two];
}

describe('a snapshot', () => {
  it('arrives byte for byte, is staged, and then the message is stepped', async () => {
    const sink = new RecordingSink();
    const [one, two] = await pair(sink);
    const chunks = 160;
    const progress: number[] = [];
    await one.transport.sendSnapshot(snapshotMessage(1, 2), file(chunks), (bytes) => progress.push(bytes));

    let checksum = 0;
    for (let i = 0; i < chunks; i++) checksum = crc32(new Uint8Array(chunkBytes).fill(i), checksum);
    expect([sink.bytes, sink.checksum, sink.calls]).toEqual([chunks * chunkBytes, checksum, ['finish']]);
    expect(two.staged).toEqual([snapshotMessage(1, 2)]);
    expect(progress).toEqual(Array.from({ length: chunks }, (_, i) => (i + 1) * chunkBytes));
  });

  it('goes at the pace of the disk that takes it, and messages pass it by', async () => {
    const gate = deferred<void>();
    const sink = new RecordingSink((bytes) => (bytes > 8 * chunkBytes ? gate.promise : Promise.resolve()));
    const [one, two] = await pair(sink);
    let sent = 0;
    const sending = one.transport.sendSnapshot(snapshotMessage(1, 2), file(200), (bytes) => {
      sent = bytes;
    });
    await two.until(() => sink.bytes > 8 * chunkBytes);
    one.transport.send([append(1, 2, 1, 1000), message(1, 2)]);
    await two.until(() => two.received.length === 2);
    expect(sent).toBeLessThan(100 * chunkBytes);
    gate.resolve();
    await sending;
    expect(sink.bytes).toBe(200 * chunkBytes);
  });

  it('that is not wanted is refused, with the reason', async () => {
    const onSnapshotOffered = () => Promise.reject(new Error('index 10 is applied already'));
    const [one, two] = await pair(new RecordingSink(), { onSnapshotOffered });
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), file(2), () => {})).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: 'snapshot to node 2 failed: refused: index 10 is applied already',
    });
    expect(two.staged).toEqual([]);
  });

  it('from a stranger is refused like any word of it', async () => {
    const [one, two] = await pair(new RecordingSink());
    Object.assign(one.identity, { clusterId: 'c2' });
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), file(2), () => {})).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringContaining('belongs to cluster "c1"'),
    });
    expect(two.staged).toEqual([]);
  });

  it('that the receiving disk cannot take is given up on both sides', async () => {
    const sink = new RecordingSink(async (bytes) => {
      if (bytes > 3 * chunkBytes) throw new Error('no space left');
    });
    const [one, two] = await pair(sink);
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), file(50), () => {})).rejects.toThrow(
      'no space left',
    );
    expect([sink.calls, two.staged]).toEqual([['abort'], []]);
  });

  it('whose file cannot be read to its end leaves nothing behind', async () => {
    const sink = new RecordingSink();
    const [one, two] = await pair(sink);
    const torn = file(50, (index) => {
      if (index === 20) throw new Error('chunk 20 has a wrong checksum');
    });
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), torn, () => {})).rejects.toThrow('wrong checksum');
    await sink.whenAborted;
    expect([sink.calls, two.staged]).toEqual([['abort'], []]);
  });

  it('ends with the sender, or when its receiver is no member any more', async () => {
    for (const stop of [(one: TestNode) => one.transport.setPeers([]), (one: TestNode) => void one.transport.close()]) {
      const sink = new RecordingSink();
      const [one] = await pair(sink);
      const halfWay = file(50, async (index) => {
        if (index === 20) stop(one);
      });
      await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), halfWay, () => {})).rejects.toMatchObject({
        code: expect.stringMatching(/^E_(STOPPED|NOT_FOUND)$/),
      });
      await sink.whenAborted;
      expect(sink.calls).toEqual(['abort']);
    }
  });

  it('may take longer than a stand-still, as long as it moves', async () => {
    const sink = new RecordingSink();
    const [one] = await pair(sink, { config: { snapshotIdleMs: 800 } });
    const slow = file(50, () => new Promise((resolve) => setTimeout(resolve, 25)));
    await one.transport.sendSnapshot(snapshotMessage(1, 2), slow, () => {});
    expect(sink.calls).toEqual(['finish']);
  });

  it('that stands still is given up by both sides', async () => {
    const sink = new RecordingSink();
    const [one] = await pair(sink, { config: { snapshotIdleMs: 1000 } });
    const stuck = deferred<void>();
    const halted = file(50, (index) => (index === 20 ? stuck.promise : undefined));
    const sending = one.transport.sendSnapshot(snapshotMessage(1, 2), halted, () => {});
    sending.catch(() => {});
    await sink.whenAborted;
    stuck.resolve();
    await expect(sending).rejects.toMatchObject({ name: 'RaftctlError' });
    expect(sink.calls).toEqual(['abort']);
  });

  it('waits for the one before it from the same node', async () => {
    const gate = deferred<void>();
    const sink = new RecordingSink(() => gate.promise);
    const [one, two] = await pair(sink);
    const first = one.transport.sendSnapshot(snapshotMessage(1, 2), file(4), () => {});
    await two.until(() => sink.bytes > 0);
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), file(4), () => {})).rejects.toMatchObject({
      code: 'E_OVERLOADED',
    });
    gate.resolve();
    await first;
    expect(two.staged.length).toBe(1);
  });

  it('of another length than announced is no snapshot', async () => {
    for (const [announced, text] of [
      [3 * chunkBytes, 'more than the'],
      [5 * chunkBytes, 'were announced'],
    ] as const) {
      const sink = new RecordingSink();
      const [one] = await pair(sink);
      const lying = { ...file(4), info: SnapshotInfo.fromPartial({ bytes: announced }) };
      await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), lying, () => {})).rejects.toThrow(text);
      expect(sink.calls).toEqual(['abort']);
    }
  });

  it('for a node that is not there fails at once', async () => {
    const [one, two] = await pair(new RecordingSink());
    await two.stop();
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 2), file(2), () => {})).rejects.toMatchObject({
      code: 'E_CONN_REFUSED',
    });
    await expect(one.transport.sendSnapshot(snapshotMessage(1, 7), file(2), () => {})).rejects.toMatchObject({
      code: 'E_NOT_FOUND',
    });
  });
});
