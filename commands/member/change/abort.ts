import { Args, Flags } from '@oclif/core';
import { type AbortResult, abortChange } from '../../../src/cli/change-abort.js';
import { waitFlags, whoAsks } from '../../../src/cli/change-flags.js';
import { changeStatusText } from '../../../src/cli/change-status.js';
import { ClusterCommand } from '../../../src/cli/cluster-command.js';

export default class MemberChangeAbort extends ClusterCommand<typeof MemberChangeAbort> {
  static override summary = 'take back a change of the members that has not ended';
  static override description =
    'Learners that it added are removed, a joint configuration is rolled back to the one before. Where that needs nodes that are not there, it says whom and ends with exit 5; without a leader the nodes in reach note it, exit 8. What has ended is taken back by raftctl member change revert.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 01HZX3P2QK7V --reason "wrong zone"',
    '<%= config.bin %> <%= command.id %> --no-wait --json',
  ];
  static override args = { id: Args.string({ description: 'id of the change' }) };
  static override flags = {
    reason: Flags.string({ description: 'why, for the log', helpValue: 'TEXT', default: '', helpGroup: 'CHANGE' }),
    ...waitFlags,
  };
  static override kind = 'ChangeStatus';
  static override mutating = true;

  async run(): Promise<AbortResult['data']> {
    const { reason, wait, 'wait-timeout': waitTimeoutMs, timeout: timeoutMs } = this.flags;
    const wish = { id: this.args.id ?? '', reason, by: whoAsks(), wait, waitTimeoutMs, timeoutMs };
    const { data, error } = await abortChange(await this.connect(), wish, (line) => this.progress(line));
    if (error !== undefined) this.fail(error);
    return data;
  }

  protected override text(data: AbortResult['data']): string {
    return changeStatusText(data, new Date(), this.tableOptions.width);
  }

  protected override names({ id }: AbortResult['data']): readonly string[] {
    return [`change/${id}`];
  }
}
