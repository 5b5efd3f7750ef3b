import {
  absenceOf,
  type ProgressListData,
  progressText,
  toLeaderlessData,
  toProgressListData,
} from '../src/cli/progress-data.js';
import { toStatusData } from '../src/cli/status-data.js';
import { WatchCommand, watchFlags } from '../src/cli/watch-command.js';
import type { ClusterView } from '../src/client/index.js';

export default class Progress extends WatchCommand<typeof Progress> {
  static override summary = 'show how far each node has come, as the leader tracks it';
  static override description =
    'Without a leader nobody tracks the others: then it shows what each node says of itself, and ends with exit 6. With --watch it is shown again and again until Ctrl-C.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o wide --watch',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.peers[] | {id, lag}'",
  ];
  static override flags = watchFlags;
  static override kind = 'Progress';

  async run(): Promise<ProgressListData | undefined> {
    if (this.flags.watch) {
      await this.watchWith('Progress', async (view) => {
        const data = progressOf(view);
        return { data, warnings: [], text: await this.text(data) };
      });
      return undefined;
    }
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
    if (view.leader === undefined) this.fail(absence);
    return progressOf(view);
  }

  protected override text(data: ProgressListData): Promise<string> {
    return progressText(data, this.format === 'wide', this.tableOptions);
  }

  protected override names({ peers, nodes }: ProgressListData): readonly string[] {
    return [...peers, ...nodes].map(({ id }) => `node/${id}`);
  }
}

function progressOf(view: ClusterView): ProgressListData {
  return view.leader === undefined ? toLeaderlessData(toStatusData(view, new Date())) : toProgressListData(view.leader);
}
