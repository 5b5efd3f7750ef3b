import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type MemberListData, memberListText, toMemberListData } from '../../src/cli/members-data.js';

export default class MemberList extends ClusterCommand<typeof MemberList> {
  static override summary = 'list the members';
  static override description =
    'Nodes that were started with --join and are no members yet stand below them as announced.';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    "<%= config.bin %> <%= command.id %> -o json | jq -r '.data.members[].id'",
    '<%= config.bin %> <%= command.id %> -o name',
  ];
  static override kind = 'MemberList';

  async run(): Promise<MemberListData> {
    return toMemberListData(await (await this.connect()).listMembers());
  }

  protected override text(data: MemberListData): Promise<string> {
    return memberListText(data, this.tableOptions);
  }

  protected override names({ members }: MemberListData): readonly string[] {
    return members.map(({ id }) => `member/${id}`);
  }
}
