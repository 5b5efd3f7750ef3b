import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EntryType } from '../../src/gen/raft/v1/raft.js';
import { type ListEntriesResponse, LogServiceClient, LogServiceService } from '../../src/gen/raftctl/v1/log.js';
import { ControlServer, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

let node: FakeNode;
let control: ControlServer;
let client: LogServiceClient;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = control.client(LogServiceClient);
});
afterEach(() => control.stop());

function fillLog(count: number, bytes: number): void {
  const data = new Uint8Array(bytes);
  node.log = Array.from({ length: count }, (_, at) => ({
    entry: { entryType: EntryType.NORMAL, term: 1, index: at + 1, data, context: new Uint8Array() },
    committed: true,
    summary: 'put',
    size: bytes,
  }));
}

async function list(from: number, to: number, limit: number): Promise<number[]> {
  const indexes: number[] = [];
  const stream = client.listEntries({ from, to, limit });
  stream.on('data', ({ entry }: ListEntriesResponse) => indexes.push(entry?.index ?? 0));
  await new Promise<void>((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('error', reject);
  });
  return indexes;
}

test('the shape of the log is told with its newest snapshot', async () => {
  fillLog(3, 1);
  expect(await unary(client, LogServiceService.getLogInfo, {})).toMatchObject({
    nodeId: 1,
    log: { first: 1, last: 3 },
    snapshotIndex: 40,
    snapshotTerm: 3,
    terms: [{ term: 1, first: 1, last: 3 }],
  });
});

describe('entries', () => {
  test('are listed over the pages they are read in, in one ascending run', async () => {
    fillLog(1000, 1);
    const all = Array.from({ length: 1000 }, (_, at) => at + 1);
    expect(await list(0, 0, 0)).toEqual(all);
    expect(await list(10, 700, 0)).toEqual(all.slice(9, 700));
    expect(await list(10, 0, 300)).toEqual(all.slice(9, 309));
    expect(await list(1001, 0, 0)).toEqual([]);
  });

  test('a range that ends before it begins is refused', async () => {
    await expect(list(5, 4, 0)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT, details: /^to: / });
  });

  test('are not read from the log faster than the caller takes them', async () => {
    const entryBytes = 100_000;
    fillLog(2000, entryBytes);
    let read = 0;
    const entries = node.logEntries.bind(node);
    node.logEntries = function* (from, to, limit) {
      for (const described of entries(from, to, limit)) {
        read++;
        yield described;
      }
    };
    const stream = client.listEntries({ from: 0, to: 0, limit: 0 });
    const cancelled = new Promise<void>((resolve) => stream.on('error', () => resolve()));
    await new Promise<void>((resolve) => stream.once('readable', resolve));
    // Until nothing moves any more: the caller reads nothing, so the windows of HTTP/2 and the stream's own queue fill up.
    let before = -1;
    await vi.waitUntil(
      () => {
        const still = read === before;
        before = read;
        return still;
      },
      { interval: 200 },
    );
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(500);
    stream.cancel();
    await cancelled;
  });
});
