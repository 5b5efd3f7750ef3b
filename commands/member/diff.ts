import { Flags } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { differenceError, diffMembers, type MemberDiffData, memberDiffText } from '../../src/cli/member-diff.js';
import { readSpec } from '../../src/cli/member-spec.js';
import { toMemberListData } from '../../src/cli/members-data.js';

export default class MemberDiff extends ClusterCommand<typeof MemberDiff> {
  static override summary = 'compare the members with what a file describes';
  static override description =
    'Shows who differs and which commands would make the cluster what the file of raftctl member export says. What the file does not say of a member is not compared.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> -f members.yaml',
    '<%= config.bin %> <%= command.id %> -f members.yaml --detailed-exitcode',
    "<%= config.bin %> <%= command.id %> -f members.yaml --json | jq -r '.data.commands[]'",
  ];
  static override flags = {
    file: Flags.string({ char: 'f', description: 'file with the description', required: true, helpValue: 'FILE' }),
    'detailed-exitcode': Flags.boolean({ description: 'end with exit 13 where something differs' }),
  };
  static override kind = 'MemberDiff';

  async run(): Promise<MemberDiffData> {
    const spec = await readSpec(this.flags.file);
    const client = await this.connect();
    const members = await client.listMembers();
    const data = diffMembers(toMemberListData(members, await client.view()), spec, members.clusterId);
    if (!data.same && this.flags['detailed-exitcode']) this.answer(differenceError(data, this.flags.file));
    return data;
  }

  protected override text(data: MemberDiffData): string {
    return memberDiffText(data, this.style);
  }

  protected override names({ differences }: MemberDiffData): readonly string[] {
    return differences.map(({ id }) => `member/${id}`);
  }
}
