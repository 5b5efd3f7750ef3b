import { RaftctlError } from '../../base/errors.js';
import { ChangePhase, type ChangeRecord, type PromoteChangeRequest } from '../../gen/raftctl/v1/member.js';
import { waitsForPromotion } from '../../membership/index.js';
import { proposeControl } from '../control-commands.js';
import type { CallOptions } from '../node-api.js';
import type { Proposing } from '../proposing.js';
import { isRunning } from './change-records.js';

/**
 * Has the new voters of a change promoted that waits for it. Once that is written down nothing more is asked for.
 * @throws RaftctlError E_CONFLICT where it does not wait for that; as `Proposing.propose`
 */
export async function promoteWaiting(
  proposing: Proposing,
  record: ChangeRecord,
  { reason, by }: PromoteChangeRequest,
  atMs: number,
  call: CallOptions,
): Promise<void> {
  if (record.promotionRequested === true) return;
  if (!waitsForPromotion(record)) throw notWaiting(record);
  const text = `to be promoted${by === '' ? '' : ` by ${by}`}${reason === '' ? '' : `: ${reason}`}`;
  const value = { id: record.id, text, reason, by, atMs };
  await proposeControl(proposing, { command: { $case: 'requestPromotion', value } }, call);
}

function notWaiting(record: ChangeRecord): RaftctlError {
  const { id, phase } = record;
  const isOnItsWay = isRunning(record) && !record.abortRequested;
  const state = ChangePhase[phase].toLowerCase().replaceAll('_', '-');
  return new RaftctlError('E_CONFLICT', `change ${id} does not wait to be promoted: it is ${state}`, {
    hint: isOnItsWay ? `raftctl member change watch ${id}` : 'raftctl member change list',
  });
}
