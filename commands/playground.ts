import { Flags } from '@oclif/core';
import { BaseCommand, numberFlag } from '../src/cli/index.js';
import { LocalCluster, type LocalNode } from '../src/cli/local-cluster.js';
import { nextCommands, nodeIds, playgroundDir, programName } from '../src/cli/playground.js';
import { makeCluster, takeTour } from '../src/cli/tour.js';

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
    nodes: numberFlag({ description: 'voters to start', default: 3, min: 1, max: 7 }),
    dir: Flags.string({ description: 'folder of the data directories and logs', helpValue: 'DIR' }),
    port: numberFlag({ description: 'node N listens on this port plus N', default: 7400, min: 1, max: 65_000 }),
    reset: Flags.boolean({ description: 'remove what earlier runs left, and begin anew' }),
  };

  async run(): Promise<PlaygroundResult> {
    const { nodes: count, port, reset } = this.flags;
    const dir = playgroundDir(this.flags.dir, process.env);
    const cluster = new LocalCluster({ program: process.argv[1] ?? '', dir, portBase: port, reset });
    const interrupted = new Promise<'interrupted'>((end) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end('interrupted'));
    });
    try {
      this.progress(`data and logs are kept in ${dir} (--reset begins anew)`);
      const onExit = (id: number) => this.progress(`! node ${id} ended; its log: ${cluster.describe(id).logFile}`);
      const starting = Promise.all(nodeIds(dir, count).map((id) => cluster.start(id, onExit)));
      const nodes = await Promise.race([starting, interrupted]);
      if (nodes === 'interrupted') return { dir, nodes: [], endpoints: [] };
      for (const node of nodes) this.progress(`node ${node.id} listens on ${node.address}`);
      const endpoints = nodes.map(({ address }) => address);
      const first = nodes.slice(0, count);
      const made = this.format === 'table' ? takeTour(this.config, first, endpoints) : makeCluster(first, endpoints);
      await Promise.race([made, interrupted]);
      if (process.stdin.isTTY && this.format === 'table') {
        this.progress('\nThe cluster is up. In another terminal, try:\n');
        const name = programName(process.argv[1] ?? '', process.cwd());
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
}
