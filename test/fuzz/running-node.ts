import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import type { LogFields, Logger } from '../../src/base/logger.js';
import { type Daemon, startDaemon } from '../../src/daemon/index.js';
import { ClusterServiceClient, ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { KvServiceClient, KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { NodeServiceClient, NodeServiceService } from '../../src/gen/raftctl/v1/node.js';
import { Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import { SnapshotServiceClient, SnapshotServiceService } from '../../src/gen/raftctl/v1/snapshot.js';
import { detailOf, unary } from '../control/control-server.js';

/** Bytes of the heap that a node may hold more after any number of inputs than after the first ones. */
const growthBytesMax = 48 * 1024 * 1024;
/** How long a node may take to lead again after an input that had it step down, on a machine that has much else to do. */
const servingMs = 30_000;

/** A real node in this process that leads a cluster of one, and the signs by which one sees that an input was too much for it. */
export class RunningNode {
  readonly clusterId = randomBytes(16).toString('hex');
  /** The file of a true snapshot of it. */
  snapshot: Buffer = Buffer.alloc(0);
  readonly #folder = mkdtempSync(join(tmpdir(), 'raftctl-fuzz-'));
  /** Defects that the node or the process has met; each is a failure of whatever was played. */
  readonly #defects: string[] = [];
  #daemon: Daemon | undefined;
  #kv: KvServiceClient | undefined;
  #settings: NodeServiceClient | undefined;
  #heapBytes: number | undefined;
  #writes = 0;
  readonly #onDefect = (thrown: unknown) => {
    this.#defects.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  };

  static async start(): Promise<RunningNode> {
    const node = new RunningNode();
    process.on('unhandledRejection', node.#onDefect);
    process.on('uncaughtException', node.#onDefect);
    const dataDir = join(node.#folder, 'n1');
    node.#daemon = await startDaemon({ id: 1, dataDir, listen: '127.0.0.1:0', config: { tickMs: 20 } }, node.#logger());
    node.#daemon.failed.catch(node.#onDefect);
    const cluster = new ClusterServiceClient(node.address, ChannelCredentials.createInsecure());
    const member = { id: 1, name: 'n1', address: node.address, addedIndex: 0 };
    const spec = { clusterId: node.clusterId, name: 'fuzz', members: [member], voters: [1], learners: [] };
    await unary(cluster, ClusterServiceService.bootstrap, { spec, nodeId: 1 });
    cluster.close();
    node.#kv = new KvServiceClient(node.address, ChannelCredentials.createInsecure());
    node.#settings = new NodeServiceClient(node.address, ChannelCredentials.createInsecure());
    await node.expectServing();
    node.snapshot = await snapshotOf(node.address);
    return node;
  }

  get address(): string {
    return this.#daemon?.address ?? '';
  }

  /** The first defect that was met; undefined where there was none. */
  get defect(): string | undefined {
    return this.#defects[0];
  }

  /**
   * It takes a write, and gives it to a linearizable read. What an input has ordered in all its rights, such as that the node is not to lead, is
   * taken back first.
   * @throws whatever keeps it from that
   */
  async expectServing(): Promise<void> {
    const [kv, settings] = [this.#kv, this.#settings];
    if (kv === undefined || settings === undefined) throw new Error('it has not been started');
    const key = 'fuzz';
    const value = String(++this.#writes);
    await untilTaken(() => unary(settings, NodeServiceService.undrain, { nodeId: 1 }));
    await untilTaken(() => unary(settings, NodeServiceService.setElections, { nodeId: 1, paused: false }));
    await untilTaken(() => unary(kv, KvServiceService.put, { key, value, session: undefined }));
    const consistency = Consistency.LINEARIZABLE;
    const { pair } = await untilTaken(() => unary(kv, KvServiceService.get, { key, consistency }));
    if (pair?.value !== value) throw new Error(`wrote ${value}, and read ${pair?.value}`);
  }

  /** The value of a key; undefined where there is none. */
  async get(key: string): Promise<string | undefined> {
    const kv = this.#kv;
    if (kv === undefined) throw new Error('it has not been started');
    const { pair } = await unary(kv, KvServiceService.get, { key, consistency: Consistency.LINEARIZABLE });
    return pair?.value;
  }

  /** How many bytes more are held than at the first call. @throws Error where they are too many */
  expectNoGrowth(): void {
    const bytes = heldBytes();
    this.#heapBytes ??= bytes;
    const more = bytes - this.#heapBytes;
    if (more > growthBytesMax)
      throw new Error(`${(more / 2 ** 20).toFixed(0)} MiB more are held than at the beginning`);
  }

  async close(): Promise<void> {
    this.#kv?.close();
    this.#settings?.close();
    await this.#daemon?.stop();
    process.off('unhandledRejection', this.#onDefect);
    process.off('uncaughtException', this.#onDefect);
    rmSync(this.#folder, { recursive: true });
  }

  #logger(): Logger {
    const quiet = () => {};
    const error = (message: string, fields: LogFields = {}) =>
      void this.#defects.push(`${message} ${String(fields['stack'] ?? JSON.stringify(fields))}`);
    return { debug: quiet, info: quiet, warn: quiet, error };
  }
}

/** The file of a snapshot as a node gives it out. */
async function snapshotOf(address: string): Promise<Buffer> {
  const client = new SnapshotServiceClient(address, ChannelCredentials.createInsecure());
  await unary(client, SnapshotServiceService.triggerSnapshot, { keepEntries: 0 });
  const chunks: Uint8Array[] = [];
  for await (const { part } of client.saveSnapshot({ stale: true, reason: 'fuzz' })) {
    if (part?.$case === 'chunk') chunks.push(part.value);
  }
  client.close();
  return Buffer.concat(chunks);
}

/** Asks again while the answer is: not now. */
async function untilTaken<T>(ask: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + servingMs;
  for (;;) {
    try {
      return await ask();
    } catch (thrown) {
      if (detailOf(thrown as ServiceError)?.retryable !== true || performance.now() > untilMs) throw thrown;
      await pause(20);
    }
  }
}

/** What this process holds, after everything that can be given back has been. */
function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
