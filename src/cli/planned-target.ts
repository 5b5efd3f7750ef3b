import { Flags } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import type { Client } from '../client/index.js';
import type { ChangeTarget } from './change-flags.js';
import { addition, demotion, promotion, removal, replacement, targetOf } from './change-target.js';
import type { JoinerAddress, MemberAddress } from './flag-values.js';
import { idFlag, idSetFlag, joinerFlag, memberAddressFlag } from './flags.js';
import { resolveJoiner } from './joiner.js';

const helpGroup = 'CHANGE';

/** What is to be planned: the flags of `member change`, or one of the other changes by its name. */
export const targetFlags = {
  voters: idSetFlag({ description: 'all voters there are to be', helpGroup }),
  learners: idSetFlag({ description: 'all learners there are to be', helpGroup }),
  peer: memberAddressFlag({ description: 'address of a node that the cluster does not know', helpGroup }),
  'explicit-leave': Flags.boolean({
    description: 'stay in the joint configuration until raftctl member change leave',
    helpGroup,
  }),
  add: joinerFlag({ description: 'a node that is to join, as member add does', helpGroup }),
  voter: Flags.boolean({ description: 'add it as a voter', helpGroup, dependsOn: ['add'] }),
  promote: idSetFlag({ description: 'learners that are to be voters, as member promote does', helpGroup }),
  demote: idSetFlag({ description: 'voters that are to be learners, as member demote does', helpGroup }),
  remove: idSetFlag({ description: 'members that are to go, as member remove does', helpGroup }),
  replace: idFlag({ description: 'a member that is to go, as member replace does', helpGroup, dependsOn: ['with'] }),
  with: joinerFlag({ description: 'the node that comes in its place', helpGroup, dependsOn: ['replace'] }),
  'keep-old-as-learner': Flags.boolean({
    description: 'keep the one that is replaced as a learner',
    helpGroup,
    dependsOn: ['replace'],
  }),
};

/** Values of these flags. */
export interface TargetFlagValues {
  readonly voters?: readonly number[] | undefined;
  readonly learners?: readonly number[] | undefined;
  readonly peer?: readonly MemberAddress[] | undefined;
  readonly 'explicit-leave': boolean;
  readonly add?: JoinerAddress | undefined;
  readonly voter: boolean;
  readonly 'keep-spare'?: boolean | undefined;
  readonly promote?: readonly number[] | undefined;
  readonly demote?: readonly number[] | undefined;
  readonly remove?: readonly number[] | undefined;
  readonly replace?: number | undefined;
  readonly with?: JoinerAddress | undefined;
  readonly 'keep-old-as-learner': boolean;
}

/** The target that the flags mean. @throws RaftctlError E_USAGE unless exactly one change is named */
export async function plannedTarget(
  client: Client,
  flags: TargetFlagValues,
  say: (line: string) => void,
): Promise<ChangeTarget> {
  const { voters, learners, peer, add, promote, demote, remove, replace, with: joiner } = flags;
  const sets = voters !== undefined || learners !== undefined ? 'sets' : undefined;
  const named = [sets, add, promote, demote, remove, replace].filter((part) => part !== undefined);
  if (named.length !== 1) {
    throw new RaftctlError(
      'E_USAGE',
      'name one change: --voters and --learners, --add, --promote, --demote, --remove, or --replace with --with',
      { hint: 'raftctl member plan --help' },
    );
  }
  const explicitLeave = flags['explicit-leave'];
  if (sets !== undefined) return { ...targetOf({ voters, learners, peers: peer ?? [] }), explicitLeave };
  const current = await client.listMembers();
  const resolve = (wish: JoinerAddress) => resolveJoiner(client, wish, current, say);
  if (add !== undefined) {
    const asVoter = flags.voter && flags['keep-spare'] !== true;
    return { ...addition(current, await resolve(add), asVoter), explicitLeave };
  }
  if (promote !== undefined) return { ...promotion(current, promote), explicitLeave };
  if (demote !== undefined) return { ...demotion(current, demote), explicitLeave };
  if (remove !== undefined) return { ...removal(current, remove), explicitLeave };
  if (replace === undefined || joiner === undefined) throw new Error('one of the changes was named');
  const member = await resolve(joiner);
  return { ...replacement(current, replace, member, flags['keep-old-as-learner']), explicitLeave };
}
