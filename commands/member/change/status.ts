import { Args, Flags } from '@oclif/core';
import type { ChangeStatusData } from '../../../src/cli/change-record-data.js';
import { changeStatusText, lookAtChange, looks } from '../../../src/cli/change-status.js';
import { ClusterCommand } from '../../../src/cli/cluster-command.js';

export default class MemberChangeStatus extends ClusterCommand<typeof MemberChangeStatus> {
  static override summary = 'show a change of the members, what it waits for and who is missing';
  static override description =
    'Of the change that runs, or else the last one, where no id is given. Any node answers, without a leader too. Ends with exit 0 where it was carried out, 8 while it runs, 5 where it is stuck, 1 where it was taken back or given up.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --watch',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.quorums'",
  ];
  static override args = { id: Args.string({ description: 'id of the change' }) };
  static override flags = {
    watch: Flags.boolean({ description: 'show it again whenever it is different, until it has ended' }),
  };
  static override kind = 'ChangeStatus';

  async run(): Promise<ChangeStatusData> {
    const client = await this.connect();
    const id = this.args.id ?? '';
    let { data, end } = await lookAtChange(client, id);
    if (this.flags.watch) {
      for await (const look of looks(client, data.id)) {
        if (JSON.stringify(shown(look.data)) !== JSON.stringify(shown(data))) await this.#show(data);
        ({ data, end } = look);
      }
    }
    if (end !== undefined) this.answer(end);
    return data;
  }

  protected override text(data: ChangeStatusData): string {
    return changeStatusText(data, new Date(), this.tableOptions.width);
  }

  protected override names({ id }: ChangeStatusData): readonly string[] {
    return [`change/${id}`];
  }

  async #show(data: ChangeStatusData): Promise<void> {
    await this.emit({ kind: 'ChangeStatus', ...data, ts: new Date().toISOString() });
    this.progress(`${this.text(data)}\n`);
  }
}

/** All but the time that passes by itself. */
function shown({ stillMs: _, ...rest }: ChangeStatusData): Omit<ChangeStatusData, 'stillMs'> {
  return rest;
}
