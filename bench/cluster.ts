import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalCluster } from '../src/cli/local-cluster.js';
import { createClient } from '../src/client/index.js';

/** A bootstrapped cluster of real processes on loopback, and how to be rid of it. */
export interface BenchCluster {
  readonly leader: string;
  readonly endpoints: readonly string[];
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../bin/raftctl.js', import.meta.url));

/** Starts `count` nodes in a temporary folder with the settings that users have. */
export async function startCluster(count: number, portBase: number): Promise<BenchCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'raftctl-bench-'));
  const cluster = new LocalCluster({ program, dir, portBase });
  const onExit = (id: number) => {
    throw new Error(`node ${id} ended: ${cluster.describe(id).logFile}`);
  };
  const ids = Array.from({ length: count }, (_, position) => position + 1);
  const nodes = await Promise.all(ids.map((id) => cluster.start(id, onExit)));
  const endpoints = nodes.map(({ address }) => address);
  const client = createClient({ endpoints, timeoutMs: 20_000 });
  await client.bootstrap({ name: 'bench', voters: nodes.map(({ id, address }) => ({ id, address })), learners: [] });
  const { leader } = await client.leader();
  client.close();
  return {
    leader: leader.address,
    endpoints,
    stop: async () => {
      await cluster.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
