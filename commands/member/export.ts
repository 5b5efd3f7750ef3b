import { Args } from '@oclif/core';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { type MemberSpec, specOf, specText, writeSpec } from '../../src/cli/member-spec.js';
import { toMemberListData } from '../../src/cli/members-data.js';
import { counted } from '../../src/cli/units.js';

export default class MemberExport extends ClusterCommand<typeof MemberExport> {
  static override summary = 'write down who belongs to the cluster, as YAML';
  static override description =
    'Voters and learners with names, addresses and zones, for a repository. raftctl member diff compares it with what is there.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> members.yaml',
    '<%= config.bin %> <%= command.id %> > members.yaml',
    "<%= config.bin %> <%= command.id %> --json | jq '.data.voters'",
  ];
  static override args = { file: Args.string({ description: 'where to write it; stdout where it is left out' }) };
  static override kind = 'MemberSpec';

  async run(): Promise<MemberSpec> {
    const client = await this.connect();
    const members = await client.listMembers();
    const spec = specOf(toMemberListData(members, await client.view()), members.clusterId);
    if (this.args.file !== undefined) await writeSpec(this.args.file, spec);
    return spec;
  }

  protected override async text(spec: MemberSpec): Promise<string> {
    const { file } = this.args;
    if (file === undefined) return (await specText(spec)).trimEnd();
    return `${counted(spec.voters.length, 'voter')} and ${counted(spec.learners.length, 'learner')} written to ${file}`;
  }

  protected override names({ voters, learners }: MemberSpec): readonly string[] {
    return [...voters, ...learners].map(({ id }) => `member/${id}`);
  }
}
