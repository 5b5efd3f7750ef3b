import { ChangeCommand } from '../../src/cli/change-command.js';
import { type ChangeData, recordedChange } from '../../src/cli/change-data.js';
import { whoAsks } from '../../src/cli/change-flags.js';
import { promotion } from '../../src/cli/change-target.js';
import { idsArg } from '../../src/cli/flags.js';
import { promotionFlags } from '../../src/cli/promotion-flags.js';
import { waitingChange } from '../../src/cli/waiting-change.js';

export default class MemberPromote extends ChangeCommand<typeof MemberPromote> {
  static override summary = 'make voters of learners';
  static override description =
    'Refused with exit 9 for a learner that is not ready: not live, not replicating, or more than --max-lag entries behind. With --promote-when ready it is waited for. To promote it all the same, where it has had something of the log at least: --accept-risk learner-ready. Where a change waits that was begun with --promote-when manual, or for a voter to be down, this lets it go on.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4',
    '<%= config.bin %> <%= command.id %> 4 5 --dry-run',
    '<%= config.bin %> <%= command.id %> 4 --promote-when ready --max-rounds 10',
  ];
  static override args = { ids: idsArg({ description: 'ids of the learners', required: true, multiple: true }) };
  static override flags = { ...promotionFlags };

  async run(): Promise<ChangeData> {
    const client = await this.connect();
    const { ids } = this.args;
    const waiting = await waitingChange(client, ids);
    if (waiting === undefined) return this.change(promotion(await client.listMembers(), ids));
    if (this.flags['dry-run']) return { ...recordedChange(waiting), dryRun: true };
    await client.changes.promote({ id: waiting.id, by: whoAsks(), reason: this.flags.reason ?? '' });
    return this.goOn(waiting);
  }
}
