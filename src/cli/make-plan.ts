import { RaftctlError } from '../base/errors.js';
import type { ChangeMembersRequest, Client } from '../client/index.js';
import { type ChangeData, toChangeData } from './change-data.js';
import { checkJoiners } from './joiner-check.js';
import { type PlanFile, toPlanFile } from './plan-file.js';

/** A plan of the server, and the file that holds it. */
export interface MadePlan {
  readonly data: ChangeData;
  readonly file: PlanFile;
}

/** Lets the server plan a change and check it; changes nothing. @param request a dry run */
export async function makePlan(client: Client, request: ChangeMembersRequest): Promise<MadePlan> {
  await checkJoiners(client, request.peers);
  for await (const event of client.changeMembers(request)) {
    if (event.plan === undefined) continue;
    const data = toChangeData(event.plan, event, true);
    const { clusterId } = await client.listMembers();
    return { data, file: toPlanFile(request, data, event.plan.hash, clusterId, new Date()) };
  }
  throw new RaftctlError('E_CONN_TIMEOUT', 'no plan came in time', { retryable: true });
}

/** With what a command ends that was asked for a plan; undefined where all is well. @param detailed a change is worth an exit code */
export function planError(data: ChangeData, detailed: boolean): RaftctlError | undefined {
  const failed = data.checks.filter(({ status }) => status === 'fail');
  if (failed.length > 0) {
    const facts = failed.map(({ id, message }) => `${id}: ${message}`);
    return new RaftctlError('E_REFUSED', 'the change would be refused', { facts });
  }
  return detailed && !data.unchanged ? new RaftctlError('E_DIFFERS', 'the plan changes something') : undefined;
}
