import type { Metadata } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorDetail } from '../../src/gen/raftctl/v1/errors.js';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { type KvPair, PlainClient } from './plain-client.js';

const MIB = 1024 ** 2;
const limits = { proposalBytesMax: 64 * 1024, callsMax: 200, inboxItemsMax: 128 };
const connections = 60;
const callsPerConnection = 10;
/** Calls that each of them makes, one after the other. */
const rounds = 5;
const kv = 'raftctl.v1.KvService';

/**
 * What the node may hold for all callers by its own limits, with the program itself and what V8 has not collected yet. Without limits, the
 * values of the load alone are more.
 */
const memoryBytesMax = 512 * MIB;

let cluster: TestCluster;
const clients: PlainClient[] = [];
beforeAll(async () => {
  const flags = [
    ...['--proposal-size-max', '64KiB', '--calls-max', String(limits.callsMax)],
    ...['--inbox-max', String(limits.inboxItemsMax), '--inbox-size-max', '1MiB', '--uncommitted-size-max', '2MiB'],
    // Two seconds: the load runs on the machine of the nodes, and takes processors from them.
    ...['--election-ticks', '20'],
  ];
  cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3], flags });
}, 60_000);
afterAll(async () => {
  for (const client of clients) client.close();
  await cluster.close();
});

function connect(id: number): PlainClient {
  const client = new PlainClient(cluster.address(id), { 'grpc.use_local_subchannel_pool': 1 });
  clients.push(client);
  return client;
}

/** Code of a refusal, as the node says it; undefined where it is none of its own. */
function codeOf(error: { metadata?: Metadata }): string | undefined {
  const [bytes] = error.metadata?.get('raftctl-error-bin') ?? [];
  return bytes instanceof Buffer ? ErrorDetail.decode(bytes).code : undefined;
}

/** How one call ended: `ok`, or the code of its refusal. */
async function outcome(client: PlainClient, method: string, request: object): Promise<string> {
  try {
    await client.call(kv, method, request, 30_000);
    return 'ok';
  } catch (thrown) {
    const error = thrown as Error & { metadata?: Metadata };
    return codeOf(error) ?? error.message;
  }
}

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of outcomes) counts[each] = (counts[each] ?? 0) + 1;
  return counts;
}

test('far more load than a cluster can carry is refused by name; its leader stays, and it serves as before afterwards', async () => {
  const before = await cluster.succeed<ClusterStatus>(['status']);
  const leaderId = before.leader?.id ?? 0;
  const reader = connect(leaderId);

  // Watchers that never read.
  const watchers = Array.from({ length: 20 }, () =>
    connect(leaderId)
      .open('raftctl.v1.ClusterService', 'WatchStatus', {})
      .on('error', () => {}),
  );

  // Giant requests, and broken ones beside them.
  const giant = JSON.stringify('x'.repeat(2 * limits.proposalBytesMax));
  expect(await outcome(reader, 'Put', { key: 'giant', value: giant })).toBe('E_TOO_LARGE');
  expect(await outcome(reader, 'Put', { key: 'giant', value: '{' })).toBe('E_USAGE');

  const value = JSON.stringify('y'.repeat(limits.proposalBytesMax / 8));
  const flood = Array.from({ length: connections }, () => connect(leaderId)).flatMap((client, at) =>
    Array.from({ length: callsPerConnection }, async (_, call) => {
      const outcomes: string[] = [];
      for (let round = 0; round < rounds; round++) {
        const fresh = { key: 'key0', consistency: 'CONSISTENCY_LINEARIZABLE' };
        const request = call % 4 === 0 ? fresh : { key: `key${at}`, value };
        outcomes.push(await outcome(client, call % 4 === 0 ? 'Get' : 'Put', request));
      }
      return outcomes;
    }),
  );
  const counts = count((await Promise.all(flood)).flat());
  expect(counts['ok']).toBeGreaterThan(0);
  expect(counts['E_OVERLOADED']).toBeGreaterThan(0);
  // Nothing but these: a connection to a peer may fall silent for a moment on a machine as busy as this.
  const { ok, E_OVERLOADED, E_OUTCOME_UNKNOWN, E_NO_QUORUM, ...others } = counts;
  expect(others).toEqual({});

  const after = await cluster.succeed<ClusterStatus>(['status']);
  expect(after.leader).toMatchObject({ id: leaderId, term: before.leader?.term });
  expect(await cluster.node(leaderId).peakMemoryBytes()).toBeLessThan(memoryBytesMax);

  expect(await outcome(reader, 'Put', { key: 'after', value: '1' })).toBe('ok');
  const { pair } = await reader.call<{ pair: KvPair }>(kv, 'Get', { key: 'after' });
  expect(pair.value).toBe('1');
  for (const watcher of watchers) watcher.cancel();
}, 120_000);
