import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import type { LinkStatus } from '../../src/node/ports.js';
import { append, cluster, message, Nodes } from './network.js';
import { Wire } from './wire.js';

const nodes = new Nodes();
const wires: Wire[] = [];
afterEach(async () => {
  await nodes.stop();
  for (const wire of wires.splice(0)) wire.close();
});

/** Two nodes, the first of which reaches the second only through a wire that can be frozen. */
async function wired(config = {}) {
  const [one, two] = [nodes.make(1, { config }), nodes.make(2, { config })];
  await cluster(one, two);
  const wire = await Wire.to(two.port);
  wires.push(wire);
  one.transport.setPeers([wire.inFrontOf(two.member)]);
  one.transport.send([message(1, 2)]);
  await two.until(() => two.received.length === 1);
  return { one, two, wire };
}

describe('a peer that falls silent while its connection stays open', () => {
  it('is noticed by both sides, and reached again once the wire is back', async () => {
    const { one, two, wire } = await wired();
    wire.freeze();
    const silent = ({ connected, error }: LinkStatus) => !connected && error === 'no answer';
    await Promise.all([one.until(() => silent(one.link(2))), two.until(() => silent(two.link(1)))]);
    // Once for the stream that broke, and once more for each dial that went into the frozen wire.
    expect([new Set(one.unreachable), new Set(two.unreachable)]).toEqual([new Set([2]), new Set([1])]);

    wire.thaw();
    await two.until(() => {
      one.transport.send([message(1, 2)]);
      return two.received.length > 1;
    });
    expect(one.link(2).connected).toBe(true);
  });

  it('or never says a word after the connection is made', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const one = await nodes.make(1, { config: { helloTimeoutMs: 50 } }).start();
    const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
    one.transport.setPeers([{ id: 2, name: 'mute', address, addedIndex: 1 }]);
    one.transport.send([message(1, 2)]);
    expect(one.link(2)).toMatchObject({ connected: false, error: 'dialled, no answer yet' });
    await one.until(() => one.unreachable.length > 0);
    expect(one.link(2)).toMatchObject({ connected: false, error: 'no answer' });
    mute.close();
  });
});

describe('a peer that reads slowly', () => {
  it('holds bounded memory, and its heartbeats overtake the appends', async () => {
    const queueBytesMax = 8 * 1024 * 1024;
    const { one, two, wire } = await wired({ queueBytesMax, pingIntervalMs: 60_000 });
    wire.freeze();
    const appendBytes = 64 * 1024;
    const offered = 1000;
    for (let i = 0; i < offered; i++) one.transport.send([append(1, 2, i, appendBytes)]);
    await one.until(() => one.unreachable.length > 0);
    expect(one.unreachable).toEqual([2]);
    // gRPC has taken what it may; all that is left waits in the queue.
    await new Promise((resolve) => setImmediate(resolve));
    one.transport.send([message(1, 2, { commit: 99 })]);
    wire.thaw();

    await two.until(() => two.received.some(({ commit }) => commit === 99));
    const heartbeatAt = two.received.findIndex(({ commit }) => commit === 99);
    const taken = queueBytesMax / appendBytes;
    // A batch and what gRPC has not sent yet, and what the flow-control window has let out: 768 KiB.
    expect(heartbeatAt).toBeLessThan(20);
    await two.until(() => two.received.at(-1)?.msgType === MessageType.APPEND && two.received.length > taken - 8);
    expect(two.received.length).toBeLessThan(taken + 32);
    const indexes = two.received.filter(({ msgType }) => msgType === MessageType.APPEND).map(({ index }) => index);
    expect(indexes).toEqual(indexes.map((_, i) => i));
  });
});
