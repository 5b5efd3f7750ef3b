import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { numberFlag, wholeClusterFlags } from '../../src/cli/flags.js';
import { type HealthData, healthError, healthText, toHealthData } from '../../src/cli/health-data.js';
import { toStatusData } from '../../src/cli/status-data.js';

export default class ClusterHealth extends ClusterCommand<typeof ClusterHealth> {
  static override summary = 'judge the cluster by named checks';
  static override description =
    'Ends with exit 0 where it is healthy, 5 where a check does not come out ok, 6 where writes have stopped. With -o wide each check says since when it is so, what it has seen, what it holds that against, and the code of the warning.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --require-tolerance 1 -q',
    '<%= config.bin %> <%= command.id %> -o wide',
    '<%= config.bin %> <%= command.id %> --json | jq \'.data.checks[] | select(.status != "ok")\'',
  ];
  static override flags = {
    'require-tolerance': numberFlag({ description: 'voters that must be allowed to fail', min: 0, helpValue: 'N' }),
    'max-lag': numberFlag({
      description: 'entries that a member may lag behind',
      min: 0,
      default: 1000,
      helpValue: 'N',
    }),
  };
  static override baseFlags = wholeClusterFlags;
  static override kind = 'Health';

  async run(): Promise<HealthData> {
    const view = await this.view();
    const { 'require-tolerance': requireTolerance, 'max-lag': maxLag } = this.flags;
    const now = new Date();
    const data = toHealthData(toStatusData(view, now), { requireTolerance, maxLag }, now);
    const error = healthError(data, view.absence);
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: HealthData): Promise<string> {
    return healthText(data, this.format === 'wide', this.style, this.tableOptions);
  }
}
