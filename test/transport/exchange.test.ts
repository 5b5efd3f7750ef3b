import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { append, cluster, introduce, message, Nodes, RecordingLogger, type TestNode } from './network.js';

const nodes = new Nodes();
afterEach(() => nodes.stop());

/** Pings itself only once a minute. */
const slow = { config: { pingIntervalMs: 60_000 } };

describe('nodes that know each other', () => {
  it('exchange messages both ways over the one stream that the first speaker dialled', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);

    one.transport.send([message(1, 2, { commit: 7 })]);
    await two.until(() => two.received.length === 1);
    expect(two.received[0]).toEqual(message(1, 2, { commit: 7 }));

    two.transport.send([message(2, 1, { msgType: MessageType.HEARTBEAT_RESPONSE })]);
    await one.until(() => one.received.length === 1);
    expect(one.received[0]?.msgType).toBe(MessageType.HEARTBEAT_RESPONSE);
    expect(one.link(2)).toMatchObject({ id: 2, connected: true, error: '', address: two.member.address });
    expect(two.link(1)).toMatchObject({ connected: true, error: '' });
    expect([one.unreachable, two.unreachable]).toEqual([[], []]);
  });

  it('remember of each other what they can do, also when one is gone', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);
    expect(one.link(2).abilities).toBeUndefined();
    await one.until(() => one.link(2).connected);
    const said = { features: ['feature-of-2'], certificateNames: [] };
    expect(one.link(2).abilities).toEqual(said);
    await two.stop();
    await one.until(() => !one.link(2).connected);
    expect(one.link(2).abilities).toEqual(said);
  });

  it('are three, and each hears what is for it and nothing else', async () => {
    const all = [nodes.make(1), nodes.make(2), nodes.make(3)];
    await cluster(...all);
    for (const from of all) {
      from.transport.send(all.filter((to) => to !== from).map((to) => message(from.id, to.id)));
    }
    for (const node of all) {
      await node.until(() => node.received.length === 2);
      expect(node.received.map((one) => one.to)).toEqual([node.id, node.id]);
      expect(new Set(node.received.map((one) => one.from)).size).toBe(2);
    }
  });

  it('get appends in the order in which they were sent, entries byte for byte', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);
    const sent = Array.from({ length: 2000 }, (_, i) => append(1, 2, i, 100));
    for (let i = 0; i < sent.length; i += 50) one.transport.send(sent.slice(i, i + 50));
    await two.until(() => two.received.length === sent.length);
    expect(two.received.map(({ index }) => index)).toEqual(sent.map(({ index }) => index));
    expect(Buffer.from(two.received[9]?.entries[0]?.data ?? [])).toEqual(Buffer.alloc(100));
  });

  it('measure the round trip and when they last heard of each other', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);
    expect(one.link(2)).toMatchObject({ connected: false, rttMs: undefined, lastSeenMs: undefined });
    one.transport.send([message(1, 2)]);
    await one.until(() => one.link(2).rttMs !== undefined);
    await two.until(() => two.link(1).rttMs !== undefined);
    expect(one.link(2).rttMs).toBeGreaterThan(0);
    expect(one.link(2).lastSeenMs).toBeGreaterThanOrEqual(0);
  });

  it('tell each other whether they want to lead: with the first word, and at once when that changes', async () => {
    const [one, two, three] = [
      nodes.make(1, slow),
      nodes.make(2, { ...slow, identity: { declinesLeadership: true } }),
      nodes.make(3, slow),
    ];
    await cluster(one, two, three);
    expect(one.link(2).declinesLeadership).toBeUndefined();
    await one.until(() => one.link(2).declinesLeadership !== undefined && one.link(3).declinesLeadership !== undefined);
    expect([one.link(2).declinesLeadership, one.link(3).declinesLeadership]).toEqual([true, false]);

    // The next ping would come in a minute only.
    Object.assign(two.identity, { declinesLeadership: false });
    two.transport.announceIntent();
    await one.until(() => one.link(2).declinesLeadership === false);
    await three.until(() => three.link(2).declinesLeadership === false);
    Object.assign(two.identity, { declinesLeadership: true });
    two.transport.announceIntent();
    await one.until(() => one.link(2).declinesLeadership === true);

    await two.stop();
    await one.until(() => !one.link(2).connected);
    expect(one.link(2).declinesLeadership).toBeUndefined();
  });

  it('settle on the stream that the lower id dialled where both dial at once, and lose no message', async () => {
    for (let turnsApart = 0; turnsApart < 12; turnsApart++) {
      const log = [new RecordingLogger(), new RecordingLogger()] as const;
      const [one, two] = [nodes.make(1, { logger: log[0] }), nodes.make(2, { logger: log[1] })];
      await cluster(one, two);
      const count = 20;
      const sendAll = (from: TestNode, to: number) => {
        for (let i = 0; i < count; i++) from.transport.send([append(from.id, to, i, 10)]);
      };
      sendAll(two, 1);
      for (let turn = 0; turn < turnsApart; turn++) await new Promise((resolve) => setImmediate(resolve));
      sendAll(one, 2);
      await one.until(() => one.received.length === count);
      await two.until(() => two.received.length === count);
      expect(one.received.map(({ index }) => index)).toEqual(two.received.map(({ index }) => index));
      expect([one.unreachable, two.unreachable]).toEqual([[], []]);
      const streams = log.map(({ lines }) => lines.map(({ message, fields }) => `${message} ${fields['dialled']}`));
      expect(streams).toContainEqual(['peer connected true']);
      expect(streams).toContainEqual(['peer connected false']);
      if (turnsApart === 0) expect(streams[0]).toEqual(['peer connected true']);
      await nodes.stop();
    }
  });

  it('are connected even where only one of them can reach the other', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const [one, two] = [nodes.make(1, { config: { helloTimeoutMs: 100 } }), nodes.make(2)];
    await cluster(one, two);
    const nowhere = { ...two.member, address: `127.0.0.1:${(mute.address() as AddressInfo).port}` };
    one.transport.setPeers([nowhere]);
    one.transport.send([message(1, 2)]);
    two.transport.send([message(2, 1)]);
    await one.until(() => one.received.length === 1);
    await two.until(() => two.received.length === 1);
    expect([one.unreachable, two.unreachable]).toEqual([[], []]);
    mute.close();
  });

  it('survive a node that throws at what it is told', async () => {
    const two = nodes.make(2, {
      onMessages: () => {
        throw new Error('no room in the inbox');
      },
    });
    const one = nodes.make(1);
    await cluster(one, two);
    one.transport.send([message(1, 2)]);
    await one.until(() => one.unreachable.length > 0);
    expect(one.link(2).error).toBe('messages were not taken: no room in the inbox');
    expect(two.link(1).connected).toBe(false);
  });
});

describe('a peer that goes away', () => {
  it('is reported, dialled again with pauses, and reached once it is back', async () => {
    const [one, two] = [nodes.make(1), nodes.make(2)];
    await cluster(one, two);
    one.transport.send([message(1, 2)]);
    await two.until(() => two.received.length === 1);

    await two.stop();
    await one.until(() => one.unreachable.length > 0 && !one.link(2).connected);
    const stale = message(1, 2, { commit: 111 });
    one.transport.send([stale]);
    await one.until(() => one.link(2).error === 'connection refused');

    await two.restart();
    introduce(one, two);
    const before = two.received.length;
    await two.until(() => {
      one.transport.send([message(1, 2)]);
      return two.received.length > before;
    });
    expect(one.link(2)).toMatchObject({ connected: true, error: '' });
    expect(two.received).not.toContainEqual(stale);
  });

  it('is cut off when it is no member any more, and what waits for it is dropped', async () => {
    const [one, two, three] = [nodes.make(1), nodes.make(2), nodes.make(3)];
    await cluster(one, two, three);
    one.transport.send([message(1, 2), message(1, 3)]);
    await three.until(() => three.received.length === 1);
    one.transport.setPeers([one.member, two.member]);
    expect(one.transport.links().map(({ id }) => id)).toEqual([2]);
    await three.until(() => !three.link(1).connected);
    expect(three.link(1).error).toBe('ended by the peer');
    one.transport.send([message(1, 3)]);
    one.transport.send([message(1, 2)]);
    await two.until(() => two.received.length === 2);
    expect(three.received.length).toBe(1);
  });

  it('is dialled anew when its address changes', async () => {
    const [one, old, moved] = [nodes.make(1), nodes.make(2), nodes.make(2)];
    await cluster(one, old);
    one.transport.send([message(1, 2)]);
    await old.until(() => old.received.length === 1);
    await moved.start();
    introduce(one, moved);
    one.transport.send([message(1, 2)]);
    await moved.until(() => moved.received.length === 1);
    expect(one.link(2)).toMatchObject({ connected: true, address: moved.member.address });
  });
});
