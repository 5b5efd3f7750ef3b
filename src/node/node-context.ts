import { RaftctlError } from '../base/errors.js';
import type { Member, Tombstone } from '../gen/raftctl/v1/member.js';
import type { SoftState } from '../raft/raft.js';
import type { RawNode } from '../raft/raw-node.js';
import type { Conditions } from './conditions.js';
import type { NodeOptions } from './node-options.js';
import type { AppliedMark } from './ports.js';
import { noQuorumError, type QuorumView, quorumReachable } from './quorum-view.js';
import { SpaceWatch } from './space-watch.js';
import { Workload } from './workload.js';

/** What the parts of one node share: its doors, its core, and what they know of the cluster. */
export class NodeContext {
  /** Members of the applied configuration, ascending by id. */
  members: readonly Member[] = [];
  /** Voters that left, those that left last first. */
  removed: readonly Tombstone[] = [];
  /** Last soft state that the core told. */
  softState: SoftState = { leaderId: 0, raftState: 'follower' };
  /** When this node became leader; undefined where it is not. */
  leaderSinceMs: number | undefined;
  /** Where apply stands, written or not. */
  applied: AppliedMark;
  stopping = false;
  /** Incarnation to which the cluster was recovered without this node; undefined where it was not. */
  supersededBy: number | undefined;
  /** Ticks since the start. */
  ticks = 0;
  readonly workload: Workload;
  readonly space: SpaceWatch;

  constructor(
    readonly options: NodeOptions,
    public core: RawNode,
    readonly conditions: Conditions,
    /** Asks for a turn of the loop: something was asked of the core. */
    readonly wake: () => void,
  ) {
    this.applied = options.store.applied;
    this.workload = new Workload(options.clock, options.cpuMs);
    this.space = new SpaceWatch(options);
  }

  get isLeader(): boolean {
    return this.core.raft.role === 'leader';
  }

  get isBootstrapped(): boolean {
    return this.options.store.identity.clusterId !== '';
  }

  /** Index up to which the log of `id` is known to match; 0 where this node does not lead it. */
  matchOf(id: number): number {
    return this.isLeader ? (this.core.raft.tracker.get(id)?.matched ?? 0) : 0;
  }

  memberById(id: number): Member | undefined {
    return this.members.find((member) => member.id === id);
  }

  /** Peers with a live connection. */
  connectedIds(): Set<number> {
    return new Set(this.options.transport.links().flatMap((link) => (link.connected ? [link.id] : [])));
  }

  /** Peers that have said that they do not want to lead. */
  decliningIds(): Set<number> {
    return new Set(
      this.options.transport.links().flatMap((link) => (link.declinesLeadership === true ? [link.id] : [])),
    );
  }

  quorumView(): QuorumView {
    return {
      selfId: this.options.id,
      confState: this.applied.confState,
      members: this.members,
      links: this.options.transport.links(),
    };
  }

  quorumReachable(): boolean {
    return quorumReachable(this.quorumView());
  }

  /** Throws unless this node leads and has a quorum in reach. */
  requireLeader(): void {
    if (this.stopping) throw this.stoppedError();
    if (!this.isLeader) throw this.notLeaderError();
    if (!this.quorumReachable()) throw noQuorumError(this.quorumView());
  }

  /** Why no call is taken any more. */
  stoppedError(): RaftctlError {
    const { supersededBy, options } = this;
    return supersededBy === undefined ? stoppedError() : supersededError(options.id, supersededBy);
  }

  /** Why a call that needs the leader fails here: with a hint where there is one, and who is missing where there is none. */
  notLeaderError(): RaftctlError {
    if (!this.isBootstrapped) {
      return new RaftctlError('E_NOT_BOOTSTRAPPED', `node ${this.options.id} belongs to no cluster yet`, {
        hint: 'raftctl cluster bootstrap --node ID=HOST:PORT … , or add it to a cluster: raftctl member add',
      });
    }
    const leaderId = this.core.raft.leaderId;
    if (leaderId === 0 || leaderId === this.options.id) {
      return noQuorumError(this.quorumView(), this.quorumReachable() ? 'E_NO_LEADER' : 'E_NO_QUORUM');
    }
    return new RaftctlError('E_NOT_LEADER', `node ${this.options.id} is not the leader; node ${leaderId} is`, {
      retryable: true,
      leaderHint: { id: leaderId, address: this.memberById(leaderId)?.address ?? '', term: this.core.raft.term },
    });
  }
}

/** A call that comes, or waits, while the node goes down. */
export function stoppedError(): RaftctlError {
  return new RaftctlError('E_STOPPED', 'the node is stopping', { retryable: true });
}

/** A call on a node without which the cluster was recovered: others may take it. */
function supersededError(id: number, incarnation: number): RaftctlError {
  return new RaftctlError(
    'E_STOPPED',
    `node ${id} is fenced off: the cluster is at incarnation ${incarnation} without it`,
    {
      retryable: true,
      hint: supersededHint,
    },
  );
}

/** What to do with such a node. */
export const supersededHint =
  'if a plan names this node: stop it, and raftctl recover apply, or raftctl snapshot restore apply; otherwise raftctl node reset, and add it under a new id';
