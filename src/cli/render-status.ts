import { configParts } from './config-data.js';
import type { ClusterIdentity, Warning } from './envelope.js';
import { fitParts, fitSentence } from './fit-line.js';
import { quorumText } from './quorum-data.js';
import type { ClusterStatusData, NodeData } from './status-data.js';
import { escapeControl, type Style } from './style.js';
import { type Column, renderTable, type TableOptions } from './table.js';
import { formatBytes, formatDuration, orUnknown } from './units.js';

/** What `status` shows beside its data. */
export interface StatusTextOptions extends TableOptions {
  readonly style: Style;
  readonly wide: boolean;
  readonly cluster: ClusterIdentity | undefined;
  readonly warnings: readonly Warning[];
  /** The next commands to try; none where nobody reads along. */
  readonly next: readonly string[];
}

const indent = ' '.repeat(9);

/** The cluster on one screen. */
export async function statusText(data: ClusterStatusData, options: StatusTextOptions): Promise<string> {
  const { style, warnings, next, width } = options;
  const rows = data.nodes.map((node) => columnsOf(data, options.wide).map(({ cell }) => cell(node, data)));
  const table = await renderTable(columnsOf(data, options.wide), rows, options);
  const notes = warnings.map(
    ({ message }) => `${style.yellow('!')} ${fitSentence(escapeControl(message), width && width - 2, '  ')}`,
  );
  const [first, ...others] = next.map(escapeControl);
  if (notes.length > 0 && first !== undefined)
    notes.push(fitParts([`  next: ${first}`, ...others], width, ' · ', '        '));
  return [...headLines(data, options), '', table, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** The lines above the table, each over more than one where the screen is narrow. */
function headLines(data: ClusterStatusData, { style, cluster, width }: StatusTextOptions): string[] {
  const { log, leader } = data;
  const leaderText = leader === null ? style.red('none') : describeLeader(data, leader);
  const name = escapeControl([cluster?.name, cluster?.id].filter(Boolean).join('  '));
  const line = (parts: readonly string[]) => fitParts(parts, width, '   ', indent);
  const top = fitParts([`CLUSTER  ${name}`, `HEALTH  ${healthText(data.health, style)}`], width, '   ', '');
  const oneLine = fitParts([top, `LEADER  ${leaderText}`], width, '   ', '');
  const running = data.change === null ? [] : [`change ${data.change} is running`];
  const [config = '', ...sets] = configParts(data.config);
  return [
    // Where it does not fit beside the cluster, the leader gets a line like the others.
    oneLine.includes('\n') ? `${top}\nLEADER   ${leaderText}` : oneLine,
    line([`CONFIG   ${config}`, ...sets, ...running]),
    fitSentence(`QUORUM   ${quorumText(data.quorum)}`, width, indent),
    line([
      `LOG      ${log.first}..${log.last}`,
      `commit ${log.commit}`,
      `applied ${log.applied}`,
      formatBytes(log.bytes),
    ]),
  ];
}

function healthText(health: ClusterStatusData['health'], style: Style): string {
  if (health === 'healthy') return health;
  return health === 'degraded' ? style.yellow(health) : style.red(health);
}

function describeLeader(
  data: ClusterStatusData,
  { id, term, forMs }: NonNullable<ClusterStatusData['leader']>,
): string {
  const name = data.nodes.find((node) => node.id === id)?.name ?? `n${id}`;
  return `${escapeControl(name)}, term ${term}, for ${formatDuration(forMs)}`;
}

/** A column of the table, and what stands in it. */
interface NodeColumn extends Column {
  cell(node: NodeData, data: ClusterStatusData): string;
}

const leads = (node: NodeData, data: ClusterStatusData) => data.leader?.id === node.id;

const setColumn: NodeColumn = { head: 'SET', cell: ({ set }) => set };

const columns: readonly NodeColumn[] = [
  { head: 'ID', cell: ({ id }) => String(id) },
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'ROLE', cell: ({ role }) => role },
  { head: 'STATE', optional: true, cell: ({ progress }) => progress?.state ?? '-' },
  { head: 'ADDRESS', cell: ({ address }) => address },
  {
    head: 'MATCH',
    optional: true,
    cell: (node, data) => (leads(node, data) ? String(data.log.last) : orUnknown(node.progress?.match)),
  },
  { head: 'LAG', cell: (node, data) => (leads(node, data) ? '0' : orUnknown(node.progress?.lag)) },
  {
    head: 'LAST-SEEN',
    optional: true,
    cell: (node, data) => (leads(node, data) ? '-' : orUnknown(node.lastSeenMs, formatDuration)),
  },
  {
    head: 'RTT',
    optional: true,
    cell: (node, data) => (leads(node, data) || !node.reachable ? '-' : orUnknown(node.rttMs, formatDuration)),
  },
  { head: 'DB', optional: true, cell: ({ dbBytes }) => orUnknown(dbBytes, formatBytes) },
  { head: 'VERSION', optional: true, cell: ({ version }) => orUnknown(version) },
];

const wideColumns: readonly NodeColumn[] = [
  ...columns.map(({ head, cell }) => ({ head, cell })),
  { head: 'NEXT', cell: ({ progress }) => (progress === null ? '-' : String(progress.next)) },
  {
    head: 'INFLIGHT',
    cell: ({ progress }) => (progress === null ? '-' : `${progress.inflight}/${progress.inflightMax}`),
  },
  { head: 'TERM', cell: ({ term }) => orUnknown(term) },
  { head: 'COMMIT', cell: ({ commit }) => orUnknown(commit) },
  { head: 'APPLIED', cell: ({ applied }) => orUnknown(applied) },
  { head: 'SNAPSHOT', cell: ({ snapshotIndex }) => (snapshotIndex === null ? '-' : String(snapshotIndex)) },
  { head: 'ZONE', cell: ({ zone }) => zone ?? '-' },
  { head: 'UPTIME', cell: ({ uptimeMs }) => orUnknown(uptimeMs, formatDuration) },
];

/** Where every node is a voter or a learner, the role says so; while joint the set does. */
function columnsOf({ config }: ClusterStatusData, wide: boolean): readonly NodeColumn[] {
  const chosen = wide ? wideColumns : columns;
  return config.joint ? [...chosen.slice(0, 3), setColumn, ...chosen.slice(3)] : chosen;
}
