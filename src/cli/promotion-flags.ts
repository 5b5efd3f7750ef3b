import { Flags } from '@oclif/core';
import type { ChangeMembersRequest } from '../client/index.js';
import { parsePromotion, type WhenToPromote } from './flag-values.js';
import { numberFlag } from './flags.js';

const helpGroup = 'CHANGE';

/** When new voters are promoted, and how long they are waited for. */
export const promotionFlags = {
  'promote-when': Flags.custom<WhenToPromote>({ parse: async (text) => parsePromotion(text) })({
    description:
      "when a new voter that is ready becomes one: at once; when somebody asks, with raftctl member promote; or when a voter (of those that leave, where any does) has been down for so long. Until then the change runs, and no other can begin. Quote the last one: 'voter-down>30s'",
    helpValue: "ready|manual|'voter-down>30s'",
    helpGroup,
  }),
  'max-rounds': numberFlag({
    description:
      'give up when a new voter is not ready after so many rounds of catching up, since more is written than it takes in; a new leader counts anew',
    min: 1,
    helpValue: 'N',
    helpGroup,
  }),
};

/** To keep a learner that is ready. */
export const spareFlag = {
  'keep-spare': Flags.boolean({
    description: 'wait until the new learner is ready to vote, and leave it a learner',
    helpGroup,
    exclusive: ['promote-when'],
  }),
};

/** Values of these flags. */
export interface PromotionFlagValues {
  readonly 'promote-when'?: WhenToPromote | undefined;
  readonly 'max-rounds'?: number | undefined;
  readonly 'keep-spare'?: boolean | undefined;
}

/** What they say in a request. */
export function promotionOf(
  flags: PromotionFlagValues,
): Pick<ChangeMembersRequest, 'promotion' | 'maxRounds' | 'keepSpare'> {
  const wanted = flags['promote-when'];
  return {
    promotion: wanted && { when: whenNumbers[wanted.when], voterDownMs: wanted.voterDownMs },
    maxRounds: flags['max-rounds'],
    keepSpare: flags['keep-spare'] || undefined,
  };
}

/** Of the wire; as numbers, so that nothing of the generated code is loaded for them. */
export const whenNumbers = { ready: 1, manual: 2, 'voter-down': 3 } as const;
