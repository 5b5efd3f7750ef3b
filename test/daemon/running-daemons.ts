import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelCredentials, type Client } from '@grpc/grpc-js';
import { type Daemon, type DaemonOptions, startDaemon } from '../../src/daemon/index.js';
import { ClusterServiceClient, ClusterServiceService, type NodeStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { KvServiceClient, KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { RecordingLogger, unary } from '../control/control-server.js';

type ClientConstructor<C extends Client> = new (address: string, credentials: ChannelCredentials) => C;

/** Nodes in this process, with data directories in one folder, and clients of them; `close` ends all of it. */
export class RunningDaemons {
  readonly folder = mkdtempSync(join(tmpdir(), 'raftctl-daemon-'));
  readonly logger = new RecordingLogger();
  readonly #daemons: Daemon[] = [];
  readonly #clients: Client[] = [];

  async start(id: number, options: Partial<DaemonOptions> = {}): Promise<Daemon> {
    const dataDir = join(this.folder, `n${id}`);
    const daemon = await startDaemon(
      { id, dataDir, listen: '127.0.0.1:0', config: { tickMs: 20 }, ...options },
      this.logger,
    );
    this.#daemons.push(daemon);
    return daemon;
  }

  clientOf<C extends Client>(
    Service: ClientConstructor<C>,
    { address }: Daemon,
    credentials = ChannelCredentials.createInsecure(),
  ): C {
    const client = new Service(address, credentials);
    this.#clients.push(client);
    return client;
  }

  /** Makes a cluster of these nodes. */
  async bootstrap(
    nodes: readonly Daemon[],
    credentials?: ChannelCredentials,
    clusterId = randomBytes(16).toString('hex'),
  ): Promise<void> {
    const ids = nodes.map((_, at) => at + 1);
    const members = nodes.map(({ address }, at) => ({ id: at + 1, name: `n${at + 1}`, address, addedIndex: 0 }));
    const spec = { clusterId, name: 'test', members, voters: ids, learners: [] };
    await Promise.all(
      nodes.map((daemon, at) => {
        const client = this.clientOf(ClusterServiceClient, daemon, credentials);
        return unary(client, ClusterServiceService.bootstrap, { spec, nodeId: at + 1 });
      }),
    );
  }

  /** Watches a node until its status is as wanted. */
  async until(
    daemon: Daemon,
    wanted: (state: NodeStatus) => boolean,
    credentials?: ChannelCredentials,
  ): Promise<NodeStatus> {
    const watch = this.clientOf(ClusterServiceClient, daemon, credentials).watchStatus({});
    try {
      for await (const { status: state } of watch) if (wanted(state)) return state as NodeStatus;
    } finally {
      watch.on('error', () => {});
      watch.cancel();
    }
    throw new Error('the watch has ended');
  }

  put(daemon: Daemon, key: string, credentials?: ChannelCredentials) {
    const client = this.clientOf(KvServiceClient, daemon, credentials);
    return unary(client, KvServiceService.put, { key, value: '1', session: undefined });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await Promise.all(this.#daemons.map((daemon) => daemon.stop()));
    rmSync(this.folder, { recursive: true });
  }
}
