import { ClusterCommand } from '../../../src/cli/cluster-command.js';
import { idArg, wholeClusterFlags } from '../../../src/cli/flags.js';
import { type ElectionsData, electionsText, setElections } from '../../../src/cli/node-settings-data.js';

export default class NodeElectionResume extends ClusterCommand<typeof NodeElectionResume> {
  static override summary = 'let a node campaign again';
  static override description = 'Asking again is no error.';
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
    return setElections(await this.connect(), this.args.id, false);
  }

  protected override text(data: ElectionsData): string {
    return electionsText(data);
  }

  protected override names({ id }: ElectionsData): readonly string[] {
    return [`node/${id}`];
  }
}
