import { RaftctlError } from '../base/errors.js';
import type { NodeStatus } from '../client/index.js';
import { type ConfigData, type SetName, setOf, toConfigData } from './config-data.js';
import { nodeListText } from './node-data.js';
import { type ClusterStatusData, type NodeData, type ProgressData, toProgressData } from './status-data.js';
import { renderTable, type TableOptions } from './table.js';
import { formatBytes, formatDuration, orUnknown } from './units.js';

/** `data` of `progress`. */
export interface ProgressListData {
  readonly config: ConfigData;
  readonly commit: number;
  readonly last: number;
  /** Empty where there is no leader. */
  readonly peers: readonly PeerData[];
  /** What each node says of itself, where there is no leader; empty where there is one. */
  readonly nodes: readonly NodeData[];
}

/** One node as the leader tracks it; the leader itself is among them. */
export interface PeerData extends ProgressData {
  readonly id: number;
  readonly name: string;
  readonly role: 'leader' | 'follower' | 'learner';
  readonly set: SetName;
  /** Until it is level with the log at its present rate; null where that is not to be said. */
  readonly etaMs: number | null;
  /** What it still has to be sent: the rest of a running snapshot, or about what the entries take that it lags behind. */
  readonly bytesBehind: number | null;
}

/** The leader's trackers as data, by id. */
export function toProgressListData(status: NodeStatus): ProgressListData {
  const config = toConfigData(status.configIndex, status.confState, status.change);
  const { first = 1, last = 0, bytes = 0 } = status.log ?? {};
  const entryBytes = bytes / Math.max(1, last - first + 1);
  const peers = status.progress.map((peer): PeerData => {
    const data = toProgressData(peer, status);
    return {
      id: peer.id,
      name: status.members.find((member) => member.id === peer.id)?.name || `n${peer.id}`,
      role: peer.id === status.id ? 'leader' : peer.learner ? 'learner' : 'follower',
      set: setOf(peer.id, config),
      etaMs: etaOf(data),
      bytesBehind: bytesBehind(data, entryBytes),
      ...data,
    };
  });
  return { config, commit: status.log?.commit ?? 0, last, peers: peers.sort((a, b) => a.id - b.id), nodes: [] };
}

/** The error where it says that nobody leads; any other one is thrown on. */
export function absenceOf(thrown: unknown): RaftctlError {
  if (thrown instanceof RaftctlError && (thrown.code === 'E_NO_LEADER' || thrown.code === 'E_NO_QUORUM')) return thrown;
  throw thrown;
}

/** What there is to see without a leader: the nodes' own views, and the furthest log among them. */
export function toLeaderlessData({ config, log, nodes }: ClusterStatusData): ProgressListData {
  return { config, commit: log.commit, last: log.last, peers: [], nodes };
}

function etaOf({ state, lag, rate }: ProgressData): number | null {
  return state === 'replicate' && lag > 0 && rate > 0 ? Math.round((lag / rate) * 1000) : null;
}

function bytesBehind(data: ProgressData, entryBytes: number): number | null {
  const { snapshotBytesTotal, snapshotBytesSent, lag, needsSnapshot } = data;
  if (snapshotBytesTotal !== null) return snapshotBytesTotal - (snapshotBytesSent ?? 0);
  // The entries that it needs next are gone, so that what the others take says nothing.
  return needsSnapshot ? null : Math.round(lag * entryBytes);
}

const columns = ['ID', 'NAME', 'ROLE', 'CONFIG', 'STATE', 'MATCH', 'NEXT', 'LAG', 'RATE', 'ETA'].map((head) => ({
  head,
}));
const wideColumns = [
  ...columns,
  ...['INFLIGHT', 'PAUSED', 'ACTIVE', 'PENDING-SNAP', 'BYTES-BEHIND', 'CAUGHT-UP-AGO', 'NEEDS-SNAP'].map((head) => ({
    head,
  })),
];

/** The leader's trackers as a table, or the nodes' own views where nobody leads. */
export async function progressText(data: ProgressListData, wide: boolean, options: TableOptions): Promise<string> {
  if (data.nodes.length > 0) return nodeListText(data.nodes, wide, options);
  const rows = data.peers.map((peer) => [...peerRow(peer), ...(wide ? wideCells(peer) : [])]);
  return renderTable(wide ? wideColumns : columns, rows, options);
}

function peerRow(peer: PeerData): string[] {
  const leads = peer.role === 'leader';
  return [
    String(peer.id),
    peer.name,
    peer.role,
    peer.set,
    leads ? '-' : peer.state,
    String(peer.match),
    leads ? '-' : String(peer.next),
    String(peer.lag),
    leads ? '-' : `${Math.round(peer.rate)}/s`,
    peer.etaMs === null ? '-' : formatDuration(peer.etaMs),
  ];
}

function wideCells(peer: PeerData): string[] {
  const yesNo = (value: boolean) => (value ? 'yes' : 'no');
  return [
    `${peer.inflight}/${peer.inflightMax}`,
    yesNo(peer.paused),
    yesNo(peer.recentActive),
    peer.pendingSnapshot === null ? '-' : String(peer.pendingSnapshot),
    orUnknown(peer.bytesBehind, formatBytes),
    peer.role === 'leader' ? '-' : peer.caughtUpAgoMs === null ? 'never' : formatDuration(peer.caughtUpAgoMs),
    peer.state === 'snapshot' ? 'running' : yesNo(peer.needsSnapshot),
  ];
}
