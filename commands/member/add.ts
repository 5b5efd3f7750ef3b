import { Args, Flags } from '@oclif/core';
import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { addition } from '../../src/cli/change-target.js';
import { idFlag } from '../../src/cli/flags.js';
import { resolveJoiner } from '../../src/cli/joiner.js';
import { promotionFlags, spareFlag } from '../../src/cli/promotion-flags.js';
import { normalizeAddress } from '../../src/client/address.js';

export default class MemberAdd extends ChangeCommand<typeof MemberAdd> {
  static override summary = 'add a node to the cluster';
  static override description =
    'A voter is added as a learner first, and promoted by itself when it has caught up; where it makes no progress for the time of --stall it stays a learner. With --keep-spare it is caught up and stays a learner; raftctl member promote makes a voter of it at once. What --promote-when voter-down promotes comes in beside the voter that is down, which stays a member: where it is to take its place, use raftctl member replace. Without --id the node at the address is asked for it; where none answers yet it gets one that nobody had.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 10.0.0.4:7400',
    '<%= config.bin %> <%= command.id %> 10.0.0.4:7400 --voter --zone eu-west-1b',
    "<%= config.bin %> <%= command.id %> 10.0.0.4:7400 --voter --promote-when 'voter-down>30s'",
    '<%= config.bin %> <%= command.id %> 10.0.0.4:7400 --keep-spare --max-rounds 10',
  ];
  static override args = {
    address: Args.string({
      description: 'where the node listens',
      required: true,
      parse: async (text) => normalizeAddress(text),
    }),
  };
  static override flags = {
    id: idFlag({ description: 'id of the node', helpGroup: 'CHANGE' }),
    name: Flags.string({ description: 'name of the node, for people', helpValue: 'NAME', helpGroup: 'CHANGE' }),
    zone: Flags.string({ description: 'where it stands: a zone fails as one', helpValue: 'ZONE', helpGroup: 'CHANGE' }),
    voter: Flags.boolean({ description: 'add it as a voter', helpGroup: 'CHANGE', exclusive: ['learner'] }),
    learner: Flags.boolean({ description: 'add it as a learner; this is the default', helpGroup: 'CHANGE' }),
    ...promotionFlags,
    ...spareFlag,
  };

  async run(): Promise<ChangeData> {
    const { id, name, zone, voter, 'keep-spare': isSpare } = this.flags;
    const client = await this.connect();
    const current = await client.listMembers();
    const wish = { address: this.args.address, id, name, zone };
    const joiner = await resolveJoiner(client, wish, current, (line) => this.progress(line));
    return this.change(addition(current, joiner, voter && !isSpare));
  }
}
