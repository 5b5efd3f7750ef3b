import { Flags } from '@oclif/core';
import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { removal } from '../../src/cli/change-target.js';
import { idsArg } from '../../src/cli/flags.js';

export default class MemberRemove extends ChangeCommand<typeof MemberRemove> {
  static override summary = 'take members out of the cluster';
  static override description =
    'A leader that is to leave hands over first. The node itself keeps running; stop it afterwards. Its id does not come back with another data directory.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 2',
    '<%= config.bin %> <%= command.id %> 2 4 --dry-run',
    '<%= config.bin %> <%= command.id %> 2 --ignore-missing --reason "disk is failing"',
  ];
  static override args = { ids: idsArg({ description: 'ids of the members', required: true, multiple: true }) };
  static override flags = {
    'ignore-missing': Flags.boolean({ description: 'pass over ids that are no members', helpGroup: 'CHANGE' }),
  };

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    return this.change(removal(await client.listMembers(), this.args.ids, this.flags['ignore-missing']));
  }
}
