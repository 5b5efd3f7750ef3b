import { RaftctlError } from '../base/errors.js';
import type { Client, UpdateMemberRequest } from '../client/index.js';
import type { Warning } from './envelope.js';
import { checkJoiners } from './joiner-check.js';
import { escapeControl } from './style.js';

/** `data` of `member update`. */
export interface MemberUpdateData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly zone: string | null;
  readonly priority: number | null;
  /** False where it was so already. */
  readonly changed: boolean;
}

/**
 * Gives a member what the request names. A new address is looked at first: another node that answers there is refused.
 * @param warn told where nobody answers at the new address
 * @throws RaftctlError E_USAGE where nothing is given, E_NOT_FOUND, E_WRONG_NODE
 */
export async function updateMember(
  client: Client,
  request: UpdateMemberRequest,
  warn: (warning: Warning) => void,
): Promise<MemberUpdateData> {
  const { id, address, name, zone, priority } = request;
  if ([address, name, zone, priority].every((value) => value === undefined)) {
    throw new RaftctlError('E_USAGE', 'nothing to change: give --address, --name, --zone or --priority', {
      hint: 'raftctl member update --help',
    });
  }
  if (address !== undefined) {
    const silent = await checkJoiners(client, [{ id, address, name: '', addedIndex: 0 }]);
    if (silent.length > 0) warn({ code: 'W_NOT_UP_YET', message: `nobody answers at ${address} yet`, nodes: [id] });
  }
  const { member, changed } = await client.updateMember(request);
  if (member === undefined) throw new RaftctlError('E_NOT_FOUND', `there is no member ${id}`);
  return {
    id,
    name: member.name || `n${id}`,
    address: member.address,
    zone: member.zone ?? null,
    priority: member.priority ?? null,
    changed,
  };
}

/** `member 3  n3  10.0.0.33:7400  zone eu-west-1c  priority 10`. */
export function memberUpdateText({ id, name, address, zone, priority, changed }: MemberUpdateData): string {
  const parts = [`member ${id}`, escapeControl(name), address];
  if (zone) parts.push(`zone ${escapeControl(zone)}`);
  if (priority !== null) parts.push(`priority ${priority}`);
  if (!changed) parts.push('(it was so already)');
  return parts.join('  ');
}
