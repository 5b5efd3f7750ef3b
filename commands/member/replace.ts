import { Flags } from '@oclif/core';
import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { replacement } from '../../src/cli/change-target.js';
import { idArg, idFlag, joinerFlag } from '../../src/cli/flags.js';
import { resolveJoiner } from '../../src/cli/joiner.js';
import { promotionFlags } from '../../src/cli/promotion-flags.js';

export default class MemberReplace extends ChangeCommand<typeof MemberReplace> {
  static override summary = 'put a new node in the place of a member';
  static override description =
    'One change: the new node catches up as a learner, then it comes in and the old one goes out at once. The old one need not be alive. With --promote-when voter-down the new one stands by, caught up, until the old one has been down for so long.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 3 --with 10.0.0.6:7400',
    '<%= config.bin %> <%= command.id %> 3 --with 6=10.0.0.6:7400 --dry-run',
    "<%= config.bin %> <%= command.id %> 3 --with 10.0.0.6:7400 --promote-when 'voter-down>30s'",
  ];
  static override args = { id: idArg({ description: 'id of the member that goes', required: true }) };
  static override flags = {
    with: joinerFlag({ description: 'where the new node listens', required: true, helpGroup: 'CHANGE' }),
    id: idFlag({ description: 'id of the new node', helpGroup: 'CHANGE' }),
    name: Flags.string({ description: 'name of the new node, for people', helpValue: 'NAME', helpGroup: 'CHANGE' }),
    zone: Flags.string({ description: 'zone of the new node', helpValue: 'ZONE', helpGroup: 'CHANGE' }),
    'keep-old-as-learner': Flags.boolean({ description: 'keep the old one as a learner', helpGroup: 'CHANGE' }),
    ...promotionFlags,
  };

  async run(): Promise<ChangeData> {
    const { with: joiner, id, name, zone, 'keep-old-as-learner': keepOld } = this.flags;
    const client = await this.connect();
    const current = await client.listMembers();
    const wish = { address: joiner.address, id: id ?? joiner.id, name, zone };
    const member = await resolveJoiner(client, wish, current, (line) => this.progress(line));
    return this.change(replacement(current, this.args.id, member, keepOld));
  }
}
