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
  addressOf(id: number): string;
  /** As a power cut for that node. */
  kill(id: number): Promise<void>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('../../bin/raftctl.js', import.meta.url));

/**
 * Starts `count` nodes in a temporary folder with the settings that users have.
 * @param voters how many of them, the first ones, are bootstrapped; the others wait for a change of the members
 * @param flags more flags of a node
 */
export async function startCluster(
  count: number,
  portBase: number,
  voters = count,
  flags: (id: number) => readonly string[] = () => [],
): Promise<BenchCluster> {
  const dir = mkdtempSync(join(tmpdir(), 'raftctl-bench-'));
  const cluster = new LocalCluster({ program, dir, portBase, flags });
  const onExit = (id: number) => {
    throw new Error(`node ${id} ended: ${cluster.describe(id).logFile}`);
  };
  const ids = Array.from({ length: count }, (_, position) => position + 1);
  const nodes = await Promise.all(ids.map((id) => cluster.start(id, onExit)));
  const endpoints = nodes.map(({ address }) => address);
  const client = createClient({ endpoints, timeoutMs: 20_000 });
  const first = nodes.slice(0, voters).map(({ id, address }) => ({ id, address }));
  await client.bootstrap({ name: 'bench', voters: first, learners: [] });
  const { leader } = await client.leader();
  client.close();
  return {
    leader: leader.address,
    endpoints,
    addressOf: (id) => cluster.describe(id).address,
    kill: (id) => cluster.kill(id),
    stop: async () => {
      await cluster.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
