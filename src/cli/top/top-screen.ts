import { configText } from '../config-data.js';
import { eventLine } from '../events-data.js';
import type { ClusterStatusData, NodeData } from '../status-data.js';
import { statusWarnings } from '../status-warnings.js';
import { escapeControl, type Style } from '../style.js';
import { formatBytes, formatDuration, formatShare } from '../units.js';
import { nodePanel } from './node-panel.js';
import { commitRate, flagsOf, selectedNode, shownNodes, type TopState } from './top-state.js';
import { whatIfPanel } from './what-if-panel.js';

/** The screen that a frame is drawn for. */
export interface ScreenSize {
  readonly width: number;
  readonly height: number;
  /** Whether more than ASCII can be shown. */
  readonly unicode: boolean;
  readonly style: Style;
}

const dayMs = 24 * 3_600_000;
const keys = '[enter] node [w]hat-if [c]onfig [e]vents [p]ause [q]uit';

/** A frame: exactly as many lines as the screen has, none wider than it. */
export function topScreen(state: TopState, now: Date, size: ScreenSize): string[] {
  const { width, height, style } = size;
  const head = headLines(state, now);
  const foot = `${state.paused ? 'PAUSED  ' : ''}[s]ort ${state.sort} [f]ilter ${state.filter} ${keys}  read-only`;
  const room = height - head.length - 1;
  const most = state.panel === undefined ? eventLinesMax : panelLinesMax;
  const spare = room - (state.data?.nodes.length ?? 0) - 3;
  const eventRoom = state.moreEvents ? room - 1 : Math.min(most, Math.max(1, spare));
  const table = state.moreEvents ? [] : tableLines(state, size).slice(0, Math.max(0, room - eventRoom));
  const below = state.panel === undefined ? eventLines(state, eventRoom) : panelLines(state, eventRoom);
  const empty = Math.max(0, room - table.length - below.length);
  const lines: readonly Line[] = [
    ...head,
    ...table,
    ...Array.from({ length: empty }, () => ({ text: '' })),
    ...below,
    { text: foot, tone: 'dim' },
  ];
  return lines.slice(0, height).map(({ text, tone }) => paint(escapeControl(text).slice(0, width), tone, style));
}

/** Lines of the lower part, at most. */
const eventLinesMax = 6;
const panelLinesMax = 8;

interface Line {
  readonly text: string;
  readonly tone?: 'bold' | 'dim' | 'yellow' | 'red';
}

function paint(text: string, tone: Line['tone'], style: Style): string {
  return tone === undefined || text === '' ? text : style[tone](text);
}

function headLines(state: TopState, now: Date): Line[] {
  const { view, data, problem } = state;
  const clock = now.toTimeString().slice(0, 8);
  if (view === undefined || data === undefined) {
    return [
      { text: `${problem === undefined ? 'looking for the cluster' : problem.message}   ${clock}`, tone: 'bold' },
    ];
  }
  const { leader, config, quorum } = data;
  const rate = commitRate(state);
  const led =
    leader === null
      ? 'no leader'
      : `term ${leader.term}  leader ${nameOf(leader.id, data)} ${formatDuration(leader.forMs)}`;
  const written = rate === undefined ? '' : `  ${rate < 10 ? rate.toFixed(1) : Math.round(rate)} entries/s`;
  const first = `${view.name} ${view.clusterId.slice(0, 8)}`.trim();
  const stopped = data.health === 'unavailable';
  const counts = quorum.sets.map(({ size, needed, live }) => `${needed}/${size} live ${live}`).join(' and ');
  const elections = state.events.filter(
    ({ type, ts }) => type === 'leader' && ts !== null && Date.parse(ts) > now.getTime() - dayMs,
  ).length;
  const snapshots = data.nodes.filter(({ progress }) => progress?.state === 'snapshot').length;
  const warnings = statusWarnings(data, now);
  const lines: Line[] = [
    {
      text: `${first}  ${data.health}  ${led}  config @${config.index} ${config.phase}${written}  ${clock}`,
      tone: stopped ? 'red' : data.health === 'degraded' ? 'yellow' : 'bold',
    },
    {
      text: `quorum ${counts}  margin ${quorum.available ? quorum.tolerates : 'none'}   elections 24h: ${elections}   snapshots running: ${snapshots}   warnings: ${warnings.length}`,
    },
  ];
  if (state.showConfig) lines.push({ text: configText(config) });
  if (problem !== undefined) lines.push({ text: `! ${problem.message}`, tone: 'red' });
  else if (data.change !== null)
    lines.push({
      text: `! change ${data.change} ${data.changeState?.phase ?? 'is running'}: ${data.changeState?.text ?? ''}`,
      tone: 'yellow',
    });
  return lines;
}

const heads = [
  'ID',
  'NAME',
  'ROLE',
  'STATE',
  'LAG',
  '',
  'MATCH',
  'INFL',
  'RTT',
  'FSYNC',
  'APPLY',
  'DB',
  'CPU',
  'FLAGS',
];
/** Columns of numbers, which stand to the right. */
const numeric = new Set(['ID', 'LAG', 'MATCH', 'INFL', 'RTT', 'FSYNC', 'APPLY', 'DB', 'CPU']);
/** Columns that are left out where the terminal is too narrow for all, the first one first. */
const givingWay = ['DB', 'INFL', 'CPU', 'APPLY', 'RTT', 'MATCH', 'FSYNC'];

function tableLines(state: TopState, { unicode, width: screenWidth }: ScreenSize): Line[] {
  const { data } = state;
  if (data === undefined) return [];
  const nodes = shownNodes(state);
  const rows = nodes.map((node) => cellsOf(node, data, sparkline(state.lags.get(node.id) ?? [], unicode)));
  const widths = heads.map((head, place) => Math.max(head.length, ...rows.map((row) => row[place]?.length ?? 0)));
  const shown = placesThatFit(widths, screenWidth - 1);
  const line = (mark: string, cells: readonly string[]) =>
    `${mark}${shown
      .map((place) => {
        const [cell = '', width = 0] = [cells[place], widths[place]];
        return numeric.has(heads[place] ?? '') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')}`.trimEnd();
  const selected = selectedNode(state)?.id;
  return [
    { text: line(' ', heads), tone: 'dim' },
    ...rows.map((row, at): Line => {
      const node = nodes[at];
      const text = line(node !== undefined && node.id === selected ? '>' : ' ', row);
      if (node === undefined || flagsOf(node).length === 0) return { text };
      return { text, tone: node.reachable ? 'yellow' : 'red' };
    }),
  ];
}

/** Places of the columns for which there is room. */
function placesThatFit(widths: readonly number[], width: number): readonly number[] {
  let places = heads.map((_, place) => place);
  const total = () => places.reduce((sum, place) => sum + (widths[place] ?? 0) + 2, -2);
  for (const head of givingWay) {
    if (total() <= width) break;
    places = places.filter((place) => heads[place] !== head);
  }
  return places;
}

/** What is known of the selected node, or what would be without it. */
function panelLines(state: TopState, room: number): Line[] {
  const { view, data, panel } = state;
  const node = selectedNode(state);
  if (view === undefined || data === undefined || node === undefined)
    return [{ text: 'no node is shown', tone: 'dim' }];
  const lines = panel === 'what-if' ? whatIfPanel(view, node) : nodePanel(node, data);
  return lines.slice(0, room).map((text, at) => (at === 0 ? { text, tone: 'bold' } : { text }));
}

function cellsOf(node: NodeData, data: ClusterStatusData, spark: string): string[] {
  const { progress } = node;
  const leads = data.leader?.id === node.id;
  const sent =
    progress?.state === 'snapshot' && progress.snapshotBytesTotal !== null
      ? `${Math.floor(((progress.snapshotBytesSent ?? 0) * 100) / progress.snapshotBytesTotal)}%`
      : undefined;
  return [
    String(node.id),
    node.name,
    node.role,
    progress?.state ?? '-',
    sent ?? (leads ? '0' : String(progress?.lag ?? '-')),
    spark,
    leads ? String(data.log.last) : String(progress?.match ?? '-'),
    progress === null ? '-' : `${progress.inflight}/${progress.inflightMax}`,
    node.rttMs === null ? '-' : formatDuration(node.rttMs),
    node.fsyncP99Ms === null ? '-' : formatDuration(node.fsyncP99Ms),
    node.applyP99Ms === null ? '-' : formatDuration(node.applyP99Ms),
    node.dbBytes === null ? '-' : formatBytes(node.dbBytes),
    node.cpuShare === null ? '-' : formatShare(node.cpuShare),
    flagsOf(node).join(' '),
  ];
}

const bars = { true: ['▁', '▂', '▃', '▅', '▇'], false: ['_', '.', '-', '=', '#'] } as const;

/** The last samples as bars, each against the largest of them. */
function sparkline(samples: readonly number[], unicode: boolean): string {
  const levels = bars[unicode ? 'true' : 'false'];
  const most = Math.max(...samples, 1);
  return samples.map((value) => levels[Math.ceil((value / most) * (levels.length - 1))] ?? '').join('');
}

function eventLines({ events }: TopState, room: number): Line[] {
  const shown = events.slice(-Math.max(0, room)).reverse();
  if (shown.length === 0) return [{ text: 'events  none yet', tone: 'dim' }];
  return shown.map((event, at) => ({ text: `${at === 0 ? 'events  ' : '        '}${eventLine(event)}` }));
}

function nameOf(id: number, { nodes }: ClusterStatusData): string {
  return nodes.find((node) => node.id === id)?.name ?? `n${id}`;
}
