import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestCluster } from './cluster.js';
import { Load, missingWrites } from './load.js';
import { localPairs } from './plain-client.js';

const ids = [1, 2, 3];
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ ids, voters: ids });
});
afterAll(() => cluster.close());

test('all nodes are killed at once, three times: every acknowledged write is there, and none was applied twice', async () => {
  // A writer asks again until it is answered: what was in flight at the kill is retried after the restart, and must not be applied twice.
  const load = Load.start(ids.map((id) => cluster.address(id)));
  for (let round = 1; round <= 3; round += 1) {
    await load.acknowledges(100);
    await cluster.kill(...ids);
    await Promise.all(ids.map((id) => cluster.startNode(id)));
  }
  await load.acknowledges(100);
  await load.stop();

  await cluster.succeed(['wait', 'healthy', '--timeout', '30s']);
  for (const id of ids) {
    const pairs = await cluster.until(
      `all writes on node ${id}`,
      () => localPairs(cluster.address(id)),
      (found) => missingWrites(load.acknowledged.values(), found).length === 0,
    );
    expect(missingWrites(load.acknowledged.values(), pairs)).toEqual([]);
    expect(pairs.size).toBe(load.acknowledged.size);
  }
});
