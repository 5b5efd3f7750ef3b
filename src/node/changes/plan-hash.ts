import { createHash } from 'node:crypto';
import { ChangePlan } from '../../gen/raftctl/v1/member.js';

/**
 * SHA-256, hex, of what a plan would do: index of the configuration, both configurations, members and steps. A plan that was shown and one
 * that is made later are the same if this is.
 */
export function planHash({ configIndex, from, to, members, steps }: ChangePlan): string {
  const essence = ChangePlan.fromPartial({ configIndex, from, to, members, steps });
  return createHash('sha256').update(ChangePlan.encode(essence).finish()).digest('hex');
}
