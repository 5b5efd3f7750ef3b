import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { promotion } from '../../src/cli/change-target.js';
import { idsArg } from '../../src/cli/flags.js';

export default class MemberPromote extends ChangeCommand<typeof MemberPromote> {
  static override summary = 'make voters of learners';
  static override description =
    'Refused with exit 9 for a learner that is not ready: not live, not replicating, or more than --max-lag entries behind. To promote it all the same, where it has had something of the log at least: --accept-risk learner-ready.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4',
    '<%= config.bin %> <%= command.id %> 4 5 --dry-run',
    '<%= config.bin %> <%= command.id %> 4 --max-lag 100',
  ];
  static override args = { ids: idsArg({ description: 'ids of the learners', required: true, multiple: true }) };

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    return this.change(promotion(await client.listMembers(), this.args.ids));
  }
}
