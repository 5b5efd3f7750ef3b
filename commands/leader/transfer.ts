import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idArg, numberFlag } from '../../src/cli/flags.js';
import { singleTarget, type TransferData, toTransferData, transferText } from '../../src/cli/transfer-data.js';

export default class LeaderTransfer extends ClusterCommand<typeof LeaderTransfer> {
  static override summary = 'move the leadership to another voter';
  static override description =
    'Without an id, and with --auto, it goes to the most caught-up voter. Answers when the outcome is known.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3',
    '<%= config.bin %> <%= command.id %> --auto',
    '<%= config.bin %> <%= command.id %> 3 --max-lag 0',
  ];
  static override args = { id: idArg({ description: 'id of the voter that is to lead' }) };
  static override flags = {
    auto: Flags.boolean({ description: 'let the leader choose whom, as without an id' }),
    'max-lag': numberFlag({ description: 'entries that the voter may lag behind', min: 0, helpValue: 'N' }),
  };
  static override kind = 'Transfer';
  static override mutating = true;

  async run(): Promise<TransferData> {
    const client = await this.connect();
    const data = toTransferData(
      await client.transferLeader(singleTarget(this.args.id, this.flags.auto), this.flags['max-lag']),
    );
    if (data.result === 'unchanged') this.caution({ code: 'W_UNCHANGED', message: `node ${data.to} leads already` });
    return data;
  }

  protected override text(data: TransferData): string {
    return transferText(data);
  }

  protected override names({ to }: TransferData): readonly string[] {
    return to === null ? [] : [`member/${to}`];
  }
}
