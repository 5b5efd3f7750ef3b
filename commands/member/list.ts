import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { sortFlag } from '../../src/cli/flags.js';
import { type MemberListData, memberListText, toMemberListData } from '../../src/cli/members-data.js';
import { sortRows } from '../../src/cli/sort-rows.js';

export default class MemberList extends ClusterCommand<typeof MemberList> {
  static override summary = 'list the members';
  static override description =
    'Nodes that were started with --join and are no members yet stand below them as announced.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> -o json | jq -r '.data.members[].id'",
    '<%= config.bin %> <%= command.id %> --sort-by leader-last -q',
  ];
  static override flags = {
    removed: Flags.boolean({ description: 'list voters that left as well: their ids are used up' }),
    'sort-by': sortFlag,
  };
  static override kind = 'MemberList';

  async run(): Promise<MemberListData> {
    const client = await this.connect();
    const view = await client.view();
    const data = toMemberListData(await client.listMembers(), view);
    return { ...data, members: sortRows(data.members, this.flags['sort-by'], view) };
  }

  protected override text(data: MemberListData): Promise<string> {
    const { removed } = this.flags;
    return memberListText(data, { ...this.tableOptions, wide: this.format === 'wide', removed });
  }

  protected override names({ members }: MemberListData): readonly string[] {
    return members.map(({ id }) => `member/${id}`);
  }
}
