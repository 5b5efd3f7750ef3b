import { ClusterCommand } from '../../../src/cli/cluster-command.js';
import { idArg, wholeClusterFlags } from '../../../src/cli/flags.js';
import { type ElectionsData, electionsText, setElections } from '../../../src/cli/node-settings-data.js';

export default class NodeElectionPause extends ClusterCommand<typeof NodeElectionPause> {
  static override summary = 'keep a node from leading: it does not campaign, and hands over where it leads';
  static override description =
    'It stays a voter and keeps its copy; it stays so over restarts, until raftctl node election resume. Good without a quorum.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3',
    '<%= config.bin %> <%= command.id %> 3 --timeout 30s',
    "<%= config.bin %> <%= command.id %> 3 --json | jq '.data.leader'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override args = { id: idArg({ description: 'id of the node', required: true }) };
  static override kind = 'Elections';
  static override mutating = true;

  async run(): Promise<ElectionsData> {
    return setElections(await this.connect(), this.args.id, true);
  }

  protected override text(data: ElectionsData): string {
    return electionsText(data);
  }

  protected override names({ id }: ElectionsData): readonly string[] {
    return [`node/${id}`];
  }
}
