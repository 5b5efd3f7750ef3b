import { ClusterCommand } from '../src/cli/cluster-command.js';
import { type ProgressListData, progressText, toProgressListData } from '../src/cli/progress-data.js';

export default class Progress extends ClusterCommand<typeof Progress> {
  static override summary = 'show how far each node has come, as the leader tracks it';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.peers[] | {id, lag}'",
  ];
  static override kind = 'Progress';

  async run(): Promise<ProgressListData> {
    const { leader, status } = await (await this.connect()).leader();
    this.source = { node: leader.id, consistency: 'local', term: leader.term };
    this.cluster = { id: status.clusterId, name: status.clusterName, incarnation: status.incarnation };
    return toProgressListData(status);
  }

  protected override text(data: ProgressListData): Promise<string> {
    return progressText(data, this.format === 'wide', this.tableOptions);
  }

  protected override names({ peers }: ProgressListData): readonly string[] {
    return peers.map(({ id }) => `node/${id}`);
  }
}
