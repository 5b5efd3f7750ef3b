import { RaftctlError } from '../base/errors.js';
import type { ClusterStatusData, NodeData } from './status-data.js';
import { diskFreeBytesMin } from './status-warnings.js';
import type { Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { counted } from './units.js';

/** `data` of `cluster health`. */
export interface HealthData {
  readonly verdict: ClusterStatusData['health'];
  readonly tolerates: number;
  readonly checks: readonly HealthCheck[];
}

/** One named check. */
export interface HealthCheck {
  readonly id: 'leader' | 'quorum' | 'members' | 'replication' | 'configuration' | 'storage' | 'versions' | 'tolerance';
  readonly status: 'ok' | 'warn' | 'fail' | 'unknown';
  readonly message: string;
  readonly nodes: readonly number[];
}

/** What must hold. */
export interface HealthLimits {
  /** Voters that must be allowed to fail; undefined asks for nothing. */
  readonly requireTolerance: number | undefined;
  /** Entries that a member may lag behind. */
  readonly maxLag: number;
}

/** Judges a status: `unavailable` where writes have stopped, `degraded` where a check does not come out ok. */
export function toHealthData(data: ClusterStatusData, limits: HealthLimits): HealthData {
  const members = data.nodes.filter(({ set }) => set !== '-');
  const checks = [
    leaderCheck(data),
    quorumCheck(data),
    memberCheck(members),
    data.leader === null ? unknown('replication', untracked) : replicationCheck(members, limits.maxLag),
    configurationCheck(data),
    storageCheck(members),
    versionCheck(members),
    ...(limits.requireTolerance === undefined ? [] : [toleranceCheck(data, limits.requireTolerance)]),
  ];
  const stopped = data.leader === null || !data.quorum.available;
  const loud = checks.some(({ status }) => status !== 'ok');
  return { verdict: stopped ? 'unavailable' : loud ? 'degraded' : 'healthy', tolerates: data.quorum.tolerates, checks };
}

const untracked = 'without a leader nobody tracks who lags';

function unknown(id: HealthCheck['id'], message: string): HealthCheck {
  return { id, status: 'unknown', message, nodes: [] };
}

function leaderCheck({ leader, nodes }: ClusterStatusData): HealthCheck {
  if (leader === null) return { id: 'leader', status: 'fail', message: 'there is none', nodes: [] };
  const name = nodes.find(({ id }) => id === leader.id)?.name;
  return { id: 'leader', status: 'ok', message: `${name} leads in term ${leader.term}`, nodes: [leader.id] };
}

function quorumCheck({ quorum }: ClusterStatusData): HealthCheck {
  const message = quorum.sets
    .map(({ name, live, size, needed }) => `${name}: ${live} of ${size} live, ${needed} needed`)
    .join('; ');
  const thin = quorum.tolerates === 0 && quorum.toleratesNominal > 0;
  const status = quorum.available ? (thin ? 'warn' : 'ok') : 'fail';
  return { id: 'quorum', status, message: thin && quorum.available ? `${message}: no margin` : message, nodes: [] };
}

function memberCheck(members: readonly NodeData[]): HealthCheck {
  const silent = members.filter(({ reachable, progress }) => !reachable || progress?.recentActive === false);
  const message =
    silent.length === 0
      ? `all ${members.length} answer`
      : silent.map(({ name, error }) => `${name}: ${error?.message ?? 'does not answer the leader'}`).join('; ');
  return { id: 'members', status: silent.length === 0 ? 'ok' : 'warn', message, nodes: idsOf(silent) };
}

function replicationCheck(members: readonly NodeData[], maxLag: number): HealthCheck {
  const behind = members.filter(
    ({ progress }) =>
      progress !== null && (progress.lag > maxLag || progress.needsSnapshot || progress.state === 'snapshot'),
  );
  const message =
    behind.length === 0
      ? `nobody lags more than ${maxLag} entries`
      : behind.map(({ name, progress }) => `${name} lags ${progress?.lag} entries (${progress?.state})`).join('; ');
  return { id: 'replication', status: behind.length === 0 ? 'ok' : 'warn', message, nodes: idsOf(behind) };
}

function configurationCheck({ config, change, changeState, leader }: ClusterStatusData): HealthCheck {
  if (leader === null && !config.joint) {
    return unknown('configuration', `stable @${config.index}, as far as the nodes that answer know`);
  }
  // A spare may stand by for months.
  const waits = change !== null && changeState?.phase === 'ready';
  const settled = !config.joint && (change === null || waits);
  const message = config.joint
    ? `joint since @${config.index}`
    : change === null
      ? `stable @${config.index}`
      : waits
        ? `stable @${config.index}; change ${change} waits: ${changeState.text}`
        : `change ${change} runs`;
  return { id: 'configuration', status: settled ? 'ok' : 'warn', message, nodes: [] };
}

function storageCheck(members: readonly NodeData[]): HealthCheck {
  if (members.every(({ diskFreeBytes }) => diskFreeBytes === null)) return unknown('storage', 'no node says');
  const full = members.filter(({ diskFreeBytes }) => diskFreeBytes !== null && diskFreeBytes < diskFreeBytesMin);
  const message =
    full.length === 0
      ? 'every disk has room'
      : `${full.map(({ name }) => name).join(', ')}: less than 1 GiB of disk free`;
  return { id: 'storage', status: full.length === 0 ? 'ok' : 'warn', message, nodes: idsOf(full) };
}

function versionCheck(members: readonly NodeData[]): HealthCheck {
  if (members.every(({ version }) => version === null)) return unknown('versions', 'no node says');
  const versions = [...new Set(members.flatMap(({ version }) => (version === null ? [] : [version])))].sort();
  const same = versions.length < 2;
  return { id: 'versions', status: same ? 'ok' : 'warn', message: versions.join(', '), nodes: [] };
}

function toleranceCheck({ quorum }: ClusterStatusData, required: number): HealthCheck {
  const enough = quorum.available && quorum.tolerates >= required;
  const message = `tolerates ${counted(quorum.tolerates, 'failure')}, ${required} required`;
  return { id: 'tolerance', status: enough ? 'ok' : 'fail', message, nodes: [] };
}

function idsOf(nodes: readonly NodeData[]): number[] {
  return nodes.map(({ id }) => id);
}

/** The checks as a table, the verdict behind them. */
export async function healthText(data: HealthData, style: Style, options: TableOptions): Promise<string> {
  const columns = ['CHECK', 'STATUS', 'MESSAGE'].map((head) => ({ head }));
  const rows = data.checks.map(({ id, status, message }) => [id, status === 'fail' ? 'FAIL' : status, message]);
  const color = { healthy: style.bold, degraded: style.yellow, unavailable: style.red }[data.verdict];
  return `${await renderTable(columns, rows, options)}\n\n${color(data.verdict)}`;
}

/** What a command that judges ends with; undefined where all is well. */
export function healthError(data: HealthData, absence: RaftctlError | undefined): RaftctlError | undefined {
  if (data.verdict === 'healthy') return undefined;
  if (absence !== undefined) return absence;
  const facts = data.checks.filter(({ status }) => status !== 'ok').map(({ id, message }) => `${id}: ${message}`);
  return data.verdict === 'unavailable'
    ? new RaftctlError('E_NO_QUORUM', 'writes have stopped', { facts })
    : new RaftctlError('E_UNHEALTHY', 'the cluster is not healthy', { facts, hint: 'raftctl status' });
}
