import { Args } from '@oclif/core';
import { stillRunning } from '../../../src/cli/change-end.js';
import { waitFlags } from '../../../src/cli/change-flags.js';
import { followChange } from '../../../src/cli/change-follow.js';
import type { ChangeStatusData } from '../../../src/cli/change-record-data.js';
import { reportFor } from '../../../src/cli/change-report.js';
import { changeStatusText, lookAtChange } from '../../../src/cli/change-status.js';
import { ClusterCommand } from '../../../src/cli/cluster-command.js';

export default class MemberChangeWatch extends ClusterCommand<typeof MemberChangeWatch> {
  static override summary = 'follow a change of the members to its end';
  static override description =
    'The one that runs where no id is given. Follows the leadership where it moves. Ctrl-C ends the watching, never the change.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 01HZX3P2QK7V',
    "<%= config.bin %> <%= command.id %> -o ndjson | jq -r '.phase'",
  ];
  static override args = { id: Args.string({ description: 'id of the change' }) };
  static override flags = { 'wait-timeout': waitFlags['wait-timeout'] };
  static override kind = 'ChangeStatus';

  async run(): Promise<ChangeStatusData> {
    const client = await this.connect();
    const { data: before, end: ended } = await lookAtChange(client, this.args.id ?? '');
    if (before.endedAt !== null) {
      if (ended !== undefined) this.answer(ended);
      return before;
    }
    const { detached } = await followChange((signal) => client.changes.watch(before.id, signal), {
      id: before.id,
      report: reportFor(before.id, { quiet: this.quiet, verbose: this.verbose }, process.stderr, process.env),
      wait: true,
      waitTimeoutMs: this.flags['wait-timeout'],
      restsIn: [],
      emit: (document) => this.emit(document),
    });
    const { data, end } = await lookAtChange(client, before.id);
    if (end !== undefined) this.fail(end);
    else if (detached) this.fail(stillRunning(data.id, data.phase));
    return data;
  }

  protected override text(data: ChangeStatusData): string {
    return changeStatusText(data, new Date(), this.tableOptions.width);
  }

  protected override names({ id }: ChangeStatusData): readonly string[] {
    return [`change/${id}`];
  }
}
