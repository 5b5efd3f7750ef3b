import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type LogInfoData, logInfoText, toLogInfoData } from '../../src/cli/log-data.js';

export default class LogInfo extends ClusterCommand<typeof LogInfo> {
  static override summary = 'show what a log holds';
  static override description = 'The log of --node, otherwise of the leader, or of any node where there is none.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --node 2',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.commit'",
  ];
  static override kind = 'LogInfo';

  async run(): Promise<LogInfoData> {
    return toLogInfoData(await (await this.connect()).logInfo(this.flags.node));
  }

  protected override text(data: LogInfoData): string {
    return logInfoText(data);
  }
}
