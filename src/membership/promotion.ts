import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { type ChangeMembersRequest, ChangePhase, type ChangeRecord, PromoteWhen } from '../gen/raftctl/v1/member.js';
import { settledSets, type TargetSets } from './target.js';
import { counted, listIds } from './words.js';

/** What of a change says when those that are to vote become voters. */
type Promoted = Pick<ChangeRecord, 'request' | 'promotionRequested'>;

/** Whether those that are to vote may become voters as soon as they are ready: nothing else is to be waited for, or not any more. */
export function isReleased({ request, promotionRequested }: Promoted): boolean {
  const when = request?.promotion?.when ?? PromoteWhen.READY;
  return promotionRequested === true || (when !== PromoteWhen.MANUAL && when !== PromoteWhen.VOTER_DOWN);
}

/** Whether a change has all its new voters ready, and stays so until something promotes them. */
export function waitsForPromotion(record: Promoted & Pick<ChangeRecord, 'phase' | 'abortRequested'>): boolean {
  return record.phase === ChangePhase.READY && !record.abortRequested && !isReleased(record);
}

/** The voters of which one must be down for the new ones to be promoted: those that are to leave, or where none is, all. */
export function watchedVoters(from: ConfState | undefined, to: ConfState | undefined): readonly number[] {
  const { voters } = settledSets(from ?? nobody);
  const leaving = voters.filter((id) => !to?.voters.includes(id));
  return leaving.length > 0 ? leaving : voters;
}

/** What makes voters of those that are ready, as the end of a sentence that begins with waiting; undefined where nothing has to. */
export function promotionText(
  { promotion }: Pick<ChangeMembersRequest, 'promotion'>,
  newVoters: readonly number[],
  watched: readonly number[],
): string | undefined {
  switch (promotion?.when) {
    case PromoteWhen.MANUAL:
      return `until somebody promotes ${listIds(newVoters)}: raftctl member promote ${newVoters.join(' ')}`;
    case PromoteWhen.VOTER_DOWN:
      return `until ${watched.length === 1 ? '' : 'one of '}${counted('voter', watched)} has been down for ${promotion.voterDownMs / 1000}s`;
    default:
      return undefined;
  }
}

/** The learners that a change adds and that are to be ready at its end. */
export function sparesOf({ from, to, request }: Pick<ChangeRecord, 'from' | 'to' | 'request'>): number[] {
  if (request?.keepSpare !== true) return [];
  const before = settledSets(from ?? nobody);
  const { learners } = settledSets(to ?? nobody);
  return learners.filter((id) => !before.voters.includes(id) && !before.learners.includes(id));
}

/**
 * Whether what is asked for can be meant.
 * @throws RaftctlError E_USAGE where there is nobody to promote, or to keep
 */
export function checkPromotion(
  { promotion, keepSpare }: Pick<ChangeMembersRequest, 'promotion' | 'keepSpare'>,
  now: TargetSets,
  target: TargetSets,
): void {
  const newVoters = target.voters.filter((id) => !now.voters.includes(id));
  if (promotion !== undefined && newVoters.length === 0) {
    throw new RaftctlError('E_USAGE', 'the change makes no new voter: there is nobody to promote');
  }
  if (keepSpare !== true) return;
  if (newVoters.length > 0) {
    const message = `${counted('node', newVoters)} would become a voter: a spare stays a learner`;
    throw new RaftctlError('E_USAGE', message, { hint: 'name it among the learners' });
  }
  if (target.learners.every((id) => now.learners.includes(id) || now.voters.includes(id))) {
    throw new RaftctlError('E_USAGE', 'the change adds no learner: there is no spare to keep');
  }
}

const nobody: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
