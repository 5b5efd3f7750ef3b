import type { ChangeRecord, ClusterView, LogStatus, NodeStatus, NodeView, PeerProgress } from '../client/index.js';
import { type ConfigData, type SetName, setOf, toConfigData } from './config-data.js';
import type { ClusterIdentity, Source } from './envelope.js';
import { isActive, type QuorumData, toQuorumData } from './quorum-data.js';
import { phaseNames, progressNames, roleNames, spaceNames } from './wire-names.js';

/** `data` of `status`. */
export interface ClusterStatusData {
  readonly health: 'healthy' | 'degraded' | 'unavailable';
  readonly leader: {
    readonly id: number;
    readonly term: number;
    readonly since: string;
    /** Time that it has led. */
    readonly forMs: number;
  } | null;
  readonly config: ConfigData;
  readonly quorum: QuorumData;
  readonly log: LogData;
  /** Id of the change that runs. */
  readonly change: string | null;
  /** How far it is; null where none runs, or nobody says. */
  readonly changeState: ChangeStateData | null;
  readonly transferee: number | null;
  readonly nodes: readonly NodeData[];
}

/** A change of the members that runs. */
export interface ChangeStateData {
  readonly phase: string;
  /** What happened last. */
  readonly text: string;
  readonly startedAt: string;
  /** Time since it began, and since it last moved on. */
  readonly runsMs: number;
  readonly stillMs: number;
}

/** The log of one node. */
export interface LogData {
  readonly first: number;
  readonly last: number;
  readonly commit: number;
  readonly applied: number;
  readonly bytes: number;
}

/** One node as `status` and `node list` tell of it; null is what nobody can say. */
export interface NodeData {
  readonly id: number;
  readonly name: string;
  readonly role: string;
  readonly set: SetName;
  readonly address: string;
  readonly reachable: boolean;
  readonly term: number | null;
  readonly commit: number | null;
  readonly applied: number | null;
  readonly log: LogData | null;
  /** The leader's tracker of it; null on the leader itself, and where none is known. */
  readonly progress: ProgressData | null;
  /** Time since the leader last heard of it. */
  readonly lastSeenMs: number | null;
  readonly rttMs: number | null;
  readonly dbBytes: number | null;
  /** How long its disk and its state machine take, and its share of a processor; null where it has not measured that yet. */
  readonly fsyncP99Ms: number | null;
  readonly applyP99Ms: number | null;
  readonly cpuShare: number | null;
  readonly diskFreeBytes: number | null;
  /** Whether its disk has room: with `low` it takes no writes as a leader, with `full` it acknowledges no entries either. */
  readonly space: 'ample' | 'low' | 'full' | null;
  /** Since when, by the node's own clock; null where it has always been ample. */
  readonly spaceSince: string | null;
  readonly snapshotIndex: number | null;
  readonly uptimeMs: number | null;
  readonly version: string | null;
  readonly zone: string | null;
  /** Whether it was drained, or its elections are paused, so that it does not lead. */
  readonly drained: boolean | null;
  readonly electionsPaused: boolean | null;
  /** Time that it still does not campaign after it stepped down; 0 where it may. */
  readonly cooldownMs: number | null;
  /** How far its clock is ahead of the one of this machine. */
  readonly clockAheadMs: number | null;
  readonly certificateEndsAt: string | null;
  /** Why what its certificate, key or token files hold now is not in use; null where it is. */
  readonly credentialsProblem: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The leader's tracker of one node. */
export interface ProgressData {
  readonly state: string;
  readonly match: number;
  readonly next: number;
  readonly lag: number;
  /** Entries a second, to one tenth. */
  readonly rate: number;
  readonly inflight: number;
  readonly inflightMax: number;
  readonly paused: boolean;
  readonly recentActive: boolean;
  readonly pendingSnapshot: number | null;
  readonly needsSnapshot: boolean;
  readonly caughtUpAgoMs: number | null;
  readonly snapshotBytesSent: number | null;
  readonly snapshotBytesTotal: number | null;
}

/** The whole of a view as the data of `status`. */
export function toStatusData(view: ClusterView, now: Date): ClusterStatusData {
  const config = toConfigData(view.configIndex, view.confState, runningChange(view));
  const quorum = toQuorumData(view);
  const { leader } = view;
  const log = leader?.log ?? furthestLog(view);
  const nodes = view.nodes.map((node) => toNodeData(node, view, config));
  return {
    health: healthOf(view, quorum, nodes),
    leader:
      (leader && {
        id: leader.id,
        term: leader.hardState?.term ?? 0,
        since: new Date(now.getTime() - leader.leaderForMs).toISOString(),
        forMs: leader.leaderForMs,
      }) ||
      null,
    config,
    quorum,
    log: toLogData(log),
    change: (leader?.runningChange ?? runningChange(view)?.id) || null,
    changeState: changeStateOf(runningChange(view), now),
    transferee: leader?.transferee || null,
    nodes,
  };
}

/** The change that runs, as the leader has applied it, or where there is none the node with the newest configuration. */
export function runningChange({ leader, nodes, configIndex }: ClusterView): ChangeRecord | undefined {
  if (leader !== undefined) return leader.change;
  return nodes.find(({ status }) => status?.configIndex === configIndex)?.status?.change;
}

function changeStateOf(change: ChangeRecord | undefined, now: Date): ChangeStateData | null {
  if (change === undefined) return null;
  const { phase, text, startedMs, updatedMs } = change;
  return {
    phase: phaseNames[phase],
    text,
    startedAt: new Date(startedMs).toISOString(),
    runsMs: Math.max(0, now.getTime() - startedMs),
    stillMs: Math.max(0, now.getTime() - updatedMs),
  };
}

/** Who answered for a view. */
export function sourceOf(view: ClusterView): Source | undefined {
  const status = view.leader ?? view.nodes.find((node) => node.status !== undefined)?.status;
  return status && { node: status.id, consistency: 'local', term: status.hardState?.term ?? null };
}

/** Which cluster a view is of. */
export function identityOf({ clusterId, name, incarnation }: ClusterView): ClusterIdentity {
  return { id: clusterId, name, incarnation };
}

function healthOf(view: ClusterView, quorum: QuorumData, nodes: readonly NodeData[]): ClusterStatusData['health'] {
  if (view.leader === undefined || !quorum.available) return 'unavailable';
  const configured = nodes.filter(({ set }) => set !== '-');
  const missing = configured.some(({ reachable, progress }) => !reachable || progress?.recentActive === false);
  const behind = configured.some(({ progress }) => progress?.needsSnapshot === true || progress?.state === 'snapshot');
  return missing || behind || quorum.tolerates < quorum.toleratesNominal ? 'degraded' : 'healthy';
}

function furthestLog({ nodes }: ClusterView): LogStatus | undefined {
  return nodes
    .flatMap(({ status }) => (status?.log === undefined ? [] : [status.log]))
    .sort((a, b) => b.commit - a.commit || b.last - a.last)[0];
}

/** A log as data; zeros where there is none. */
export function toLogData(log: LogStatus | undefined): LogData {
  const { first = 0, last = 0, commit = 0, applied = 0, bytes = 0 } = log ?? {};
  return { first, last, commit, applied, bytes };
}

function toNodeData(
  { id, name, address, member, status, rttMs, clockAheadMs, error }: NodeView,
  view: ClusterView,
  config: ConfigData,
): NodeData {
  const { leader } = view;
  const isLeader = leader?.id === id;
  const tracker = isLeader ? undefined : leader?.progress.find((peer) => peer.id === id);
  const link = leader?.links.find((peer) => peer.id === id);
  return {
    id,
    name,
    role: isLeader ? 'leader' : roleOf(status, setOf(id, config)),
    set: setOf(id, config),
    address,
    reachable: status !== undefined,
    term: status?.hardState?.term ?? null,
    commit: status?.log?.commit ?? null,
    applied: status?.log?.applied ?? null,
    log: status?.log === undefined ? null : toLogData(status.log),
    progress: tracker === undefined || leader === undefined ? null : toProgressData(tracker, leader),
    lastSeenMs: link?.lastSeenMs ?? null,
    rttMs: status === undefined || isLeader ? null : (link?.rttMs ?? rttMs ?? null),
    dbBytes: status?.storage?.dbBytes ?? null,
    fsyncP99Ms: status?.load?.flushP99Ms ?? null,
    applyP99Ms: status?.load?.applyP99Ms ?? null,
    cpuShare: status?.load?.cpuShare ?? null,
    diskFreeBytes: status?.storage?.diskFreeBytes ?? null,
    space: spaceOf(status),
    spaceSince: status?.space?.sinceMs === undefined ? null : new Date(status.space.sinceMs).toISOString(),
    snapshotIndex: status?.snapshots[0]?.index ?? null,
    uptimeMs: status?.uptimeMs ?? null,
    version: status?.version ?? null,
    zone: member?.zone || null,
    drained: status?.drained ?? null,
    electionsPaused: status?.electionsPaused ?? null,
    cooldownMs: status?.cooldownMs ?? null,
    clockAheadMs: clockAheadMs ?? null,
    credentialsProblem: status?.credentialsProblem ?? null,
    certificateEndsAt:
      status?.certificateEndsMs === undefined ? null : new Date(status.certificateEndsMs).toISOString(),
    error: error === undefined ? null : { code: error.code, message: error.message },
  };
}

function spaceOf(status: NodeStatus | undefined): NodeData['space'] {
  const name = spaceNames[status?.space?.level ?? 0];
  return name === 'unknown' ? null : name;
}

/**
 * The role of a node that is not the leader. Another leader than the one of the highest term leads nobody any more, it only has not heard
 * of it; nor may a node have heard that it was removed.
 */
function roleOf(status: NodeStatus | undefined, set: NodeData['set']): string {
  if (status === undefined || status.clusterId === '') return 'unknown';
  if (set === '-') return 'removed';
  const role = roleNames[status.role];
  return role === 'leader' ? 'follower' : role;
}

/** A tracker of a leader as data. */
export function toProgressData(peer: PeerProgress, leader: NodeStatus): ProgressData {
  return {
    state: progressNames[peer.state],
    match: peer.match,
    next: peer.next,
    lag: Math.max(0, (leader.log?.last ?? 0) - peer.match),
    rate: Math.round(peer.rate * 10) / 10,
    inflight: peer.inflight,
    inflightMax: peer.inflightMax,
    paused: peer.paused,
    recentActive: isActive(peer, leader),
    pendingSnapshot: peer.pendingSnapshot || null,
    needsSnapshot: peer.needsSnapshot,
    caughtUpAgoMs: peer.caughtUpAgoMs ?? null,
    snapshotBytesSent: peer.snapshotBytesTotal === 0 ? null : peer.snapshotBytesSent,
    snapshotBytesTotal: peer.snapshotBytesTotal || null,
  };
}
