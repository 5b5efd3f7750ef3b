import { RaftctlError } from '../base/errors.js';
import type { ChangeRecord, Client } from '../client/index.js';
import { toSets } from './change-data.js';
import { phaseNames, resultNames } from './wire-names.js';

/**
 * The change that runs and waits for these nodes to be promoted; undefined where none does.
 * @throws RaftctlError E_CONFLICT where it promotes others with them
 */
export async function waitingChange(client: Client, ids: readonly number[]): Promise<ChangeRecord | undefined> {
  const [newest] = await client.changes.list(1);
  if (newest === undefined || resultNames[newest.result] !== 'running') return undefined;
  if (phaseNames[newest.phase] !== 'ready' && newest.promotionRequested !== true) return undefined;
  const { voters } = toSets(newest.from);
  const newVoters = toSets(newest.to).voters.filter((id) => !voters.includes(id));
  if (!newVoters.some((id) => ids.includes(id))) return undefined;
  if (newVoters.length === ids.length && newVoters.every((id) => ids.includes(id))) return newest;
  throw new RaftctlError('E_CONFLICT', `change ${newest.id} promotes ${newVoters.join(', ')}, all at once`, {
    hint: `raftctl member promote ${newVoters.join(' ')}`,
  });
}
