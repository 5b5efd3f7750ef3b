import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idArg, wholeClusterFlags } from '../../src/cli/flags.js';
import { type DrainData, drainText, undrainNode } from '../../src/cli/node-settings-data.js';

export default class NodeUndrain extends ClusterCommand<typeof NodeUndrain> {
  static override summary = 'let a drained node lead again';
  static override description = 'Asking again is no error.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2',
    '<%= config.bin %> wait node=2:caught-up && <%= config.bin %> <%= command.id %> 2',
    "<%= config.bin %> <%= command.id %> 2 --json | jq '.data.unchanged'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override args = { id: idArg({ description: 'id of the node', required: true }) };
  static override kind = 'Drain';
  static override mutating = true;

  async run(): Promise<DrainData> {
    return undrainNode(await this.connect(), this.args.id);
  }

  protected override text(data: DrainData): string {
    return drainText(data);
  }

  protected override names({ id }: DrainData): readonly string[] {
    return [`node/${id}`];
  }
}
