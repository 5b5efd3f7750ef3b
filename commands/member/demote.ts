import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { demotion } from '../../src/cli/change-target.js';
import { idsArg } from '../../src/cli/flags.js';

export default class MemberDemote extends ChangeCommand<typeof MemberDemote> {
  static override summary = 'make learners of voters';
  static override description = 'They keep their data and go on receiving entries. A leader hands over first.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3',
    '<%= config.bin %> <%= command.id %> 3 4 --dry-run',
    '<%= config.bin %> <%= command.id %> 1 --leader-after 2',
  ];
  static override args = { ids: idsArg({ description: 'ids of the voters', required: true, multiple: true }) };

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    return this.change(demotion(await client.listMembers(), this.args.ids));
  }
}
