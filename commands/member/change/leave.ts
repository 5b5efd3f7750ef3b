import { Args } from '@oclif/core';
import { ClusterCommand } from '../../../src/cli/cluster-command.js';
import { type ConfigData, configText, toConfigData } from '../../../src/cli/config-data.js';

export default class MemberChangeLeave extends ClusterCommand<typeof MemberChangeLeave> {
  static override summary = 'leave a joint configuration that was entered with --explicit-leave';
  static override description =
    'With an id, only that of the change that is named. Without, also a joint configuration that no change carries on. To go back instead: raftctl member change abort.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 01HZX3P2QK7V --json',
    '<%= config.bin %> member change --voters 1,3,4 --explicit-leave',
  ];
  static override args = { id: Args.string({ description: 'id of the change' }) };
  static override kind = 'Configuration';
  static override mutating = true;

  async run(): Promise<ConfigData> {
    const client = await this.connect();
    const { configIndex, confState } = await client.changes.leave(this.args.id ?? '');
    return toConfigData(configIndex, confState);
  }

  protected override text(config: ConfigData): string {
    return configText(config);
  }
}
