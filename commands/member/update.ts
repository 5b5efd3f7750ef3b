import { Flags } from '@oclif/core';
import { whoAsks } from '../../src/cli/change-flags.js';
import { ClusterCommand } from '../../src/cli/cluster-command.js';
import { addressFlag, idArg, numberFlag } from '../../src/cli/flags.js';
import { type MemberUpdateData, memberUpdateText, updateMember } from '../../src/cli/member-update.js';

export default class MemberUpdate extends ClusterCommand<typeof MemberUpdate> {
  static override summary = 'give a member another address, name, zone or priority';
  static override description =
    'What is not given stays. The sets of voters and learners stay as they are: for those there is raftctl member change.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3 --address 10.0.0.33:7400',
    '<%= config.bin %> <%= command.id %> 3 --zone eu-west-1c --name n3',
    '<%= config.bin %> <%= command.id %> 3 --priority 10',
  ];
  static override args = { id: idArg({ description: 'id of the member', required: true }) };
  static override flags = {
    address: addressFlag({ description: 'where it listens from now on', helpGroup: 'CHANGE' }),
    name: Flags.string({ description: 'its name, for people', helpValue: 'NAME', helpGroup: 'CHANGE' }),
    zone: Flags.string({ description: 'where it stands: a zone fails as one', helpValue: 'ZONE', helpGroup: 'CHANGE' }),
    priority: numberFlag({
      min: -(2 ** 31),
      max: 2 ** 31 - 1,
      description: 'the higher, the sooner it is elected',
      helpValue: 'N',
      helpGroup: 'CHANGE',
    }),
    'if-config-index': numberFlag({
      description: 'refuse unless this is the index of the configuration',
      min: 1,
      helpValue: 'N',
      helpGroup: 'CHANGE',
    }),
    reason: Flags.string({ description: 'why, for the log', helpValue: 'TEXT', default: '', helpGroup: 'CHANGE' }),
  };
  static override kind = 'Member';
  static override mutating = true;

  async run(): Promise<MemberUpdateData> {
    const { address, name, zone, priority, 'if-config-index': ifConfigIndex = 0, reason } = this.flags;
    const request = { id: this.args.id, address, name, zone, priority, ifConfigIndex, by: whoAsks(), reason };
    return updateMember(await this.connect(), request, (warning) => this.caution(warning));
  }

  protected override text(data: MemberUpdateData): string {
    return memberUpdateText(data);
  }

  protected override names({ id }: MemberUpdateData): readonly string[] {
    return [`member/${id}`];
  }
}
