import type { NodeStatus, PeerLink, SnapshotInfo } from '../client/index.js';
import { type ConfigData, configText, toConfigData } from './config-data.js';
import { factsText } from './facts-text.js';
import { type LogData, type NodeData, toLogData } from './status-data.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes, formatDuration, formatShare, orUnknown } from './units.js';
import { roleNames } from './wire-names.js';

/** `data` of `node show`: what a node says of itself. */
export interface NodeDetailData {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly version: string;
  readonly stateMachine: string;
  readonly uptimeMs: number;
  readonly hardState: { readonly term: number; readonly vote: number | null; readonly commit: number };
  readonly softState: { readonly lead: number | null; readonly role: string };
  readonly config: ConfigData | null;
  readonly log: LogData;
  readonly applied: number;
  readonly storage: {
    readonly dataDir: string;
    readonly dbBytes: number;
    readonly diskFreeBytes: number;
    readonly mapBytes: number;
    readonly readers: number;
  } | null;
  readonly fsyncP99Ms: number | null;
  readonly applyP99Ms: number | null;
  /** Processor time of its process in the time it ran; 1 is one processor. */
  readonly cpuShare: number | null;
  readonly snapshots: readonly SnapshotData[];
  readonly links: readonly LinkData[];
}

/** A snapshot that a node holds. */
export interface SnapshotData {
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
  readonly createdAt: string;
  /** CRC-32 of the file, 8 hex digits. */
  readonly checksum: string;
}

/** A node's connection to another one. */
export interface LinkData {
  readonly id: number;
  readonly address: string;
  readonly connected: boolean;
  readonly lastSeenMs: number | null;
  readonly rttMs: number | null;
  readonly error: string | null;
}

/** A node's own status as data. */
export function toNodeDetailData(status: NodeStatus): NodeDetailData {
  const { term = 0, vote = 0, commit = 0 } = status.hardState ?? {};
  return {
    id: status.id,
    name: status.name,
    address: status.address,
    version: status.version,
    stateMachine: status.stateMachine,
    uptimeMs: status.uptimeMs,
    hardState: { term, vote: vote || null, commit },
    softState: { lead: status.leader || null, role: roleNames[status.role] },
    config: status.confState === undefined ? null : toConfigData(status.configIndex, status.confState, status.change),
    log: toLogData(status.log),
    applied: status.log?.applied ?? 0,
    storage: status.storage ?? null,
    fsyncP99Ms: status.load?.flushP99Ms ?? null,
    applyP99Ms: status.load?.applyP99Ms ?? null,
    cpuShare: status.load?.cpuShare ?? null,
    snapshots: status.snapshots.map(toSnapshotData),
    links: status.links.map(toLinkData),
  };
}

/** A snapshot as data. */
export function toSnapshotData({ index, term, bytes, createdMs, checksum }: SnapshotInfo): SnapshotData {
  const createdAt = new Date(createdMs).toISOString();
  return { index, term, bytes, createdAt, checksum: checksum.toString(16).padStart(8, '0') };
}

function toLinkData({ id, address, connected, lastSeenMs, rttMs, error }: PeerLink): LinkData {
  return { id, address, connected, lastSeenMs: lastSeenMs ?? null, rttMs: rttMs ?? null, error: error || null };
}

/** What a node says of itself, for people. */
export async function nodeDetailText(data: NodeDetailData, options: TableOptions): Promise<string> {
  const { hardState, softState, log, storage } = data;
  const facts: [string, string][] = [
    ['NODE', `${data.id}  ${data.name}  ${data.address}`],
    [
      'ROLE',
      `${softState.role}   term ${hardState.term}   leader ${softState.lead ?? '-'}   vote ${hardState.vote ?? '-'}`,
    ],
    ['CONFIG', data.config === null ? 'none: not bootstrapped' : configText(data.config)],
    ['LOG', `${log.first}..${log.last}   commit ${log.commit}   applied ${log.applied}   ${formatBytes(log.bytes)}`],
    ['MACHINE', data.stateMachine],
    ['VERSION', `${data.version}   up ${formatDuration(data.uptimeMs)}`],
  ];
  if (storage !== null) {
    const used = `${formatBytes(storage.dbBytes)} of ${formatBytes(storage.mapBytes)} map`;
    facts.push(['STORAGE', `${storage.dataDir}   ${used}   disk free ${formatBytes(storage.diskFreeBytes)}`]);
  }
  facts.push(['LOAD', loadText(data)]);
  const blocks = [factsText(facts)];
  if (data.links.length > 0) blocks.push(await linksTable(data.links, options));
  return blocks.join('\n\n');
}

/** `fsync p99 1.1ms   apply p99 0.3ms   cpu 18%`. */
export function loadText({
  fsyncP99Ms,
  applyP99Ms,
  cpuShare,
}: Pick<NodeData, 'fsyncP99Ms' | 'applyP99Ms' | 'cpuShare'>) {
  const [fsync, apply] = [fsyncP99Ms, applyP99Ms].map((ms) => orUnknown(ms, formatDuration));
  return `fsync p99 ${fsync}   apply p99 ${apply}   cpu ${orUnknown(cpuShare, formatShare)}`;
}

function linksTable(links: readonly LinkData[], options: TableOptions): Promise<string> {
  const columns = ['PEER', 'ADDRESS', 'LINK', 'LAST-SEEN', 'RTT', 'ERROR'].map((head) => ({ head }));
  const rows = links.map(({ id, address, connected, lastSeenMs, rttMs, error }) => [
    String(id),
    address,
    connected ? 'up' : 'DOWN',
    orUnknown(lastSeenMs, formatDuration),
    orUnknown(rttMs, formatDuration),
    error ?? '-',
  ]);
  return renderTable(columns, rows, options);
}

/** Nodes as a table. */
export function nodeListText(nodes: readonly NodeData[], wide: boolean, options: TableOptions): Promise<string> {
  const basic = ['ID', 'NAME', 'ROLE', 'TERM', 'COMMIT', 'APPLIED', 'LOG-FIRST', 'LOG-LAST', 'DB', 'FREE', 'VERSION'];
  const heads = wide ? [...basic, 'FSYNC-P99', 'APPLY-P99', 'CPU', 'CLOCK'] : basic;
  const rows = nodes.map((node) => [
    String(node.id),
    node.name,
    node.reachable ? node.role : 'unreachable',
    orUnknown(node.term),
    orUnknown(node.commit),
    orUnknown(node.applied),
    orUnknown(node.log?.first),
    orUnknown(node.log?.last),
    orUnknown(node.dbBytes, formatBytes),
    orUnknown(node.diskFreeBytes, formatBytes),
    orUnknown(node.version),
    ...(wide ? wideCells(node) : []),
  ]);
  const optional = new Set(wide ? [] : ['DB', 'FREE', 'VERSION', 'LOG-FIRST', 'LOG-LAST']);
  return renderTable(
    heads.map((head) => (optional.has(head) ? { head, optional: true } : { head })),
    rows,
    options,
  );
}

function wideCells({ fsyncP99Ms, applyP99Ms, cpuShare, clockAheadMs }: NodeData): string[] {
  const clock = (ms: number) => `${ms < 0 ? '-' : '+'}${formatDuration(Math.abs(ms))}`;
  return [
    orUnknown(fsyncP99Ms, formatDuration),
    orUnknown(applyP99Ms, formatDuration),
    orUnknown(cpuShare, formatShare),
    orUnknown(clockAheadMs, clock),
  ];
}
