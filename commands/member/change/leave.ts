import { ClusterCommand } from '../../../src/cli/cluster-command.js';
import { type ConfigData, configText, toConfigData } from '../../../src/cli/config-data.js';

export default class MemberChangeLeave extends ClusterCommand<typeof MemberChangeLeave> {
  static override summary = 'leave a joint configuration that was entered with --explicit-leave';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> member change --voters 1,3,4 --explicit-leave',
  ];
  static override kind = 'Configuration';
  static override mutating = true;

  async run(): Promise<ConfigData> {
    const { configIndex, confState } = await (await this.connect()).changes.leave();
    return toConfigData(configIndex, confState);
  }

  protected override text(config: ConfigData): string {
    return configText(config);
  }
}
