import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { durationFlag } from '../../src/cli/flags.js';
import { type TransferData, toTransferData, transferText } from '../../src/cli/transfer-data.js';

export default class LeaderStepDown extends ClusterCommand<typeof LeaderStepDown> {
  static override summary = 'make the leader a follower, having handed over where it can';
  static override description =
    'With --cooldown it does not campaign for that long afterwards, so that it does not win the leadership back.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --cooldown 5m',
    '<%= config.bin %> <%= command.id %> --json',
  ];
  static override flags = {
    cooldown: durationFlag({ description: 'time that it does not campaign afterwards' }),
  };
  static override kind = 'Transfer';
  static override mutating = true;

  async run(): Promise<TransferData> {
    return toTransferData(await (await this.connect()).stepDown(this.flags.cooldown));
  }

  protected override text(data: TransferData): string {
    return transferText(data);
  }

  protected override names({ to }: TransferData): readonly string[] {
    return to === null ? [] : [`member/${to}`];
  }
}
