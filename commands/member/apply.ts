import { Args } from '@oclif/core';
import { applied, requireCluster, requirePlansOwn } from '../../src/cli/apply-plan.js';
import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { whoAsks } from '../../src/cli/change-flags.js';
import { plannedRequest, readPlanFile } from '../../src/cli/plan-file.js';

export default class MemberApply extends ChangeCommand<typeof MemberApply> {
  static override summary = 'carry out a plan that raftctl member plan has written';
  static override description =
    'Just that plan: where the configuration is another one by now, or the plan would be, it is refused with exit 10. Applying a plan again that was carried out changes nothing. A file that was edited is refused with exit 2.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> plan.json',
    '<%= config.bin %> <%= command.id %> plan.json --yes --reason OPS-412',
    '<%= config.bin %> <%= command.id %> plan.json --dry-run',
  ];
  static override args = { file: Args.string({ description: 'file with the plan', required: true }) };

  async run(): Promise<ChangeData> {
    requirePlansOwn(this.flags);
    const file = await readPlanFile(this.args.file);
    const client = await this.connect();
    await requireCluster(client, file, this.args.file);
    const { 'dry-run': dryRun, reason } = this.flags;
    const before = dryRun ? undefined : await applied(client, file.request.requestId);
    if (before !== undefined) {
      this.progress(`change ${before.id} was carried out before`);
      return before;
    }
    const request = plannedRequest(file, whoAsks());
    return this.send({ ...request, dryRun, reason: reason ?? request.reason });
  }
}
