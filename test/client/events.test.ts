import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RaftctlError } from '../../src/base/errors.js';
import { type Client, createClient } from '../../src/client/index.js';
import { EventType, HistoryEvent, type WatchEventsRequest } from '../../src/gen/raftctl/v1/history.js';
import { type FakeNode, startTrio } from './fake-node.js';

let nodes: [FakeNode, FakeNode, FakeNode];
let client: Client;
const stop = () => new AbortController();

beforeEach(async () => {
  nodes = await startTrio();
  client = createClient({ endpoints: [nodes[0].address], timeoutMs: 3000 });
});
afterEach(() => {
  client.close();
  for (const node of nodes) node.stop();
});

const event = (seq: number) => ({ event: HistoryEvent.fromPartial({ seq, type: EventType.LEADER, node: seq }) });

/** Tells the events after the wanted one, and then is silent. */
async function* eventsAfter(since: number, last: number): AsyncGenerator<object> {
  for (let seq = since + 1; seq <= last; seq++) yield event(seq);
  await new Promise(() => {});
}

/** The first so many sequence numbers that a watcher is told. */
async function take(count: number, watching: AsyncGenerator<HistoryEvent>): Promise<number[]> {
  const told: number[] = [];
  for await (const { seq } of watching) if (told.push(seq) === count) break;
  return told;
}

describe('watching events', () => {
  test('begins after what has happened already where nothing else is said', async () => {
    for (const node of nodes) {
      node.on('listEvents', () => ({ events: [event(41).event], oldest: 3 }));
      node.onStream('watchEvents', ({ since }: WatchEventsRequest) => eventsAfter(since ?? 0, 43));
    }
    expect(await take(2, client.watchEvents({}, stop().signal))).toEqual([42, 43]);
  });

  test('goes on at another node where one dies, tells nothing twice and leaves nothing out', async () => {
    const moves: string[] = [];
    for (const node of nodes) {
      node.onStream('watchEvents', ({ since }: WatchEventsRequest) => eventsAfter(since ?? 0, (since ?? 0) + 2));
    }
    const asked = () => nodes.filter((node) => node.requests('watchEvents').length > 0);
    const told: number[] = [];
    for await (const { seq } of client.watchEvents({ since: 0, onMove: (to) => moves.push(to) }, stop().signal)) {
      told.push(seq);
      if (seq === 2) for (const node of asked()) node.stop();
      if (seq === 4) break;
    }
    expect(told).toEqual([1, 2, 3, 4]);
    expect(asked()).toHaveLength(2);
    expect(asked().map(({ address }) => address)).toContain(moves[0]);
  });

  test('ends with the reason where no node is left', async () => {
    for (const node of nodes) node.onStream('watchEvents', () => eventsAfter(0, 1));
    const watching = client.watchEvents({ since: 0 }, stop().signal);
    expect((await watching.next()).value).toMatchObject({ seq: 1 });
    for (const node of nodes) node.stop();
    await expect(watching.next()).rejects.toMatchObject({ exitCode: 3 });
  });

  test('does not try again what another try does not mend', async () => {
    for (const node of nodes) {
      node.onStream('watchEvents', async function* () {
        yield new RaftctlError('E_USAGE', 'no such type');
      });
    }
    await expect(take(1, client.watchEvents({ since: 0 }, stop().signal))).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  test('ends quietly when it is given up', async () => {
    const gone = stop();
    for (const node of nodes)
      node.onStream('watchEvents', ({ since }: WatchEventsRequest) => eventsAfter(since ?? 0, 1));
    const watching = client.watchEvents({ since: 0 }, gone.signal);
    expect((await watching.next()).value).toMatchObject({ seq: 1 });
    gone.abort();
    expect(await watching.next()).toEqual({ value: undefined, done: true });
  });
});
