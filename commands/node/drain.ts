import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { durationFlag, idArg, wholeClusterFlags } from '../../src/cli/flags.js';
import { type DrainData, drainNode, drainText } from '../../src/cli/node-settings-data.js';

export default class NodeDrain extends ClusterCommand<typeof NodeDrain> {
  static override summary = 'take a node out of service: it hands over, does not lead, and finishes what runs';
  static override description =
    'Answers when no call is running on the node any more. It stays a member and keeps its copy; it stays drained over restarts, until raftctl node undrain. Good without a quorum. Asking again is no error.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2 && ssh n2 systemctl restart raftnode',
    '<%= config.bin %> <%= command.id %> 2 --timeout 5m',
    "<%= config.bin %> <%= command.id %> 2 --json | jq '.data.leader'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override flags = {
    timeout: durationFlag({
      description: 'longest time to wait for what runs',
      default: 60_000,
      defaultHelp: async () => '1m',
      helpGroup: 'CONNECTION',
    }),
  };
  static override args = { id: idArg({ description: 'id of the node', required: true }) };
  static override kind = 'Drain';
  static override mutating = true;

  async run(): Promise<DrainData> {
    return drainNode(await this.connect(), this.args.id);
  }

  protected override text(data: DrainData): string {
    return drainText(data);
  }

  protected override names({ id }: DrainData): readonly string[] {
    return [`node/${id}`];
  }
}
