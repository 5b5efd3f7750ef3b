import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { sortFlag, wholeClusterFlags } from '../../src/cli/flags.js';
import { nodeListText } from '../../src/cli/node-data.js';
import { sortRows } from '../../src/cli/sort-rows.js';
import { type NodeData, toStatusData } from '../../src/cli/status-data.js';

export default class NodeList extends ClusterCommand<typeof NodeList> {
  static override summary = 'list the nodes, each with its own view';
  static override description =
    'With -o wide also how long the disk of each takes to flush and its state machine to apply (99 of 100 times, in the last minute), its share of a processor, and how far its clock is ahead of the one of this machine.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sort-by leader-last -q',
    '<%= config.bin %> <%= command.id %> -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.nodes[].version'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = { 'sort-by': sortFlag };
  static override kind = 'NodeList';

  async run(): Promise<{ nodes: readonly NodeData[] }> {
    const view = await this.view();
    return { nodes: sortRows(toStatusData(view, new Date()).nodes, this.flags['sort-by'], view) };
  }

  protected override text({ nodes }: { nodes: readonly NodeData[] }): Promise<string> {
    return nodeListText(nodes, this.format === 'wide', this.tableOptions);
  }

  protected override names({ nodes }: { nodes: readonly NodeData[] }): readonly string[] {
    return nodes.map(({ id }) => `node/${id}`);
  }
}
