import { type NodeDetailData, nodeDetailText, toNodeDetailData } from '../src/cli/node-data.js';
import { statusText } from '../src/cli/render-status.js';
import { type ClusterStatusData, toStatusData } from '../src/cli/status-data.js';
import { type StatusScreenOptions, screenWidth, statusScreen } from '../src/cli/status-screen.js';
import { nextCommands, statusWarnings } from '../src/cli/status-warnings.js';
import { WatchCommand, watchFlags } from '../src/cli/watch-command.js';

export default class Status extends WatchCommand<typeof Status> {
  static override summary = 'show the cluster on one screen';
  static override description =
    'Asks every member for its own view; works without a leader too, and then ends with exit 6. With --node, that node alone is asked, and its view is shown as raftctl node show does. With --watch it is shown again and again until Ctrl-C; -o ndjson then writes one document each time. For a verdict in the exit code: raftctl cluster health; for what is wrong: raftctl cluster doctor. Where a line has no room for all columns, and through a pipe beyond 80 characters, those that matter least are left out; -o wide leaves none out.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> -o wide --watch=5s',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.leader.id'",
  ];
  static override flags = watchFlags;
  static override kind = 'ClusterStatus';

  async run(): Promise<ClusterStatusData | NodeDetailData | undefined> {
    const { node, watch } = this.flags;
    if (watch) {
      await this.watchWith('ClusterStatus', (view) => statusScreen(view, this.#options));
      return undefined;
    }
    if (node !== undefined) {
      this.kind = 'Node';
      return toNodeDetailData(await this.ownView(node));
    }
    const view = await this.view();
    const now = new Date();
    const data = toStatusData(view, now);
    for (const warning of statusWarnings(data, now)) this.note(warning);
    if (view.absence !== undefined) this.fail(view.absence);
    return data;
  }

  protected override text(data: ClusterStatusData | NodeDetailData): Promise<string> {
    const { cluster, notes: warnings } = this;
    const options = this.#options;
    if (!('nodes' in data)) return nodeDetailText(data, options);
    const next = options.hints ? nextCommands(data, warnings) : [];
    const width = screenWidth(options.width, options.wide);
    return statusText(data, { ...options, width, cluster, warnings, next });
  }

  protected override names(data: ClusterStatusData | NodeDetailData): readonly string[] {
    return ('nodes' in data ? data.nodes : [data]).map(({ id }) => `node/${id}`);
  }

  get #options(): StatusScreenOptions {
    const hints = process.stdout.isTTY === true && !this.quiet;
    return { ...this.tableOptions, style: this.style, wide: this.format === 'wide', hints };
  }
}
