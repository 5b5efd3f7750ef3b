import { rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../src/cli/index.js';
import { LocalCluster, type LocalNode } from '../src/cli/local-cluster.js';
import { defaultPlaygroundDir, nextCommands, nodeIds, programName, quoted, tour } from '../src/cli/playground.js';

/** What `playground --json` prints. */
interface PlaygroundResult {
  dir: string;
  nodes: LocalNode[];
  endpoints: string[];
}

export default class Playground extends BaseCommand<typeof Playground> {
  static override summary = 'run a cluster on this machine and take a tour of it';
  static override description =
    'Starts nodes as processes of their own on the loopback interface, makes them one cluster, stores something and shows what there is to see. ' +
    'On a terminal it then stays up until Ctrl-C; otherwise it stops the nodes after the tour. Data is kept between runs.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --nodes 5 --port 9000',
    '<%= config.bin %> <%= command.id %> --reset',
  ];
  static override kind = 'Playground';
  static override flags = {
    nodes: Flags.integer({ description: 'voters to start', default: 3, min: 1, max: 7 }),
    dir: Flags.string({ description: 'folder of the data directories and logs', helpValue: 'DIR' }),
    port: Flags.integer({ description: 'node N listens on this port plus N', default: 7400, min: 1, max: 65_000 }),
    reset: Flags.boolean({ description: 'remove what earlier runs left, and begin anew' }),
  };

  async run(): Promise<PlaygroundResult> {
    const { nodes: count, port, reset } = this.flags;
    const dir = resolve(this.flags.dir ?? defaultPlaygroundDir(process.env));
    if (reset) rmSync(dir, { recursive: true, force: true });
    const program = resolve(process.argv[1] ?? 'bin/raftctl.js');
    const cluster = new LocalCluster({ program, dir, portBase: port });
    const interrupted = new Promise<void>((end) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
    });
    try {
      this.progress(`data and logs are kept in ${dir} (--reset begins anew)`);
      const onExit = (id: number) => this.progress(`! node ${id} ended; its log: ${cluster.describe(id).logFile}`);
      const nodes = await Promise.all(nodeIds(dir, count).map((id) => cluster.start(id, onExit)));
      for (const node of nodes) this.progress(`node ${node.id} listens on ${node.address}`);
      const endpoints = nodes.map(({ address }) => address);
      await this.takeTour(nodes.slice(0, count), endpoints);
      if (process.stdin.isTTY && this.format === 'table') {
        const name = programName(process.argv[1] ?? '', process.cwd());
        this.progress(`\nThe cluster is up. In another terminal, try:\n`);
        for (const line of nextCommands(name, cluster, nodes)) this.progress(`  ${line}`);
        this.progress('\nCtrl-C stops all nodes.');
        await interrupted;
      }
      return { dir, nodes, endpoints };
    } finally {
      this.progress('stopping the nodes');
      await cluster.stop();
    }
  }

  protected override text(): string {
    return '';
  }

  /** Runs each command in this process, shown as it is typed. Beside a document the tour is silent. */
  private async takeTour(nodes: readonly LocalNode[], endpoints: readonly string[]): Promise<void> {
    for (const { why, argv } of tour(nodes)) {
      if (this.format === 'table') process.stdout.write(`\n# ${why}\n$ raftctl ${argv.map(quoted).join(' ')}\n`);
      const words = [...argv, '--endpoints', endpoints.join(',')];
      await this.config.runCommand(
        this.idOf(words),
        this.format === 'table' ? this.restOf(words) : [...this.restOf(words), '-q'],
      );
      if (process.exitCode) throw new Error(`the tour ended early at: raftctl ${argv.join(' ')}`);
    }
  }

  /** Longest run of words that is a command. */
  private idOf(words: readonly string[]): string {
    const [topic, verb] = words;
    return this.config.findCommand(`${topic}:${verb}`) ? `${topic}:${verb}` : `${topic}`;
  }

  private restOf(words: readonly string[]): string[] {
    return words.slice(this.idOf(words).split(':').length);
  }
}
