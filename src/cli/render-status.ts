import { describeCuts } from '../membership/words.js';
import { configText } from './config-data.js';
import type { ClusterIdentity, Warning } from './envelope.js';
import type { ClusterStatusData, NodeData, QuorumData } from './status-data.js';
import { escapeControl, type Style } from './style.js';
import { type Column, renderTable, type TableOptions } from './table.js';
import { formatBytes, formatDuration, orUnknown } from './units.js';

const columns: readonly Column[] = [
  { head: 'ID' },
  { head: 'NAME' },
  { head: 'ROLE' },
  { head: 'SET' },
  { head: 'STATE' },
  { head: 'ADDRESS' },
  { head: 'MATCH' },
  { head: 'LAG' },
  { head: 'LAST-SEEN', optional: true },
  { head: 'RTT', optional: true },
  { head: 'DB', optional: true },
  { head: 'VERSION', optional: true },
];

const wideColumns: readonly Column[] = [
  ...columns.map(({ head }) => ({ head })),
  ...['NEXT', 'INFLIGHT', 'TERM', 'COMMIT', 'APPLIED', 'SNAPSHOT', 'UPTIME'].map((head) => ({ head })),
];

/** What `status` shows beside its data. */
export interface StatusTextOptions extends TableOptions {
  readonly style: Style;
  readonly wide: boolean;
  readonly cluster: ClusterIdentity | undefined;
  readonly warnings: readonly Warning[];
  /** The next commands to try; none where nobody reads along. */
  readonly next: readonly string[];
}

/** The cluster on one screen. */
export async function statusText(data: ClusterStatusData, options: StatusTextOptions): Promise<string> {
  const { style, wide, cluster, warnings, next } = options;
  const health = healthText(data.health, style);
  const leader = data.leader === null ? style.red('none') : leaderText(data, data.leader);
  const { log } = data;
  const head = [
    `CLUSTER  ${escapeControl([cluster?.name, cluster?.id].filter(Boolean).join('  '))}   HEALTH  ${health}   LEADER  ${leader}`,
    `CONFIG   ${configText(data.config)}${data.change === null ? '' : `   change ${data.change} is running`}`,
    `QUORUM   ${quorumText(data.quorum)}`,
    `LOG      ${log.first}..${log.last}   commit ${log.commit}   applied ${log.applied}   ${formatBytes(log.bytes)}`,
  ];
  const rows = data.nodes.map((node) => [...nodeRow(node, data), ...(wide ? wideCells(node) : [])]);
  const table = await renderTable(wide ? wideColumns : columns, rows, options);
  const notes = warnings.map(({ message }) => `${style.yellow('!')} ${escapeControl(message)}`);
  if (notes.length > 0 && next.length > 0) notes.push(`  next: ${next.join(' · ')}`);
  return [...head, '', table, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** Things about a status that somebody should know, in words. */
export function statusWarnings(data: ClusterStatusData): Warning[] {
  const warnings = data.nodes.flatMap((node) => nodeWarning(node));
  const { quorum, config } = data;
  if (data.leader === null) warnings.push({ code: 'W_NO_LEADER', message: 'there is no leader: nothing is written' });
  else if (quorum.available && quorum.tolerates === 0 && quorum.toleratesNominal > 0) {
    const nodes = quorum.minimalCuts.flat();
    const named = nodes.map((id) => nameOf(id, data)).join(' or ');
    warnings.push({ code: 'W_NO_MARGIN', message: `one more voter failure (${named}) stops writes.`, nodes });
  }
  if (config.joint && !config.autoLeave) {
    warnings.push({
      code: 'W_JOINT',
      message: 'the configuration stays joint until it is left: raftctl member change leave',
    });
  }
  return warnings;
}

/** Commands that help with the warnings. */
export function nextCommands(data: ClusterStatusData): string[] {
  const missing = data.nodes.find(({ set, reachable }) => set !== '-' && !reachable);
  return missing === undefined ? [] : [`raftctl node show ${missing.id}`, 'raftctl cluster health'];
}

function healthText(health: ClusterStatusData['health'], style: Style): string {
  if (health === 'healthy') return health;
  return health === 'degraded' ? style.yellow(health) : style.red(health);
}

function leaderText(data: ClusterStatusData, { id, term, since }: NonNullable<ClusterStatusData['leader']>): string {
  return `${escapeControl(nameOf(id, data))}, term ${term}, since ${since.replace(/\.\d+Z$/, 'Z')}`;
}

function nameOf(id: number, data: ClusterStatusData): string {
  return data.nodes.find((node) => node.id === id)?.name ?? `n${id}`;
}

/** `needs 2 of 3, live 2 -> tolerates 0 more failures (1 when all are up)`. */
export function quorumText({ sets, available, tolerates, toleratesNominal, minimalCuts }: QuorumData): string {
  const needs = sets.map(({ size, needed, live }) => `needs ${needed} of ${size}, live ${live}`).join(' and ');
  if (!available) return `${needs} -> no majority: writes have stopped`;
  const nominal = tolerates === toleratesNominal ? '' : ` (${toleratesNominal} when all are up)`;
  const cuts = sets.length > 1 ? `   stops if lost: ${describeCuts(minimalCuts)}` : '';
  return `${needs} -> tolerates ${tolerates} more failure${tolerates === 1 ? '' : 's'}${nominal}${cuts}`;
}

function nodeRow(node: NodeData, data: ClusterStatusData): string[] {
  const { progress } = node;
  const leads = data.leader?.id === node.id;
  const quiet = leads ? '-' : undefined;
  return [
    String(node.id),
    node.name,
    node.role,
    node.set,
    progress?.state ?? '-',
    node.address,
    leads ? String(data.log.last) : orUnknown(progress?.match),
    leads ? '0' : orUnknown(progress?.lag),
    quiet ?? orUnknown(node.lastSeenMs, formatDuration),
    quiet ?? (node.reachable ? orUnknown(node.rttMs, formatDuration) : '-'),
    orUnknown(node.dbBytes, formatBytes),
    orUnknown(node.version),
  ];
}

function wideCells({ progress, term, commit, applied, snapshotIndex, uptimeMs }: NodeData): string[] {
  return [
    progress === null ? '-' : String(progress.next),
    progress === null ? '-' : `${progress.inflight}/${progress.inflightMax}`,
    orUnknown(term),
    orUnknown(commit),
    orUnknown(applied),
    snapshotIndex === null ? '-' : String(snapshotIndex),
    orUnknown(uptimeMs, formatDuration),
  ];
}

function nodeWarning(node: NodeData): Warning[] {
  if (node.set === '-') return [];
  const nodes = [node.id];
  if (!node.reachable) {
    const seen = node.lastSeenMs === null ? '' : ` for ${formatDuration(node.lastSeenMs)}`;
    const behind = node.progress?.needsSnapshot ? ' It is behind the compacted log and will need a snapshot.' : '';
    const why = node.error === null ? '' : ` (${node.error.message})`;
    return [{ code: 'W_UNREACHABLE', message: `${node.name} is unreachable${seen}${why}.${behind}`, nodes }];
  }
  if (node.progress?.recentActive === false) {
    return [{ code: 'W_SILENT', message: `${node.name} answers here, but not the leader.`, nodes }];
  }
  return [];
}
