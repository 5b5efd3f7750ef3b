import { ClusterCommand } from '../src/cli/cluster-command.js';
import {
  absenceOf,
  type ProgressListData,
  progressText,
  toLeaderlessData,
  toProgressListData,
} from '../src/cli/progress-data.js';
import { toStatusData } from '../src/cli/status-data.js';

export default class Progress extends ClusterCommand<typeof Progress> {
  static override summary = 'show how far each node has come, as the leader tracks it';
  static override description =
    'Without a leader nobody tracks the others: then it shows what each node says of itself, and ends with exit 6.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.peers[] | {id, lag}'",
  ];
  static override kind = 'Progress';

  async run(): Promise<ProgressListData> {
    try {
      const { leader, status } = await (await this.connect()).leader();
      this.source = { node: leader.id, consistency: 'local', term: leader.term };
      this.cluster = { id: status.clusterId, name: status.clusterName, incarnation: status.incarnation };
      return toProgressListData(status);
    } catch (thrown) {
      return this.#ownViews(absenceOf(thrown));
    }
  }

  /** The leader's trackers after all, where one was elected meanwhile; otherwise the nodes' own views. */
  async #ownViews(absence: ReturnType<typeof absenceOf>): Promise<ProgressListData> {
    const view = await this.view();
    if (view.leader !== undefined) return toProgressListData(view.leader);
    this.fail(absence);
    return toLeaderlessData(toStatusData(view, new Date()));
  }

  protected override text(data: ProgressListData): Promise<string> {
    return progressText(data, this.format === 'wide', this.tableOptions);
  }

  protected override names({ peers, nodes }: ProgressListData): readonly string[] {
    return [...peers, ...nodes].map(({ id }) => `node/${id}`);
  }
}
