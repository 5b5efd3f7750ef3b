import { RaftctlError } from '../base/errors.js';
import type { Client, NodeStatus } from '../client/index.js';
import { formatDuration } from './units.js';
import { roleNames } from './wire-names.js';

/** `data` of `node drain` and `node undrain`. */
export interface DrainData {
  readonly id: number;
  readonly drained: boolean;
  /** Whether it was so before. */
  readonly unchanged: boolean;
  readonly wasLeader: boolean;
  /** Who leads now; null where nobody is known to. */
  readonly leader: number | null;
  readonly ms: number | null;
}

/** Drains a node. */
export async function drainNode(client: Client, id: number): Promise<DrainData> {
  const wasLeader = roleNames[(await client.nodeStatus(id)).role] === 'leader';
  const { unchanged, leader, elapsedMs } = await client.drain(id);
  return { id, drained: true, unchanged, wasLeader, leader: leader || null, ms: elapsedMs };
}

/** Ends the draining of a node. */
export async function undrainNode(client: Client, id: number): Promise<DrainData> {
  const { unchanged } = await client.undrain(id);
  const { leader } = await client.nodeStatus(id);
  return { id, drained: false, unchanged, wasLeader: false, leader: leader || null, ms: null };
}

/** `node 2 is drained, leader n3`. */
export function drainText({ id, drained, unchanged, wasLeader, leader, ms }: DrainData): string {
  if (!drained) return `node ${id} ${unchanged ? 'was not drained' : 'may lead again'}`;
  const after = ms === null || unchanged ? '' : ` after ${formatDuration(ms)}`;
  const moved = wasLeader ? (leader === null ? ', nobody leads yet' : `, leader n${leader}`) : '';
  return `node ${id} ${unchanged ? 'was drained before' : `is drained${after}`}${moved}`;
}

/** `data` of `node election pause` and `resume`. */
export interface ElectionsData {
  readonly id: number;
  readonly paused: boolean;
  readonly unchanged: boolean;
  readonly leader: number | null;
}

/** Says whether a node may campaign. */
export async function setElections(client: Client, id: number, paused: boolean): Promise<ElectionsData> {
  const { unchanged, leader } = await client.setElections(id, paused);
  return { id, paused, unchanged, leader: leader || null };
}

/** `elections are paused on node 2`. */
export function electionsText({ id, paused, unchanged }: ElectionsData): string {
  return `elections ${unchanged ? 'were' : 'are'} ${paused ? 'paused' : 'on again'} on node ${id}${unchanged ? ' before' : ''}`;
}

/** `data` of `node ready`. */
export interface ReadyData {
  readonly id: number;
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
}

/** Entries that a node may still have to apply while it counts as ready. */
const applyLagMax = 1000;

/** Whether a node is up to serve, as it says itself. */
export function toReadyData(status: NodeStatus): ReadyData {
  const { id, clusterId, leader, drained, log } = status;
  const { commit = 0, applied = 0 } = log ?? {};
  const reasons = [
    ...(clusterId === '' ? ['it belongs to no cluster yet'] : []),
    ...(clusterId !== '' && roleNames[status.role] === 'removed' ? ['it is no member'] : []),
    ...(clusterId !== '' && leader === 0 ? ['it knows no leader'] : []),
    ...(drained ? ['it is drained'] : []),
    ...(commit - applied > applyLagMax ? [`it has applied ${applied} of ${commit}`] : []),
  ];
  return { id, ready: reasons.length === 0, reasons };
}

/** What the command ends with; undefined where the node is ready. */
export function readyError({ id, ready, reasons }: ReadyData): RaftctlError | undefined {
  return ready ? undefined : new RaftctlError('E_UNHEALTHY', `node ${id} is not ready`, { facts: reasons });
}
