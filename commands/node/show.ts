import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idArg } from '../../src/cli/flags.js';
import { type NodeDetailData, nodeDetailText, toNodeDetailData } from '../../src/cli/node-data.js';

export default class NodeShow extends ClusterCommand<typeof NodeShow> {
  static override summary = 'show what one node says of itself';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3',
    '<%= config.bin %> <%= command.id %> 3 --endpoints 10.0.0.3:7400 --no-discover',
    "<%= config.bin %> <%= command.id %> 3 --json | jq '.data.hardState'",
  ];
  static override args = { id: idArg({ description: 'id of the node', required: true }) };
  static override kind = 'Node';

  async run(): Promise<NodeDetailData> {
    return toNodeDetailData(await this.ownView(this.args.id));
  }

  protected override text(data: NodeDetailData): Promise<string> {
    return nodeDetailText(data, this.tableOptions);
  }

  protected override names({ id }: NodeDetailData): readonly string[] {
    return [`node/${id}`];
  }
}
