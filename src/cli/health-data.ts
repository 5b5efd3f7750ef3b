import { RaftctlError } from '../base/errors.js';
import type { ClusterStatusData, NodeData } from './status-data.js';
import { diskFreeBytesMin, spaceAlarm } from './status-warnings.js';
import type { Style } from './style.js';
import { renderTable, type TableOptions } from './table.js';
import { counted, formatBytes, formatTime } from './units.js';

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
  /** What was looked at, and what it is held against; null where that is not known, or there is nothing to hold it against. */
  readonly value: number | string | null;
  readonly threshold: number | string | null;
  /** Since when it is so, by the clock of this machine; null where nobody knows. */
  readonly since: string | null;
  /** Of what `status` warns of in that case; null where it is ok. */
  readonly code: string | null;
}

/** What a check finds; what it does not say is unknown. */
type Finding = Pick<HealthCheck, 'status' | 'message'> &
  Partial<Omit<HealthCheck, 'id'>> & { readonly sinceMs?: number };

/** What must hold. */
export interface HealthLimits {
  /** Voters that must be allowed to fail; undefined asks for nothing. */
  readonly requireTolerance: number | undefined;
  /** Entries that a member may lag behind. */
  readonly maxLag: number;
}

/** Judges a status: `unavailable` where writes have stopped, `degraded` where a check does not come out ok. */
export function toHealthData(data: ClusterStatusData, limits: HealthLimits, now: Date): HealthData {
  const members = data.nodes.filter(({ set }) => set !== '-');
  const check = (id: HealthCheck['id'], { sinceMs, ...found }: Finding): HealthCheck => ({
    id,
    nodes: [],
    value: null,
    threshold: null,
    ...found,
    since: sinceMs === undefined ? null : new Date(now.getTime() - sinceMs).toISOString(),
    code: found.status === 'ok' ? null : (found.code ?? null),
  });
  const checks = [
    check('leader', leaderFinding(data)),
    check('quorum', quorumFinding(data)),
    check('members', memberFinding(members)),
    check('replication', data.leader === null ? unknown(untracked) : replicationFinding(members, limits.maxLag)),
    check('configuration', configurationFinding(data)),
    check('storage', storageFinding(members, now)),
    check('versions', versionFinding(members)),
    ...(limits.requireTolerance === undefined
      ? []
      : [check('tolerance', toleranceFinding(data, limits.requireTolerance))]),
  ];
  const stopped = data.leader === null || !data.quorum.available;
  const loud = checks.some(({ status }) => status !== 'ok');
  return { verdict: stopped ? 'unavailable' : loud ? 'degraded' : 'healthy', tolerates: data.quorum.tolerates, checks };
}

const untracked = 'without a leader nobody tracks who lags';

function unknown(message: string): Finding {
  return { status: 'unknown', message };
}

function leaderFinding({ leader, nodes }: ClusterStatusData): Finding {
  if (leader === null) return { status: 'fail', message: 'there is none', code: 'W_NO_LEADER' };
  const name = nodes.find(({ id }) => id === leader.id)?.name;
  const message = `${name} leads in term ${leader.term}`;
  return { status: 'ok', message, nodes: [leader.id], value: leader.id, sinceMs: leader.forMs };
}

/** The margin is what counts: a cluster that could have one must have it. */
function quorumFinding({ quorum }: ClusterStatusData): Finding {
  const message = quorum.sets
    .map(({ name, live, size, needed }) => `${name}: ${live} of ${size} live, ${needed} needed`)
    .join('; ');
  const thin = quorum.tolerates === 0 && quorum.toleratesNominal > 0;
  const margin = { value: quorum.available ? quorum.tolerates : null, threshold: Math.min(1, quorum.toleratesNominal) };
  if (!quorum.available) return { status: 'fail', message, code: 'W_NO_LEADER', ...margin };
  if (thin) return { status: 'warn', message: `${message}: no margin`, code: 'W_NO_MARGIN', ...margin };
  return { status: 'ok', message, ...margin };
}

function memberFinding(members: readonly NodeData[]): Finding {
  const silent = members.filter(({ reachable, progress }) => !reachable || progress?.recentActive === false);
  const answering = { value: members.length - silent.length, threshold: members.length };
  if (silent.length === 0) return { status: 'ok', message: `all ${members.length} answer`, ...answering };
  const message = silent.map(({ name, error }) => `${name}: ${error?.message ?? 'does not answer the leader'}`);
  const goneMs = silent.flatMap(({ lastSeenMs }) => (lastSeenMs === null ? [] : lastSeenMs));
  return {
    status: 'warn',
    message: message.join('; '),
    nodes: idsOf(silent),
    code: silent.some(({ reachable }) => !reachable) ? 'W_UNREACHABLE' : 'W_SILENT',
    ...(goneMs.length === 0 ? {} : { sinceMs: Math.max(...goneMs) }),
    ...answering,
  };
}

function replicationFinding(members: readonly NodeData[], maxLag: number): Finding {
  const behind = members.filter(
    ({ progress }) =>
      progress !== null && (progress.lag > maxLag || progress.needsSnapshot || progress.state === 'snapshot'),
  );
  const most = { value: Math.max(0, ...members.map(({ progress }) => progress?.lag ?? 0)), threshold: maxLag };
  if (behind.length === 0) return { status: 'ok', message: `nobody lags more than ${maxLag} entries`, ...most };
  const message = behind.map(({ name, progress }) => `${name} lags ${progress?.lag} entries (${progress?.state})`);
  const caughtUpMs = behind.flatMap(({ progress }) => progress?.caughtUpAgoMs ?? []);
  return {
    status: 'warn',
    message: message.join('; '),
    nodes: idsOf(behind),
    code: behind.some(({ progress }) => progress?.needsSnapshot) ? 'W_NEEDS_SNAPSHOT' : 'W_LAG',
    ...(caughtUpMs.length === 0 ? {} : { sinceMs: Math.max(...caughtUpMs) }),
    ...most,
  };
}

function configurationFinding({ config, change, changeState, leader }: ClusterStatusData): Finding {
  if (leader === null && !config.joint) {
    return unknown(`stable @${config.index}, as far as the nodes that answer know`);
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
  return {
    status: settled ? 'ok' : 'warn',
    message,
    value: config.phase,
    threshold: 'stable',
    code: change === null ? 'W_JOINT' : 'W_CHANGE',
    ...(changeState === null ? {} : { sinceMs: changeState.runsMs }),
  };
}

function storageFinding(members: readonly NodeData[], now: Date): Finding {
  const known = members.flatMap(({ diskFreeBytes }) => (diskFreeBytes === null ? [] : diskFreeBytes));
  if (known.length === 0) return unknown('no node says');
  const full = members.filter(({ diskFreeBytes }) => diskFreeBytes !== null && diskFreeBytes < diskFreeBytesMin);
  const least = { value: Math.min(...known), threshold: diskFreeBytesMin };
  const alarmed = members.filter((node) => spaceAlarm(node) !== undefined);
  if (alarmed.length > 0) {
    const message = alarmed.map((node) => spaceAlarm(node)).join('; ');
    const since = alarmed.flatMap(({ spaceSince }) => spaceSince ?? []).sort()[0];
    return {
      ...{ status: 'fail', message, nodes: idsOf(alarmed), code: 'W_NO_SPACE', ...least },
      ...(since === undefined ? {} : { sinceMs: now.getTime() - Date.parse(since) }),
    };
  }
  if (full.length === 0) return { status: 'ok', message: 'every disk has room', ...least };
  const message = `${full.map(({ name }) => name).join(', ')}: less than 1 GiB of disk free`;
  return { status: 'warn', message, nodes: idsOf(full), code: 'W_DISK', ...least };
}

function versionFinding(members: readonly NodeData[]): Finding {
  if (members.every(({ version }) => version === null)) return unknown('no node says');
  const versions = [...new Set(members.flatMap(({ version }) => (version === null ? [] : [version])))].sort();
  const count = { value: versions.length, threshold: 1 };
  return { status: versions.length < 2 ? 'ok' : 'warn', message: versions.join(', '), code: 'W_VERSIONS', ...count };
}

function toleranceFinding({ quorum }: ClusterStatusData, required: number): Finding {
  const enough = quorum.available && quorum.tolerates >= required;
  const message = `tolerates ${counted(quorum.tolerates, 'failure')}, ${required} required`;
  const value = quorum.available ? quorum.tolerates : null;
  return { status: enough ? 'ok' : 'fail', message, code: 'W_TOLERANCE', value, threshold: required };
}

function idsOf(nodes: readonly NodeData[]): number[] {
  return nodes.map(({ id }) => id);
}

/** The checks as a table, the verdict behind them. */
export async function healthText(
  data: HealthData,
  wide: boolean,
  style: Style,
  options: TableOptions,
): Promise<string> {
  const heads = ['CHECK', 'STATUS', 'MESSAGE', ...(wide ? ['SINCE', 'OBSERVED', 'THRESHOLD', 'CODE'] : [])];
  const rows = data.checks.map((check) => {
    const { id, status, message, since, code } = check;
    const row = [id, status === 'fail' ? 'FAIL' : status, message];
    if (!wide) return row;
    const [observed, threshold] = [check.value, check.threshold].map((value) => valueText(id, value));
    return [...row, since === null ? '-' : formatTime(since), observed, threshold, code ?? '-'];
  });
  const color = { healthy: style.bold, degraded: style.yellow, unavailable: style.red }[data.verdict];
  const table = await renderTable(
    heads.map((head) => ({ head })),
    rows.map((row) => row.map((cell) => cell ?? '-')),
    options,
  );
  return `${table}\n\n${color(data.verdict)}`;
}

function valueText(id: HealthCheck['id'], value: HealthCheck['value']): string {
  if (value === null) return '-';
  return id === 'storage' ? formatBytes(Number(value)) : String(value);
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
