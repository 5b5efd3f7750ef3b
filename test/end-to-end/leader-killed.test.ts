import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import type { ClusterStatus } from './documents.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

/** Real ticks: an election time-out is drawn from one to two seconds. The measured gap is reported; only a generous bound is asserted. */
const realTicks = { ids: [1, 2, 3], voters: [1, 2, 3], flags: ['--tick', '100ms'] };
const gapMsMax = 15_000;

let cluster: TestCluster;
let load: Load;
beforeAll(async () => {
  cluster = await TestCluster.start(realTicks);
  load = Load.start([1, 2, 3].map((id) => cluster.address(id)));
  await load.acknowledges(100);
});
afterAll(() => cluster.close());

test('the leader is killed under load: writes go on, none is lost, and it catches up', async () => {
  const { leader } = await cluster.succeed<ClusterStatus>(['status']);
  const killed = leader?.id ?? 0;
  const since = performance.now();
  await cluster.kill(killed);
  await load.acknowledges(200);
  const gapMs = load.longestGapMs(since);
  process.stderr.write(`writes stood still for ${Math.round(gapMs)} ms when the leader was killed\n`);
  expect(gapMs).toBeLessThan(gapMsMax);

  await cluster.startNode(killed);
  await load.acknowledges(100);
  await load.stop();
  const survivors = [1, 2, 3].filter((id) => id !== killed);
  await cluster.succeed(['wait', `node=${killed}:caught-up`, '--timeout', '30s'], survivors);
  for (const id of [1, 2, 3]) {
    const missing = await cluster.until(
      `every acknowledged write on node ${id}`,
      async () => missingWrites(load.acknowledged.values(), await localPairs(cluster.address(id))),
      (found) => found.length === 0,
    );
    expect(missing).toEqual([]);
  }
});
