import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { idArg } from '../../src/cli/flags.js';
import { type MemberDetailData, memberDetail, memberDetailText } from '../../src/cli/member-detail.js';
import { toMemberListData } from '../../src/cli/members-data.js';

export default class MemberShow extends ClusterCommand<typeof MemberShow> {
  static override summary = 'show one member, or a voter that left';
  static override description = 'What the cluster knows of it. What the node says of itself: raftctl node show.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3',
    "<%= config.bin %> <%= command.id %> 3 --json | jq -r '.data.zone'",
    '<%= config.bin %> <%= command.id %> 3 -o yaml',
  ];
  static override args = { id: idArg({ description: 'id of the member', required: true }) };
  static override kind = 'Member';

  async run(): Promise<MemberDetailData> {
    const client = await this.connect();
    return memberDetail(toMemberListData(await client.listMembers(), await client.view()), this.args.id);
  }

  protected override text(data: MemberDetailData): string {
    return memberDetailText(data);
  }

  protected override names({ id }: MemberDetailData): readonly string[] {
    return [`member/${id}`];
  }
}
