import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../src/base/random.js';
import { type Client, createClient } from '../../src/client/index.js';
import type { Ending } from '../end-to-end/binary.js';
import { NodeProcess } from '../end-to-end/node-process.js';
import { freePorts } from '../end-to-end/ports.js';
import { type CommandResult, raftctl } from '../end-to-end/raftctl.js';
import type { MachineName } from './clients.js';
import { LinkProxy } from './link-proxy.js';
import { Links } from './links.js';
import { OtherClocks } from './other-clock.js';
import { SmallDisk } from './small-disk.js';
import { canTellOwners } from './socket-owner.js';

export interface TorturedClusterOptions {
  readonly ids: readonly number[];
  readonly machine: MachineName;
  /** More flags of `raftctl node start`. */
  readonly flags: readonly string[];
  /** Where everything of the cluster is kept. */
  readonly folder: string;
  readonly random: Random;
  /** Shell commands that run before each node, in its process. */
  readonly setup?: string;
}

/** What a disk must keep free, for the small ones: below the first a node takes no writes, below the second no entries. */
export const reserves = { spaceMiB: 16, appendMiB: 6 } as const;

/** A node serves well before this, on any machine. */
const startMsMax = 60_000;

/** How a process may end: `up`, not at all. */
type Wanted = 'up' | 'killed' | 'stopped';

/** A node as it is to be found: its process, and what is meant to become of it. */
interface Life {
  readonly process: NodeProcess;
  wanted: Wanted;
}

/** What a node that fails its own rules leaves on stderr, whatever its exit code; and a stack, which only a full disk excuses. */
const alarming = /AssertionError|E_INTERNAL|E_CORRUPT|Node\.js v\d+|unhandled/i;
const stack = /^ {4}at .*\d+:\d+/m;

/** A cluster of real processes, on disks and behind links to which harm can be done. */
export class TorturedCluster {
  readonly links: Links;
  readonly disks: ReadonlyMap<number, SmallDisk>;
  readonly clocks: OtherClocks | undefined;
  /** What this machine does not allow, a sentence each. */
  readonly missing: readonly string[];
  readonly #lives = new Map<number, Life>();
  readonly #fullDisks = new Set<number>();
  /** Nodes that may have met a full disk in this life. */
  readonly #outOfSpace = new Set<number>();
  readonly #proxies: readonly LinkProxy[];
  readonly #client: Client;
  readonly #broken = new AbortController();

  private constructor(
    private readonly options: TorturedClusterOptions,
    private readonly ports: readonly number[],
  ) {
    const { ids, folder, random } = options;
    this.links = new Links(ids, random);
    const processes = () => new Map([...this.#lives].map(([id, { process }]) => [id, process.pid]));
    this.#proxies = ids.map((id) => {
      const node = { id, publicPort: this.#portOf(id, 'public'), port: this.#portOf(id, 'own') };
      return new LinkProxy(node, this.links, processes);
    });
    for (const id of ids) mkdirSync(join(folder, `node-${id}`));
    const disks = ids.map((id) => [id, SmallDisk.make(folder, `node-${id}`)] as const);
    this.disks = new Map(disks.flatMap(([id, disk]) => (typeof disk === 'string' ? [] : [[id, disk]])));
    const clocks = OtherClocks.make(folder);
    this.clocks = typeof clocks === 'string' ? undefined : clocks;
    const noDisk = disks.map(([, disk]) => disk).find((disk) => typeof disk === 'string');
    this.missing = [
      noDisk && `no disk fills up: ${noDisk}`,
      typeof clocks === 'string' && `all clocks are the machine's: ${clocks}`,
      !canTellOwners && `links are left alone: whose a connection is cannot be told on ${process.platform}`,
    ].filter((reason) => typeof reason === 'string');
    this.#client = createClient({ endpoints: this.endpoints, timeoutMs: 1500 });
  }

  /** All nodes started, bootstrapped, and with a leader. */
  static async start(options: TorturedClusterOptions): Promise<TorturedCluster> {
    const cluster = new TorturedCluster(options, await freePorts(options.ids.length * 2));
    try {
      await Promise.all(cluster.#proxies.map((proxy) => proxy.listen()));
      await Promise.all(cluster.ids.map((id) => cluster.startNode(id)));
      const nodes = cluster.ids.flatMap((id) => ['--node', `${id}=${cluster.#address(id)}`]);
      await cluster.succeed(['cluster', 'bootstrap', ...nodes]);
      await cluster.succeed(['wait', 'leader', '--timeout', '30s']);
    } catch (thrown) {
      await cluster.close(true);
      throw cluster.broken.aborted ? cluster.broken.reason : thrown;
    }
    return cluster;
  }

  get ids(): readonly number[] {
    return this.options.ids;
  }

  get endpoints(): readonly string[] {
    return this.ids.map((id) => this.#address(id));
  }

  /** Ends when a process has ended that was not to, or otherwise than it was to; the reason says which, and how. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  dataDir(id: number): string {
    return join(this.options.folder, `node-${id}`, 'data');
  }

  /** Processes of the nodes that are up, frozen ones too. */
  get running(): readonly number[] {
    return [...this.#lives].filter(([, { wanted }]) => wanted === 'up').map(([id]) => id);
  }

  /** Starts a node, or starts it again, and waits until it serves. */
  async startNode(id: number, clock = ''): Promise<void> {
    const patience = new AbortController();
    const late = pause(startMsMax, undefined, { signal: patience.signal }).then(
      () => Promise.reject(new Error(`node ${id} was started, and has not served within ${startMsMax} ms`)),
      () => {},
    );
    try {
      await Promise.race([this.launch(id, clock).listening(), late]);
    } finally {
      patience.abort();
    }
  }

  /** Starts a node and does not wait. */
  launch(id: number, clock = ''): NodeProcess {
    const { machine, flags, folder, setup } = this.options;
    const process = new NodeProcess({
      id,
      address: `127.0.0.1:${this.#portOf(id, 'own')}`,
      dataDir: this.dataDir(id),
      home: folder,
      flags: [
        ...['--advertise', this.#address(id), '--state-machine', machine, '--log-level', 'warn'],
        ...['--space-reserve', `${reserves.spaceMiB}MiB`, '--append-reserve', `${reserves.appendMiB}MiB`],
        ...flags,
      ],
      setup: [clock, setup].filter(Boolean).join('; ') || ':',
    });
    if (!this.#fullDisks.has(id)) this.#outOfSpace.delete(id);
    const life: Life = { process, wanted: 'up' };
    this.#lives.set(id, life);
    void process.ended.then((how) => this.#examine(life, how));
    return process;
  }

  /** `kill -9`, all at the same moment. */
  async kill(ids: readonly number[]): Promise<void> {
    const lives = ids.map((id) => this.#lifeOf(id)).filter(({ wanted }) => wanted === 'up');
    for (const life of lives) life.wanted = 'killed';
    await Promise.all(lives.map(({ process }) => process.kill()));
  }

  /** As an operator stops them, all at the same moment. */
  async stop(ids: readonly number[]): Promise<void> {
    const lives = ids.map((id) => this.#lifeOf(id)).filter(({ wanted }) => wanted === 'up');
    for (const life of lives) life.wanted = 'stopped';
    await Promise.all(lives.map(({ process }) => process.stop()));
  }

  freeze(id: number): void {
    this.#lifeOf(id).process.freeze();
  }

  thaw(id: number): void {
    this.#lifeOf(id).process.thaw();
  }

  /** @param leftBytes with none left, the node may end: it cannot write */
  fillDisk(id: number, leftBytes: number): void {
    if (leftBytes === 0) {
      this.#fullDisks.add(id);
      this.#outOfSpace.add(id);
    }
    this.disks.get(id)?.fill(leftBytes);
  }

  emptyDisks(): void {
    for (const disk of this.disks.values()) disk.empty();
    this.#fullDisks.clear();
  }

  /** Who leads, as far as the nodes that answer know. */
  async leader(): Promise<number | undefined> {
    return this.#client.leader().then(
      ({ leader }) => leader.id,
      () => undefined,
    );
  }

  run<Data>(args: readonly string[]): Promise<CommandResult<Data>> {
    return raftctl<Data>([...args, '--json', '--endpoints', this.endpoints.join(',')], this.options.folder);
  }

  /** Runs a command that must succeed. */
  async succeed<Data>(args: readonly string[]): Promise<Data> {
    return (await this.run<Data>(args)).data;
  }

  /** Ends all processes. @param keep whether what the nodes had on their disks stays in the folder */
  async close(keep: boolean): Promise<void> {
    this.#client.close();
    await this.kill([...this.#lives.keys()]);
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    this.emptyDisks();
    for (const disk of this.disks.values()) {
      const kept = `${disk.path}.kept`;
      if (keep) cpSync(disk.path, kept, { recursive: true });
      disk.remove();
      if (keep) renameSync(kept, disk.path);
    }
    if (!keep) rmSync(this.options.folder, { recursive: true, force: true });
  }

  #examine({ process, wanted }: Life, how: Ending): void {
    const { id } = process.settings;
    appendFileSync(join(this.options.folder, `node-${id}.log`), process.stderr);
    const metFullDisk = this.#outOfSpace.has(id) && /E_DISK|E_NO_SPACE|No space left/.test(process.stderr);
    const asWanted =
      (wanted === 'killed' && how.signal === 'SIGKILL') ||
      (wanted === 'stopped' && how.exitCode === 0) ||
      // LMDB now and then aborts the process behind a write that was refused, before the node can end in order.
      (metFullDisk && (how.exitCode === 1 || how.signal === 'SIGABRT'));
    const line = alarming.exec(process.stderr) ?? (metFullDisk ? null : stack.exec(process.stderr));
    if (asWanted && line === null) {
      const life = this.#lives.get(id);
      if (life?.process === process && life.wanted === 'up') life.wanted = 'stopped';
      return;
    }
    const meant = { up: 'nobody ended it', killed: 'it was killed', stopped: 'it was asked to stop' }[wanted];
    const said = process.stderr.slice(Math.max(0, (line?.index ?? process.stderr.length) - 2000)).slice(0, 4000);
    this.#broken.abort(new Error(`node ${id} ended with ${how.exitCode ?? how.signal}; ${meant}. It said:\n${said}`));
  }

  #lifeOf(id: number): Life {
    const life = this.#lives.get(id);
    if (life === undefined) throw new Error(`node ${id} was never started`);
    return life;
  }

  #address(id: number): string {
    return `127.0.0.1:${this.#portOf(id, 'public')}`;
  }

  #portOf(id: number, which: 'public' | 'own'): number {
    const at = this.ids.indexOf(id) + (which === 'own' ? this.ids.length : 0);
    const port = this.ports[at];
    if (port === undefined) throw new Error(`node ${id} has no port`);
    return port;
  }
}
