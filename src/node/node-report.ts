import { type LogStatus, type NodeStatus, Role } from '../gen/raftctl/v1/cluster.js';
import type { Candidacy } from './candidacy.js';
import type { MembershipChanges } from './membership-changes.js';
import type { NodeContext } from './node-context.js';
import type { PeerProgresses } from './peer-progress.js';
import type { RunningCalls } from './running-calls.js';
import type { SnapshotTransfers } from './snapshots.js';

const roles = {
  follower: Role.FOLLOWER,
  candidate: Role.CANDIDATE,
  'pre-candidate': Role.PRE_CANDIDATE,
  leader: Role.LEADER,
} as const;

/** Voters that left which a status names; the list of the members has all. */
const removedShownMax = 16;

/** A node's own view of itself and its cluster; needs neither a leader nor a quorum. */
export class NodeReport {
  private readonly startedMs: number;

  constructor(
    private readonly context: NodeContext,
    private readonly progresses: PeerProgresses,
    private readonly transfers: SnapshotTransfers,
    private readonly changes: MembershipChanges,
    private readonly candidacy: Candidacy,
    private readonly calls: RunningCalls,
  ) {
    this.startedMs = context.options.clock();
  }

  status(): NodeStatus {
    const { context } = this;
    const { store, config, transport, clock, id, name, address, version, stateMachine } = context.options;
    const core = context.core.status();
    const now = clock();
    return {
      id,
      name: context.memberById(id)?.name || name,
      address: context.memberById(id)?.address || address,
      clusterId: store.identity.clusterId,
      clusterName: store.bootstrapSpec?.name ?? '',
      incarnation: store.identity.incarnation,
      version,
      stateMachine: stateMachine.name,
      role: this.role(),
      hardState: { ...core.hs },
      leader: context.supersededBy === undefined ? core.ss.leaderId : 0,
      configIndex: context.applied.configIndex,
      confState: context.applied.confState,
      members: [...context.members],
      log: logStatus(context),
      progress: this.progresses.describe(core.progress, config.inflightMessagesMax, store.firstIndex(), this.transfers),
      transferee: context.core.raft.leadTransferee,
      uptimeMs: Math.round(now - this.startedMs),
      leaderForMs: context.leaderSinceMs === undefined ? 0 : Math.round(now - context.leaderSinceMs),
      storage: store.status(),
      links: transport.links().map((link) => ({
        ...link,
        lastSeenMs: link.lastSeenMs === undefined ? undefined : Math.round(link.lastSeenMs),
      })),
      snapshots: [...store.snapshots.list()],
      runningChange: this.changes.running?.id ?? '',
      change: this.changes.running,
      electionTimeoutMs: config.electionTicks * config.tickMs,
      heartbeatIntervalMs: config.heartbeatTicks * config.tickMs,
      drained: store.settings.drained,
      electionsPaused: store.settings.electionsPaused,
      cooldownMs: this.candidacy.cooldownMs,
      wallClockMs: context.options.wallClock(),
      callsWaiting: this.calls.count,
      load: context.workload.report(),
      space: context.space.report(),
      certificateEndsMs: context.options.certificate?.endsMs,
      instance: store.identity.instance,
      removed: context.removed.slice(0, removedShownMax),
      ...context.options.credentials?.(),
    };
  }

  private role(): Role {
    const { id } = this.context.options;
    if (this.context.supersededBy !== undefined) return Role.NONE;
    const { voters, votersOutgoing, learners, learnersNext } = this.context.applied.confState;
    if (voters.includes(id) || votersOutgoing.includes(id)) return roles[this.context.core.raft.role];
    return learners.includes(id) || learnersNext.includes(id) ? Role.LEARNER : Role.NONE;
  }
}

/** The log as it stands: what is stored, committed, applied and flushed. */
export function logStatus(context: NodeContext): LogStatus {
  const { store } = context.options;
  const { raftLog } = context.core.raft;
  const last = raftLog.lastIndex();
  return {
    first: store.firstIndex(),
    last,
    lastTerm: raftLog.lastTerm(),
    commit: raftLog.committed,
    applied: context.applied.index,
    persisted: raftLog.persisted,
    bytes: store.logBytes,
  };
}
