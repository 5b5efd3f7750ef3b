import { ClusterCommand } from '../../src/cli/cluster-command.js';
import {
  type LeaderHistoryData,
  leaderHistoryText,
  parseEventTypes,
  toLeaderHistory,
} from '../../src/cli/events-data.js';
import { numberFlag } from '../../src/cli/index.js';

export default class LeaderHistory extends ClusterCommand<typeof LeaderHistory> {
  static override summary = 'show who led, since when, for how long and why';
  static override description =
    'As the log of the cluster remembers it, oldest first; needs no leader. With -o wide also whose votes had come when each was elected: others may have voted for it as well.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --limit 5 -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.leaders | length'",
  ];
  static override flags = {
    limit: numberFlag({ description: 'the newest so many', min: 1, default: 50, helpValue: 'N' }),
  };
  static override kind = 'LeaderHistory';

  async run(): Promise<LeaderHistoryData> {
    const request = { since: 0, types: parseEventTypes('leader'), limit: this.flags.limit };
    const { events } = await (await this.connect()).listEvents(request);
    return toLeaderHistory(events, new Date());
  }

  protected override text(data: LeaderHistoryData): Promise<string> {
    return leaderHistoryText(data, this.format === 'wide', this.tableOptions);
  }
}
