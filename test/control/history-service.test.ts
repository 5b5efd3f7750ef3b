import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { deferred } from '../../src/base/deferred.js';
import { RaftctlError } from '../../src/base/errors.js';
import { defaultCallLimits } from '../../src/control/call-runner.js';
import {
  AuditRecord,
  EventType,
  HistoryEvent,
  HistoryServiceClient,
  HistoryServiceService,
  ListEventsRequest,
  type WatchEventsRequest,
} from '../../src/gen/raftctl/v1/history.js';
import { ControlServer, detailOf, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

let node: FakeNode;
let control: ControlServer;
let client: HistoryServiceClient;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = control.client(HistoryServiceClient);
});
afterEach(() => control.stop());

const event = (seq: number) => HistoryEvent.create({ seq, type: EventType.LEADER, cause: 'elected', node: 1 });

describe('the history', () => {
  test('is listed as it was asked for', async () => {
    const asked: ListEventsRequest[] = [];
    node.listEvents = (request) => {
      asked.push(request);
      return { events: [event(7), event(9)], oldest: 4 };
    };
    const request = ListEventsRequest.create({ since: 6, types: [EventType.LEADER, EventType.CONFIG], limit: 2 });
    expect(await unary(client, HistoryServiceService.listEvents, request)).toEqual({
      events: [event(7), event(9)],
      oldest: 4,
    });
    expect(asked).toEqual([request]);
  });

  test('is watched from an event on, for as long as the caller stays', async () => {
    const asked: WatchEventsRequest[] = [];
    const gone = deferred<void>();
    node.watchEvents = async function* (request, options) {
      asked.push(request);
      yield event(7);
      yield event(8);
      await new Promise<void>((resolve) => options?.signal?.addEventListener('abort', () => resolve()));
      gone.resolve();
    };
    const stream = client.watchEvents({ since: 6, types: [] });
    stream.on('error', () => {});
    const seen: number[] = [];
    await new Promise<void>((resolve) => {
      stream.on('data', ({ event: one }) => {
        seen.push(one.seq);
        if (seen.length === 2) resolve();
      });
    });
    stream.cancel();
    await gone.promise;
    expect(seen).toEqual([7, 8]);
    expect(asked).toEqual([{ since: 6, types: [] }]);
  });

  test('tells no beginning from the very first one', async () => {
    const asked: (number | undefined)[] = [];
    node.watchEvents = async function* ({ since }) {
      asked.push(since);
      yield event(7);
    };
    for (const since of [undefined, 0]) {
      const stream = client.watchEvents({ since, types: [] });
      stream.resume();
      await new Promise((resolve) => stream.on('end', resolve));
    }
    expect(asked).toEqual([undefined, 0]);
  });

  test('says to a watcher that is too slow that it may come again, and from where', async () => {
    node.watchEvents = async function* () {
      yield event(7);
      throw new RaftctlError('E_OVERLOADED', 'the watcher is too slow', {
        retryable: true,
        hint: 'raftctl watch --since 90',
      });
    };
    const stream = client.watchEvents({ types: [] });
    stream.resume();
    const error = await new Promise<Parameters<typeof detailOf>[0]>((resolve) => stream.on('error', resolve));
    expect(detailOf(error)).toMatchObject({ code: 'E_OVERLOADED', retryable: true, hint: 'raftctl watch --since 90' });
  });

  test('takes as many watchers as it may, and one more when one has gone', async () => {
    control.stop();
    control = await ControlServer.start(node, { limits: { ...defaultCallLimits, streamsMax: 2 } });
    client = control.client(HistoryServiceClient);
    node.watchEvents = async function* (_, options) {
      yield event(7);
      await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
    };
    const watch = () => {
      const stream = client.watchEvents({ types: [] });
      const first = new Promise<number | undefined>((resolve, reject) => {
        stream.once('data', ({ event: told }) => resolve(told?.seq));
        stream.on('error', reject);
      });
      return { stream, first };
    };
    const watchers = [watch(), watch()];
    for (const { first } of watchers) expect(await first).toBe(7);
    const refusal = await watch().first.catch(detailOf);
    expect(refusal).toMatchObject({
      code: 'E_OVERLOADED',
      retryable: true,
      message: expect.stringContaining('2 streams'),
    });
    watchers[0]?.stream.cancel();
    const again = await vi.waitUntil(() => watch().first.catch(() => undefined));
    expect(again).toBe(7);
    watchers[1]?.stream.cancel();
  });
});

describe('an audit record of another node', () => {
  const record = (text: string) =>
    HistoryEvent.create({ type: EventType.AUDIT, node: 2, text, audit: AuditRecord.create({ requestId: 'r' }) });

  test('is written down', async () => {
    const written: HistoryEvent[] = [];
    node.recordAudit = async (given) => void written.push(given);
    await unary(client, HistoryServiceService.recordAudit, { event: record('x') });
    expect(written).toEqual([record('x')]);
  });

  test('is one, and no larger than the largest', async () => {
    for (const given of [undefined, event(1), record('x'.repeat(20_000))]) {
      const { error } = await failure(unary(client, HistoryServiceService.recordAudit, { event: given }));
      expect(error.code).toBe(status.INVALID_ARGUMENT);
    }
  });
});
