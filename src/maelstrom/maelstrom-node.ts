import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Logger } from '../base/logger.js';
import { IntervalTicker } from '../daemon/interval-ticker.js';
import { programVersion } from '../daemon/version.js';
import type { BootstrapSpec } from '../gen/raftctl/v1/cluster.js';
import { defaultNodeConfig, type LogStore, RaftNode } from '../node/index.js';
import { noMetrics } from '../node/no-metrics.js';
import { KvMachine } from '../state-machine/index.js';
import { openStore } from '../storage/index.js';
import { MaelstromTransport, type MaelstromTransportOptions } from './maelstrom-transport.js';

/** Who a node is, as Maelstrom says at the beginning. */
export interface Cast {
  readonly self: string;
  readonly all: readonly string[];
}

export interface MaelstromNodeOptions {
  readonly cast: Cast;
  /** Folder that has one data directory a node. */
  readonly dataDir: string;
  readonly tickMs: number;
  readonly snapshotEntries: number;
  readonly logger: Logger;
  readonly transport: Omit<MaelstromTransportOptions, 'clock' | 'logger'>;
}

const clock = () => performance.now();

/** A whole node of raftctl: core, loop, LMDB and the hash table; only the network is Maelstrom's. */
export class MaelstromNode {
  private constructor(
    readonly raft: RaftNode,
    readonly transport: MaelstromTransport,
    private readonly store: LogStore,
  ) {}

  /**
   * Opens the data directory and starts the node. Every node makes the same cluster, of all that were named.
   * @throws RaftctlError as `openStore`, or E_ALREADY_BOOTSTRAPPED where the data is of other nodes
   */
  static async start(options: MaelstromNodeOptions): Promise<MaelstromNode> {
    const { cast, logger, tickMs, snapshotEntries } = options;
    const spec = bootstrapSpec(cast.all);
    const id = nodeIdOf(cast, cast.self);
    const stateMachine = new KvMachine();
    const dataDir = join(options.dataDir, cast.self);
    const store = await openStore({ dataDir, nodeId: id, stateMachine: stateMachine.name, logger });
    const transport = new MaelstromTransport({ ...options.transport, clock, logger });
    const raft = new RaftNode({
      id,
      name: cast.self,
      address: cast.self,
      version: programVersion(),
      config: { ...defaultNodeConfig, tickMs, snapshotEntries, keepEntries: Math.floor(snapshotEntries / 10) },
      ...{ store, transport, stateMachine, clock, logger },
      ticker: new IntervalTicker(tickMs, clock),
      wallClock: Date.now,
      defer: setImmediate,
      random: Math.random,
      metrics: noMetrics,
    });
    const node = new MaelstromNode(raft, transport, store);
    try {
      await raft.start();
      await raft.bootstrap(spec, id);
    } catch (thrown) {
      await node.stop();
      throw thrown;
    }
    return node;
  }

  async stop(): Promise<void> {
    await this.raft.stop();
    await this.transport.close();
    await this.store.close();
  }
}

/** Ids count from 1, in the order of the names. */
export function nodeIdOf({ all }: Pick<Cast, 'all'>, name: string): number {
  return all.toSorted().indexOf(name) + 1;
}

/** Name of the node with this id. */
export function nameOf({ all }: Pick<Cast, 'all'>, id: number): string | undefined {
  return all.toSorted()[id - 1];
}

/** The same on every node, as the names are: names are addresses in this network. */
function bootstrapSpec(names: readonly string[]): BootstrapSpec {
  const members = names.toSorted().map((name, at) => ({ id: at + 1, name, address: name, addedIndex: 0 }));
  return {
    clusterId: createHash('sha256').update(JSON.stringify(names.toSorted())).digest('hex').slice(0, 32),
    name: 'maelstrom',
    members,
    voters: members.map(({ id }) => id),
    learners: [],
  };
}
