import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type TransferData, toTransferData, transferText } from '../../src/cli/transfer-data.js';

export default class LeaderStepDown extends ClusterCommand<typeof LeaderStepDown> {
  static override summary = 'make the leader a follower, having handed over where it can';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json',
    '<%= config.bin %> <%= command.id %> --timeout 30s',
  ];
  static override kind = 'Transfer';
  static override mutating = true;

  async run(): Promise<TransferData> {
    return toTransferData(await (await this.connect()).stepDown());
  }

  protected override text(data: TransferData): string {
    return transferText(data);
  }

  protected override names({ to }: TransferData): readonly string[] {
    return to === null ? [] : [`member/${to}`];
  }
}
