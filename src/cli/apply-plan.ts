import { RaftctlError } from '../base/errors.js';
import type { Client } from '../client/index.js';
import { type ChangeData, recordedChange } from './change-data.js';
import { endOf } from './change-end.js';
import { type PlanFlagValues, planFlags } from './change-flags.js';
import { rememberedChange } from './change-status.js';
import type { PlanFile } from './plan-file.js';

/** @throws RaftctlError E_USAGE for a flag that says what the plan says already */
export function requirePlansOwn(flags: PlanFlagValues): void {
  const { reason: _, ...own } = flags;
  const given = Object.entries(own).find(([name, value]) => Object.hasOwn(planFlags, name) && value !== undefined);
  if (given === undefined) return;
  throw new RaftctlError('E_USAGE', `--${given[0]}: the plan says that already`, {
    hint: 'give it to raftctl member plan instead',
  });
}

/** @throws RaftctlError E_WRONG_CLUSTER where the plan was made for another cluster than the one that answers */
export async function requireCluster(client: Client, file: PlanFile, path: string): Promise<void> {
  const { clusterId } = await client.listMembers();
  if (clusterId === file.clusterId) return;
  throw new RaftctlError('E_WRONG_CLUSTER', `the plan in ${path} is for another cluster`, {
    facts: [`it was made for ${file.clusterId}`, `this one is     ${clusterId}`],
  });
}

/**
 * What became of a plan that was applied before; undefined where it was not, or is being carried out just now.
 * @throws RaftctlError E_ABORTED, E_CHANGE_FAILED where it did not come to its end
 */
export async function applied(client: Client, requestId: string): Promise<ChangeData | undefined> {
  try {
    const record = await rememberedChange(client, requestId);
    if (record.endedMs === 0) return undefined;
    const end = endOf(record);
    if (end !== undefined) throw end;
    return recordedChange(record);
  } catch (thrown) {
    if (thrown instanceof RaftctlError && thrown.code === 'E_NOT_FOUND') return undefined;
    throw thrown;
  }
}
