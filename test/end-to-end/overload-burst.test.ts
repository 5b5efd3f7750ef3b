import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FloodReport } from '../../bench/overload/flood.js';
import { LoadProcess } from '../../bench/overload/load-process.js';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';

const MIB = 1024 ** 2;
/** What a node may have for the program itself, for what callers send, and for what V8 has not collected yet. */
const memoryBytesMax = 700 * MIB;
/** What a node takes of connections by itself. */
const connectionsMax = 1000;
const generator = fileURLToPath(new URL('../../dist/bench/overload/generator.js', import.meta.url));
const usual = { connections: 200, callsPerConnection: 10, rounds: 1, valueBytes: 64, reads: 0, deadlineMs: 60_000 };

let cluster: TestCluster;
let load: LoadProcess;
let before: ClusterStatus;
let leaderId: number;
beforeAll(async () => {
  // An election time-out of two seconds: the machine has other work as well, and without pacing a burst takes a leader several.
  cluster = await TestCluster.start({ ids: [1, 2, 3], voters: [1, 2, 3], flags: ['--election-ticks', '20'] });
  before = await cluster.succeed<ClusterStatus>(['status']);
  leaderId = before.leader?.id ?? 0;
  load = new LoadProcess(generator);
});
afterAll(async () => {
  await load.stop();
  await cluster.close();
});

const flood = (order: Partial<typeof usual>) => load.flood({ address: cluster.address(leaderId), ...usual, ...order });

/** Every call has ended in one of the two ways that there are. */
function expectAnsweredOrRefused({ outcomes }: FloodReport, calls: number): void {
  const { ok = 0, E_OVERLOADED = 0, ...others } = outcomes;
  expect(others).toEqual({});
  expect(ok + E_OVERLOADED).toBe(calls);
  expect(ok).toBeGreaterThan(0);
}

/** The same leader in the same term, within its memory, and writes go on as before. */
async function expectUnmoved(): Promise<void> {
  const { leader } = await cluster.succeed<ClusterStatus>(['status']);
  expect(leader).toMatchObject({ id: leaderId, term: before.leader?.term });
  expect(await cluster.node(leaderId).peakMemoryBytes()).toBeLessThan(memoryBytesMax);
  await cluster.succeed(['kv', 'put', 'after', '1']);
}

test('thousands of calls over two hundred connections at once are answered or refused, and nobody holds an election', async () => {
  expectAnsweredOrRefused(await flood({ callsPerConnection: 15 }), 3000);
  await expectUnmoved();
}, 90_000);

test('so are values of one byte and of the greatest size that is allowed, of which there are more than the node takes', async () => {
  expectAnsweredOrRefused(await flood({ connections: 20, rounds: 3, valueBytes: 1 }), 600);
  const valueBytes = MIB - 1024;
  expectAnsweredOrRefused(await flood({ connections: 12, callsPerConnection: 4, valueBytes }), 48);
  await expectUnmoved();
}, 120_000);

test('a crowd of connections that ask for nothing takes no place from who wants something', async () => {
  const address = cluster.address(leaderId);
  const crowd = await load.gather({ address, connections: 1500, doing: 'idle', callsPerConnection: 0 });
  expect(crowd.taken).toBeLessThan(1500);
  await cluster.until(
    'served by the node that has the crowd',
    () => cluster.run<ClusterStatus>(['status'], [leaderId]),
    ({ exitCode }) => exitCode === 0,
  );
  expect((await load.leave()).open).toBeLessThanOrEqual(connectionsMax);
  await expectUnmoved();
}, 90_000);

test('watchers that never read and requests that never end are bounded, and keep nobody else from an answer', async () => {
  const address = cluster.address(leaderId);
  await load.gather({ address, connections: 30, doing: 'watchers', callsPerConnection: 10 });
  await load.gather({ address, connections: 20, doing: 'halting', callsPerConnection: 60 });
  await cluster.until(
    'taking writes beside the crowd',
    () => cluster.run(['kv', 'put', 'beside', '1']),
    ({ exitCode }) => exitCode === 0,
  );
  await load.leave();
  await expectUnmoved();
}, 90_000);
