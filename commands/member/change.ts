import { Flags } from '@oclif/core';
import { ChangeCommand } from '../../src/cli/change-command.js';
import type { ChangeData } from '../../src/cli/change-data.js';
import { targetOf } from '../../src/cli/change-target.js';
import { idSetFlag, memberAddressFlag } from '../../src/cli/flags.js';
import { promotionFlags, spareFlag } from '../../src/cli/promotion-flags.js';

export default class MemberChange extends ChangeCommand<typeof MemberChange> {
  static override summary = 'change the sets of voters and learners to what is given';
  static override description =
    'A set that is given is the whole target for that set: who is not named leaves it. A flag left out keeps its set as it is, less the ids that the other one takes.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --voters 1,3 --learners 4,5 --dry-run',
    '<%= config.bin %> <%= command.id %> --learners 4 --peer 4=10.0.0.4:7400',
    '<%= config.bin %> <%= command.id %> --learners none',
  ];
  static override flags = {
    voters: idSetFlag({ description: 'all voters there are to be', helpGroup: 'CHANGE' }),
    learners: idSetFlag({ description: 'all learners there are to be', helpGroup: 'CHANGE' }),
    peer: memberAddressFlag({ description: 'address of a node that the cluster does not know', helpGroup: 'CHANGE' }),
    'explicit-leave': Flags.boolean({
      description: 'stay in the joint configuration until raftctl member change leave',
      helpGroup: 'CHANGE',
    }),
    ...promotionFlags,
    ...spareFlag,
  };

  run(): Promise<ChangeData> {
    const { voters, learners, peer, 'explicit-leave': explicitLeave } = this.flags;
    return this.change({ ...targetOf({ voters, learners, peers: peer ?? [] }), explicitLeave });
  }
}
