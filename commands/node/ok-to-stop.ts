import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idsArg, wholeClusterFlags } from '../../src/cli/flags.js';
import { type OkToStopData, okToStopError, okToStopText, toOkToStopData } from '../../src/cli/ok-to-stop.js';

export default class NodeOkToStop extends ClusterCommand<typeof NodeOkToStop> {
  static override summary = 'say whether nodes may stop now: writes go on without them';
  static override description =
    'Ends with exit 0 where they may, all at once, and 5 where they may not; with -q it says so by the exit code alone. How much may fail meanwhile is told as well.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2 -q && systemctl stop raftnode',
    '<%= config.bin %> <%= command.id %> 2 3',
    "<%= config.bin %> <%= command.id %> 2 --json | jq '.data.toleratesThen'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override args = { ids: idsArg({ description: 'ids of the nodes', required: true, multiple: true }) };
  static override kind = 'OkToStop';

  async run(): Promise<OkToStopData> {
    const data = toOkToStopData(await this.view(), this.args.ids);
    const error = okToStopError(data);
    if (error !== undefined) this.answer(error);
    return data;
  }

  protected override text(data: OkToStopData): string {
    return okToStopText(data);
  }
}
