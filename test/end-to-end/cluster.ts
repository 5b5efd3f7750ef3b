import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './binary.js';
import { NodeProcess } from './node-process.js';
import { freePorts } from './ports.js';
import { type CommandResult, raftctl } from './raftctl.js';

/** What differs from one story to the next. */
export interface ClusterOptions {
  /** Ids of the nodes that the story will ever start; each gets an address. */
  readonly ids: readonly number[];
  /** More flags of `raftctl node start`. */
  readonly flags?: readonly string[];
}

/** Ticks of most stories: time passes five times as fast as in production. */
const quickTicks = ['--tick', '20ms'];

/** Nothing here takes this long on any machine; a story that waits longer has failed. */
const patienceMs = 45_000;

/** A cluster of real processes in a temporary folder. Every story closes its own. */
export class TestCluster {
  readonly #folder = temporaryFolder();
  readonly #nodes = new Map<number, NodeProcess>();
  readonly #addresses: ReadonlyMap<number, string>;
  readonly #flags: readonly string[];

  private constructor(options: ClusterOptions, ports: readonly number[]) {
    this.#addresses = new Map(options.ids.map((id, at) => [id, `127.0.0.1:${ports[at]}`]));
    this.#flags = options.flags ?? quickTicks;
  }

  /** A cluster with no node started. */
  static async prepare(options: ClusterOptions): Promise<TestCluster> {
    return new TestCluster(options, await freePorts(options.ids.length));
  }

  /** All nodes started, and `voters` of them bootstrapped, with a leader. */
  static async start(options: ClusterOptions & { readonly voters: readonly number[] }): Promise<TestCluster> {
    const cluster = await TestCluster.prepare(options);
    await Promise.all(options.ids.map((id) => cluster.startNode(id)));
    await cluster.bootstrap(options.voters);
    return cluster;
  }

  /** Folder of the story, for files that its commands read. */
  get folder(): string {
    return this.#folder.path;
  }

  address(id: number): string {
    const address = this.#addresses.get(id);
    if (address === undefined) throw new Error(`node ${id} has no address in this story`);
    return address;
  }

  dataDir(id: number): string {
    return join(this.folder, `node-${id}`);
  }

  /** Starts a node, or starts it again, and waits until it serves. */
  async startNode(id: number, flags: readonly string[] = []): Promise<NodeProcess> {
    const node = this.launch(id, this.dataDir(id), flags);
    this.#nodes.set(id, node);
    await node.listening();
    return node;
  }

  /** Starts a process for a node and does not wait: for those that are meant to fail. */
  launch(id: number, dataDir: string, flags: readonly string[] = []): NodeProcess {
    return new NodeProcess({
      id,
      address: this.address(id),
      dataDir,
      home: this.folder,
      flags: [...this.#flags, ...flags],
    });
  }

  node(id: number): NodeProcess {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new Error(`node ${id} was never started`);
    return node;
  }

  async kill(...ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.node(id).kill()));
  }

  /** What a node has on disk is gone, as after a change of its disk. */
  wipe(id: number): void {
    rmSync(this.dataDir(id), { recursive: true, force: true });
  }

  /** `cluster bootstrap` with these voters, and a leader afterwards. */
  async bootstrap(voters: readonly number[]): Promise<void> {
    const nodes = voters.flatMap((id) => ['--node', `${id}=${this.address(id)}`]);
    await this.succeed(['cluster', 'bootstrap', ...nodes]);
    await this.succeed(['wait', 'leader', '--timeout', '30s']);
  }

  /** Runs a command with the addresses of `via`, by default of all nodes of the story, and `--json`. */
  run<Data>(
    args: readonly string[],
    via: readonly number[] = [...this.#addresses.keys()],
  ): Promise<CommandResult<Data>> {
    return raftctl<Data>([...args, '--json', '--endpoints', this.endpoints(via)], this.folder);
  }

  /** Runs a command as a person does, without `--json`. */
  runText(
    args: readonly string[],
    via: readonly number[] = [...this.#addresses.keys()],
  ): Promise<CommandResult<never>> {
    return raftctl<never>([...args, '--endpoints', this.endpoints(via)], this.folder);
  }

  endpoints(ids: readonly number[]): string {
    return ids.map((id) => this.address(id)).join(',');
  }

  /** Runs a command that must succeed, and returns the `data` of its document. */
  async succeed<Data>(args: readonly string[], via?: readonly number[]): Promise<Data> {
    return (await this.run<Data>(args, via)).data;
  }

  /** Asks again until the answer is accepted. For what no `raftctl wait` waits for. */
  async until<Answer>(what: string, ask: () => Promise<Answer>, accept: (answer: Answer) => boolean): Promise<Answer> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const answer = await ask();
      if (accept(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`still not ${what}: ${JSON.stringify(answer, null, 2)}`);
    }
  }

  /** Ends every process that this cluster started, and removes the folder. */
  async close(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.kill()));
    this.#folder.remove();
  }
}
