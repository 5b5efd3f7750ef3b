import { afterEach, expect, it } from 'vitest';
import { CommandKind } from '../../src/gen/raftctl/v1/proposal.js';
import { MemoryCluster } from './memory-cluster.js';

let cluster: MemoryCluster;
afterEach(() => cluster.close());

it('applies no more in one turn than its settings allow, so that messages and ticks are not kept waiting', async () => {
  cluster = await MemoryCluster.bootstrapped([1], { applyBytesPerTurnMax: 1 });
  const { node } = await cluster.leader();
  let before = node.status().log?.applied ?? 0;
  const appliedPerTurn: number[] = [];
  node.onStatusChange(() => {
    const applied = node.status().log?.applied ?? 0;
    appliedPerTurn.push(applied - before);
    before = applied;
  });
  const payload = new Uint8Array(10);
  await Promise.all(
    Array.from({ length: 40 }, () => node.propose({ kind: CommandKind.RAW, payload, session: undefined })),
  );
  expect(appliedPerTurn.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(40);
  expect(Math.max(...appliedPerTurn)).toBe(1);
});
