import { Args } from '@oclif/core';
import { ChangeCommand } from '../../../src/cli/change-command.js';
import { type ChangeData, toSets } from '../../../src/cli/change-data.js';
import { setsText } from '../../../src/cli/change-lines.js';
import { reversal } from '../../../src/cli/change-revert.js';
import { rememberedChange } from '../../../src/cli/change-status.js';

export default class MemberChangeRevert extends ChangeCommand<typeof MemberChangeRevert> {
  static override summary = 'undo a change of the members that has ended, by a new one';
  static override description =
    'Goes back to the sets from before it, the last one where no id is given. A voter that had left comes back only with the data directory that it had.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> 01HZX3P2QK7V',
    '<%= config.bin %> <%= command.id %> --reason "took the wrong one out"',
  ];
  static override args = { id: Args.string({ description: 'id of the change' }) };

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    const record = await rememberedChange(client, this.args.id ?? '');
    const target = reversal(record, await client.listMembers());
    this.progress(`back from change ${record.id}: ${setsText(toSets(record.to), toSets(record.from))}`);
    return this.change(target);
  }
}
