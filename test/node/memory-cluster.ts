import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { RaftctlError } from '../../src/base/errors.js';
import { silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import type { Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import type { Member, NodeAbilities } from '../../src/gen/raftctl/v1/member.js';
import { noMetrics } from '../../src/node/no-metrics.js';
import { defaultNodeConfig, type NodeConfig } from '../../src/node/node-config.js';
import type {
  LinkStatus,
  LogStore,
  PeerIdentity,
  SnapshotSource,
  Ticker,
  Transport,
  TransportEvents,
} from '../../src/node/ports.js';
import { RaftNode } from '../../src/node/raft-node.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { checkHello, makeHello } from '../../src/transport/hello.js';

/** A network in one process: messages arrive in a later turn of the event loop, unless their link is cut. */
class MemoryNetwork {
  readonly ends = new Map<number, MemoryTransport>();
  private readonly cuts = new Set<string>();
  private readonly silenced = new Set<string>();
  private readonly lost = new Set<string>();

  /** What one says to the other is lost on the way, and neither notices. */
  silence(from: number, to: number): void {
    this.silenced.add(`${from}-${to}`);
  }

  silences(from: number, to: number): boolean {
    return this.silenced.has(`${from}-${to}`);
  }

  /** Messages of a type are lost on their way to these nodes. */
  lose(msgType: MessageType, ...to: number[]): void {
    for (const id of to) this.lost.add(`${msgType}-${id}`);
  }

  loses({ msgType, to }: Message): boolean {
    return this.lost.has(`${msgType}-${to}`);
  }

  cut(left: number, right: number): void {
    this.cuts.add(`${left}-${right}`).add(`${right}-${left}`);
  }

  heal(): void {
    this.cuts.clear();
    this.silenced.clear();
    this.lost.clear();
  }

  linked(from: number, to: number): boolean {
    return this.ends.has(to) && !this.cuts.has(`${from}-${to}`);
  }
}

class MemoryTransport implements Transport {
  identity: PeerIdentity | undefined;
  events: TransportEvents | undefined;
  private peers: readonly Member[] = [];
  private readonly heard = new Map<number, NodeAbilities>();

  constructor(
    private readonly id: number,
    private readonly network: MemoryNetwork,
  ) {}

  start(identity: PeerIdentity, events: TransportEvents): void {
    this.identity = identity;
    this.events = events;
    this.network.ends.set(this.id, this);
  }

  setPeers(members: readonly Member[]): void {
    this.peers = members;
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      const end = this.reach(message.to);
      if (end === undefined) this.events?.onUnreachable(message.to);
      else if (!this.network.silences(this.id, message.to) && !this.network.loses(message))
        setImmediate(() => void end.take(message, this.identity?.clusterId ?? ''));
    }
  }

  async sendSnapshot(message: Message, source: SnapshotSource, onSent: (bytes: number) => void): Promise<void> {
    const end = this.reach(message.to);
    if (end?.events === undefined) throw new Error('not connected');
    await end.adopt(this.identity?.clusterId ?? '');
    const sink = await end.events.onSnapshotOffered(message);
    let sent = 0;
    for await (const chunk of source.chunks()) {
      await sink.write(chunk);
      sent += chunk.length;
      onSent(sent);
    }
    await sink.finish();
    end.events.onSnapshotReceived(message);
  }

  links(): readonly LinkStatus[] {
    return this.peers
      .filter((peer) => peer.id !== this.id)
      .map(({ id, address }) => ({
        id,
        address,
        connected: this.reach(id) !== undefined,
        lastSeenMs: undefined,
        rttMs: undefined,
        error: this.obstacle(id) ?? '',
        instance: this.reach(id)?.identity?.instance,
        abilities: this.abilitiesOf(id),
        declinesLeadership: this.reach(id)?.identity?.declinesLeadership,
        space: this.reach(id)?.identity?.space,
      }));
  }

  /** As it was told when there last was a connection. */
  private abilitiesOf(id: number): NodeAbilities | undefined {
    const said = this.reach(id)?.identity?.abilities ?? this.heard.get(id);
    if (said !== undefined) this.heard.set(id, said);
    return said;
  }

  /** Links look at what the other side wants as it is now. */
  announceIntent(): void {}

  async close(): Promise<void> {
    this.network.ends.delete(this.id);
  }

  private reach(to: number): MemoryTransport | undefined {
    return this.obstacle(to) === undefined ? this.network.ends.get(to) : undefined;
  }

  /** Why there is no connection: none can be made, or one of the two refuses the other's hello, as over a real network. */
  private obstacle(to: number): string | undefined {
    const [self, other] = [this.identity, this.network.ends.get(to)?.identity];
    if (self === undefined || other === undefined || !this.network.linked(this.id, to)) return 'cut';
    const verdicts = [checkHello(makeHello(self, to), other), checkHello(makeHello(other, this.id), self)];
    return verdicts.flatMap((verdict) => (verdict.kind === 'refused' ? verdict.reason : []))[0];
  }

  private async take(message: Message, clusterId: string): Promise<void> {
    await this.adopt(clusterId);
    this.events?.onMessages([message]);
  }

  private async adopt(clusterId: string): Promise<void> {
    if (this.identity?.clusterId === '') await this.events?.onAdopt(clusterId, 'kv', 1);
  }
}

/** One node of the cluster in the test's process, over a real store. */
export interface TestNode {
  readonly node: RaftNode;
  readonly store: LogStore;
  readonly fatal: Promise<unknown>;
}

/** Nodes in this process over real stores in a temporary folder, a network in memory, and time that the test makes pass. */
export class MemoryCluster {
  readonly nodes = new Map<number, TestNode>();
  readonly network = new MemoryNetwork();
  /** Free bytes of a node's disk; as many as it likes where nothing is said. */
  readonly freeBytes = new Map<number, number>();
  private readonly dir = mkdtempSync(join(tmpdir(), 'raftctl-node-'));
  private readonly tickers = new Map<number, () => void>();
  private timer: NodeJS.Timeout | undefined;
  private starts = 0;

  constructor(private readonly config: Partial<NodeConfig> = {}) {}

  static member(id: number): Member {
    return { id, name: `n${id}`, address: `127.0.0.1:${7000 + id}`, addedIndex: 0 };
  }

  /**
   * A cluster whose first voters are these, with a leader.
   * @param withInstances whether the bootstrap says whose data directories they are, as one of a client does
   */
  static async bootstrapped(
    voters: readonly number[],
    config: Partial<NodeConfig> = {},
    { withInstances = true } = {},
  ): Promise<MemoryCluster> {
    const cluster = new MemoryCluster(config);
    for (const id of voters) await cluster.start(id);
    const instanceOf = (id: number) => (withInstances ? cluster.at(id).store.identity.instance : undefined);
    const spec: BootstrapSpec = {
      clusterId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
      name: 'test',
      members: voters.map((id) => ({ ...MemoryCluster.member(id), instance: instanceOf(id) })),
      voters: [...voters],
      learners: [],
    };
    for (const id of voters) await cluster.at(id).node.bootstrap(spec, id);
    await cluster.leader();
    return cluster;
  }

  at(id: number): TestNode {
    const found = this.nodes.get(id);
    if (found === undefined) throw new Error(`node ${id} is not running`);
    return found;
  }

  /** Starts a node from its data directory, or from nothing. */
  async start(id: number): Promise<TestNode> {
    const store = await openStore({
      dataDir: join(this.dir, `n${id}`),
      nodeId: id,
      stateMachine: 'kv',
      logger: silentLogger,
      freeBytes: async () => this.freeBytes.get(id) ?? Number.MAX_SAFE_INTEGER,
    });
    const ticker: Ticker = {
      start: (onTick) => this.tickers.set(id, onTick),
      stop: () => this.tickers.delete(id),
    };
    const node = new RaftNode({
      id,
      name: `n${id}`,
      address: `127.0.0.1:${7000 + id}`,
      version: '0.0.0',
      config: { ...defaultNodeConfig, tickMs: 15, ...this.config },
      store,
      transport: new MemoryTransport(id, this.network),
      stateMachine: new KvMachine(),
      ticker,
      clock: () => performance.now(),
      wallClock: Date.now,
      defer: setImmediate,
      // Another one at each start, as in a process: a node tells its proposals from those of its life before by what it draws.
      random: seededRandom(id + 1000 * ++this.starts),
      logger: silentLogger,
      metrics: noMetrics,
    });
    const fatal = new Promise((resolve) => node.onFatal(resolve));
    await node.start();
    const started = { node, store, fatal };
    this.nodes.set(id, started);
    this.timer ??= setInterval(() => {
      for (const tick of [...this.tickers.values()]) tick();
    }, 15);
    return started;
  }

  /** The node is gone from one moment to the next; what it had flushed is there when it starts again. */
  async crash(id: number): Promise<void> {
    const { store } = this.at(id);
    this.nodes.delete(id);
    this.tickers.delete(id);
    this.network.ends.delete(id);
    await store.close();
  }

  /** The node loses its disk: when it starts again it has nothing but its id. */
  async wipe(id: number): Promise<void> {
    await this.crash(id);
    rmSync(join(this.dir, `n${id}`), { recursive: true });
  }

  /** The leader that a majority knows, once there is one. */
  leader(): Promise<TestNode & { id: number }> {
    return this.until(() => {
      for (const [id, running] of this.nodes) {
        const status = running.node.status();
        const followers = [...this.nodes.values()].filter((other) => other.node.status().leader === id);
        if (status.leader === id && followers.length * 2 > status.confState!.voters.length) return { id, ...running };
      }
      return undefined;
    });
  }

  /** Asks the leader; where it has lost its place on the way, as may be on a busy machine, the next one. */
  async onLeader<T>(ask: (leader: TestNode & { id: number }) => Promise<T>): Promise<T> {
    while (true) {
      try {
        return await ask(await this.leader());
      } catch (thrown) {
        if (!(thrown instanceof RaftctlError) || !thrown.retryable) throw thrown;
      }
    }
  }

  /** Resolves with the first value that is not undefined; asked whenever a node's status may have changed. */
  until<T>(probe: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const ask = () => {
        const value = probe();
        if (value === undefined) setImmediate(ask);
        else resolve(value);
      };
      ask();
    });
  }

  /** Resolves when this node has had so many turns; an idle one has a few a tick. */
  async turns(id: number, count: number): Promise<void> {
    let left = count;
    await new Promise<void>((resolve) => {
      const end = this.at(id).node.onStatusChange(() => {
        if (--left > 0) return;
        end();
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.tickers.clear();
    for (const [id] of this.nodes) await this.crash(id);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
