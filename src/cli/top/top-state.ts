import { RaftctlError } from '../../base/errors.js';
import type { ClusterSight, ClusterView } from '../../client/index.js';
import type { EventData } from '../events-data.js';
import { type ClusterStatusData, type NodeData, toStatusData } from '../status-data.js';

/** In which order the nodes stand. */
export const sortOrders = ['id', 'lag', 'role'] as const;
/** Which nodes are shown. */
export const filters = ['all', 'voters', 'trouble'] as const;

/** Samples of the lag that are shown of a node. */
export const lagSamplesMax = 5;
/** Events that are kept for the screen. */
const eventsMax = 50;
/** Time over which the rate of writes is taken. */
const rateMs = 5000;

/** All that a frame is drawn from; a new one for each thing that happens. */
export interface TopState {
  /** The last sight of the cluster; undefined before the first. */
  readonly view: ClusterView | undefined;
  readonly data: ClusterStatusData | undefined;
  /** Why there is no newer sight; undefined where there is. */
  readonly problem: RaftctlError | undefined;
  /** Oldest first. */
  readonly events: readonly EventData[];
  /** Lag of each node, oldest first, one sample a second. */
  readonly lags: ReadonlyMap<number, readonly number[]>;
  /** Commit index over the last seconds, by the clock of this machine. */
  readonly commits: readonly { readonly atMs: number; readonly commit: number }[];
  readonly sort: (typeof sortOrders)[number];
  readonly filter: (typeof filters)[number];
  readonly paused: boolean;
  /** Whether the lower part shows events alone, as many as there is room for. */
  readonly moreEvents: boolean;
  readonly showConfig: boolean;
  /** Node that the keys are about; undefined before somebody chose one: the first that is shown. */
  readonly selected: number | undefined;
  /** What the lower part shows of the selected node instead of the events. */
  readonly panel: 'node' | 'what-if' | undefined;
}

/** Before anything is known. */
export const emptyState: TopState = {
  view: undefined,
  data: undefined,
  problem: undefined,
  events: [],
  lags: new Map(),
  commits: [],
  sort: 'id',
  filter: 'all',
  paused: false,
  moreEvents: false,
  showConfig: false,
  selected: undefined,
  panel: undefined,
};

/** A new sight of the cluster; while paused the screen stays as it is. */
export function seeCluster(state: TopState, sight: ClusterSight, now: Date): TopState {
  if (state.paused) return state;
  if (sight instanceof RaftctlError) return { ...state, problem: sight };
  return { ...state, view: sight, data: toStatusData(sight, now), problem: undefined };
}

/** Something that happened. */
export function seeEvent(state: TopState, event: EventData): TopState {
  return { ...state, events: [...state.events, event].slice(-eventsMax) };
}

/** A second has passed: samples are taken. */
export function sample(state: TopState, nowMs: number): TopState {
  const { data, paused } = state;
  if (data === undefined || paused) return state;
  const lags = new Map(
    data.nodes.map(({ id, progress }) => {
      const before = state.lags.get(id) ?? [];
      return [id, progress === null ? before : [...before, progress.lag].slice(-lagSamplesMax)];
    }),
  );
  const recent = state.commits.filter(({ atMs }) => atMs > nowMs - rateMs);
  return { ...state, lags, commits: [...recent, { atMs: nowMs, commit: data.log.commit }] };
}

/** What a key does; undefined for one that ends it. */
export function press(state: TopState, key: string): TopState | undefined {
  if (key === 'q' || key === '\u0003' || key === '\u0004') return undefined;
  if (key === 's') return { ...state, sort: following(sortOrders, state.sort) };
  if (key === 'f') return { ...state, filter: following(filters, state.filter) };
  if (key === 'p' || key === ' ') return { ...state, paused: !state.paused };
  if (key === 'e') return { ...state, moreEvents: !state.moreEvents, panel: undefined };
  if (key === 'enter') return open(state, 'node');
  if (key === 'w') return open(state, 'what-if');
  if (key === 'escape') return { ...state, panel: undefined };
  if (key === 'up' || key === 'k') return select(state, -1);
  if (key === 'down' || key === 'j') return select(state, 1);
  if (key === 'c') return { ...state, showConfig: !state.showConfig };
  return state;
}

/** Shows a panel of the selected node, or closes it where it is open. */
function open(state: TopState, panel: NonNullable<TopState['panel']>): TopState {
  return { ...state, moreEvents: false, panel: state.panel === panel ? undefined : panel };
}

/** Another node, so many rows away, as far as there are any. */
function select(state: TopState, by: number): TopState {
  const nodes = shownNodes(state);
  const place = nodes.findIndex(({ id }) => id === selectedNode(state)?.id);
  const next = nodes[Math.min(nodes.length - 1, Math.max(0, place + by))];
  return { ...state, selected: next?.id };
}

/** The node that the keys are about: the first one where the one that was chosen is not shown any more. */
export function selectedNode(state: TopState): NodeData | undefined {
  const nodes = shownNodes(state);
  return nodes.find(({ id }) => id === state.selected) ?? nodes[0];
}

function following<Value>(values: readonly Value[], value: Value): Value {
  return values[(values.indexOf(value) + 1) % values.length] ?? value;
}

/** The nodes in the order and choice of the state. */
export function shownNodes({ data, sort, filter }: TopState): readonly NodeData[] {
  const chosen = (data?.nodes ?? []).filter((node) => {
    if (filter === 'voters') return node.set.startsWith('voter');
    return filter === 'all' || flagsOf(node).length > 0;
  });
  if (sort === 'lag') return chosen.toSorted((a, b) => lagOf(b) - lagOf(a) || a.id - b.id);
  if (sort === 'role') return chosen.toSorted((a, b) => (a.role < b.role ? -1 : a.role > b.role ? 1 : a.id - b.id));
  return chosen;
}

function lagOf({ progress }: NodeData): number {
  return progress?.lag ?? 0;
}

/** Words for what is not as it should be with a node. */
export function flagsOf({ set, reachable, progress, drained, electionsPaused }: NodeData): string[] {
  return [
    ...(set === '-' ? ['REMOVED'] : reachable ? [] : ['DOWN']),
    ...(reachable && progress?.recentActive === false ? ['SILENT'] : []),
    ...(progress?.state === 'snapshot' ? ['CATCHING-UP'] : progress?.needsSnapshot ? ['NEED-SNAP'] : []),
    ...(drained ? ['DRAINED'] : electionsPaused ? ['NO-ELECTION'] : []),
  ];
}

/** Entries committed a second lately; undefined before there are two samples. */
export function commitRate({ commits }: TopState): number | undefined {
  const [first, last] = [commits[0], commits.at(-1)];
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return undefined;
  return Math.max(0, ((last.commit - first.commit) * 1000) / (last.atMs - first.atMs));
}
