import { type ChangeRecordData, toRecordData } from '../../../src/cli/change-record-data.js';
import { changeListText } from '../../../src/cli/change-status.js';
import { ClusterCommand } from '../../../src/cli/cluster-command.js';
import { numberFlag } from '../../../src/cli/index.js';

/** `data` of `member change list`. */
interface ChangeListData {
  readonly changes: readonly ChangeRecordData[];
}

export default class MemberChangeList extends ClusterCommand<typeof MemberChangeList> {
  static override summary = 'list the changes of the members that the cluster remembers';
  static override description = 'Newest first. Any node answers, without a leader too.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --limit 5 -o wide',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.changes[0]'",
  ];
  static override flags = {
    limit: numberFlag({ description: 'show no more than so many', min: 1, helpValue: 'N' }),
  };
  static override kind = 'ChangeList';

  async run(): Promise<ChangeListData> {
    const client = await this.connect();
    return { changes: (await client.changes.list(this.flags.limit)).map(toRecordData) };
  }

  protected override async text({ changes }: ChangeListData): Promise<string> {
    if (changes.length === 0) return 'no changes yet';
    return changeListText(changes, new Date(), this.format === 'wide', this.tableOptions);
  }

  protected override names({ changes }: ChangeListData): readonly string[] {
    return changes.map(({ id }) => `change/${id}`);
  }
}
