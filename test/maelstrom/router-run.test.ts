import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '../end-to-end/binary.js';
import { historyLine } from '../linearizability/history.js';
import { runCampaign } from './campaign.js';
import { faultKinds } from './nemesis.js';

const folder = temporaryFolder();
afterEach(folder.remove);

test('what clients see of five nodes under all kinds of faults is linearizable', { timeout: 120_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const result = await runCampaign({ seed, nodes: 5, seconds: 15, faults: faultKinds, dataDir: folder.path });
  if (result.failure !== undefined) {
    const path = join(tmpdir(), `raftctl-maelstrom-${seed}.jsonl`);
    writeFileSync(path, result.history.map(historyLine).join(''));
    process.stderr.write(`history: ${path}\nagain: npm run maelstrom -- --seed ${seed} --seconds 15\n`);
  }
  expect(result.failure, `seed ${seed}`).toBeUndefined();
  // A run in which nothing happens says nothing.
  expect(result.operations.ok).toBeGreaterThan(result.keys);
  expect(Object.keys(result.harm)).not.toEqual([]);
  expect(result.carried).toMatchObject({ raft_batch: expect.any(Number), raft_forward: expect.any(Number) });
});
