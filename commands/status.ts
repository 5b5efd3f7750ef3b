import { ClusterCommand } from '../src/cli/cluster-command.js';
import { type NodeDetailData, nodeDetailText, toNodeDetailData } from '../src/cli/node-data.js';
import { nextCommands, statusText, statusWarnings } from '../src/cli/render-status.js';
import { type ClusterStatusData, toStatusData } from '../src/cli/status-data.js';

export default class Status extends ClusterCommand<typeof Status> {
  static override summary = 'show the cluster on one screen';
  static override description =
    'Asks every member for its own view; works without a leader too, and then ends with exit 6. With --node, that node alone is asked, and its view is shown as raftctl node show does. For a verdict in the exit code: raftctl cluster health.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.leader.id'",
  ];
  static override kind = 'ClusterStatus';

  async run(): Promise<ClusterStatusData | NodeDetailData> {
    const { node } = this.flags;
    if (node !== undefined) {
      this.kind = 'Node';
      return toNodeDetailData(await this.ownView(node));
    }
    const view = await this.view();
    const data = toStatusData(view, new Date());
    for (const warning of statusWarnings(data)) this.note(warning);
    if (view.absence !== undefined) this.fail(view.absence);
    return data;
  }

  protected override text(data: ClusterStatusData | NodeDetailData): Promise<string> {
    const { style, cluster, format, notes, tableOptions } = this;
    if (!('nodes' in data)) return nodeDetailText(data, tableOptions);
    const next = process.stdout.isTTY ? nextCommands(data) : [];
    return statusText(data, { ...tableOptions, style, cluster, warnings: notes, next, wide: format === 'wide' });
  }

  protected override names(data: ClusterStatusData | NodeDetailData): readonly string[] {
    return ('nodes' in data ? data.nodes : [data]).map(({ id }) => `node/${id}`);
  }
}
