import { type AlarmsData, alarmsText, toAlarmsData } from '../../src/cli/alarms.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { wholeClusterFlags } from '../../src/cli/flags.js';
import { toStatusData } from '../../src/cli/status-data.js';

export default class AlarmList extends ClusterCommand<typeof AlarmList> {
  static override summary = 'list what keeps nodes from their work until somebody helps';
  static override description =
    'An alarm ends by itself with what it is about: there is nothing to disarm. no-space: the disk of a node has less room than its reserve (--space-reserve of node start). As a leader it takes no writes, and hands over to a voter that has room; with less than --append-reserve it acknowledges no entries either. It votes and serves reads all the while. What happened before: raftctl cluster history --type alarm.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.alarms[].node'",
  ];
  static override baseFlags = wholeClusterFlags;
  static override kind = 'Alarms';

  async run(): Promise<AlarmsData> {
    return toAlarmsData(toStatusData(await this.view(), new Date()));
  }

  protected override text(data: AlarmsData): Promise<string> {
    return alarmsText(data, this.tableOptions);
  }

  protected override names({ alarms }: AlarmsData): readonly string[] {
    return alarms.map(({ node }) => `node/${node}`);
  }
}
