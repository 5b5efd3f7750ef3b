import type { ConfState, Entry } from '../gen/raft/v1/raft.js';
import type {
  BootstrapSpec,
  GetStateHashResponse,
  LogStatus,
  NodeStatus,
  SnapshotInfo,
} from '../gen/raftctl/v1/cluster.js';
import type { HashState } from '../gen/raftctl/v1/control.js';
import type {
  HistoryEvent,
  ListEventsRequest,
  ListEventsResponse,
  WatchEventsRequest,
} from '../gen/raftctl/v1/history.js';
import type { TermRun } from '../gen/raftctl/v1/log.js';
import type {
  AbortChangeRequest,
  AbortChangeResponse,
  AnnounceRequest,
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangeRecord,
  GetChangeResponse,
  Member,
  PromoteChangeRequest,
  PromoteChangeResponse,
  Tombstone,
  UpdateMemberRequest,
  UpdateMemberResponse,
} from '../gen/raftctl/v1/member.js';
import type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
import type { CommandKind, Consistency, Session } from '../gen/raftctl/v1/proposal.js';
import type { SnapshotSource } from './ports.js';

/** A proposal as a client makes it. */
export interface Proposal {
  readonly kind: CommandKind;
  readonly payload: Uint8Array;
  /** Left out: the proposal has no protection against being applied twice. */
  readonly session?: Session | undefined;
}

/** What became of a proposal: where it stands in the log, and what the state machine answered. */
export interface ProposalResult {
  readonly index: number;
  readonly term: number;
  readonly result: Uint8Array;
  /** The session had it before; index, term and result are those of the first time. */
  readonly duplicate: boolean;
}

/** How long the caller waits. */
export interface CallOptions {
  /** Aborted when the caller has gone or its deadline has passed. */
  readonly signal?: AbortSignal;
}

/** A state-machine answer and the applied index that it reflects. */
export interface QueryResult {
  readonly result: Uint8Array;
  readonly index: number;
}

/** A finished transfer of leadership. */
export interface TransferResult {
  readonly from: number;
  readonly to: number;
  readonly term: number;
  readonly elapsedMs: number;
  readonly unchanged: boolean;
}

/** One entry of the log with what a person wants to know of it. */
export interface DescribedEntry {
  readonly entry: Entry;
  readonly committed: boolean;
  readonly summary: string;
  /** Encoded bytes. */
  readonly size: number;
}

/**
 * What a running node can be asked: the control plane is a thin layer of gRPC over this. Every call that fails throws `RaftctlError`
 * with a code of `src/base/error-codes.ts`, and says whether anything was changed.
 */
export interface NodeApi {
  readonly id: number;
  status(): NodeStatus;
  /** Calls `listener` after every turn that changed what `status()` says; returns what ends it. */
  onStatusChange(listener: () => void): () => void;

  /** What this node was bootstrapped with; undefined on a fresh one. */
  bootstrapSpec(): BootstrapSpec | undefined;
  /** Checks only. Throws E_ALREADY_BOOTSTRAPPED, E_WRONG_NODE, E_USAGE. */
  prepareBootstrap(spec: BootstrapSpec, nodeId: number): void;
  /** False where the node had been bootstrapped with just this. */
  bootstrap(spec: BootstrapSpec, nodeId: number): Promise<boolean>;

  /** Resolves when the entry is applied here, on the leader. */
  propose(proposal: Proposal, options?: CallOptions): Promise<ProposalResult>;
  query(query: Uint8Array, consistency: Consistency, options?: CallOptions): Promise<QueryResult>;
  /** Name of the state machine, so that a call for another one can be refused. */
  readonly stateMachine: string;

  listMembers(): {
    configIndex: number;
    confState: ConfState;
    members: Member[];
    announced: Member[];
    removed: Tombstone[];
  };
  /** A node says where it is. Throws E_REFUSED where it is a member's id with another data directory than the member's. */
  announce(announcement: AnnounceRequest): { clusterId: string; isMember: boolean };
  /** Events of a change, the plan first. The change goes on when the iteration is given up. */
  changeMembers(request: ChangeMembersRequest, options?: CallOptions): AsyncIterable<ChangeMembersResponse>;
  /** Changes that are remembered, newest first; 0 stands for all of them. */
  listChanges(limit: number): ChangeRecord[];
  /** The change of this id, or where it is empty the one that runs, or else the last one. Throws E_NOT_FOUND. */
  getChange(id: string): GetChangeResponse;
  /** Events of a change until it ends, its state first. Throws E_NOT_LEADER, E_NOT_FOUND. */
  watchChange(id: string, options?: CallOptions): AsyncIterable<ChangeMembersResponse>;
  /** Takes a change back that has not ended. Throws E_NOT_LEADER, E_NOT_FOUND, E_CONFLICT where it has ended. */
  abortChange(request: AbortChangeRequest, options?: CallOptions): Promise<AbortChangeResponse>;
  /** Promotes the new voters of a change that waits for it. Throws E_NOT_LEADER, E_NOT_FOUND, E_CONFLICT where it does not. */
  promoteChange(request: PromoteChangeRequest, options?: CallOptions): Promise<PromoteChangeResponse>;
  updateMember(request: UpdateMemberRequest, options?: CallOptions): Promise<UpdateMemberResponse>;
  /** @param changeId whose joint configuration is meant; empty: whichever it is */
  leaveJoint(changeId: string, options?: CallOptions): Promise<{ configIndex: number; confState: ConfState }>;

  transferLeader(target: number, maxLag: number | undefined, options?: CallOptions): Promise<TransferResult>;
  /** @param cooldownMs how long this node does not campaign afterwards */
  stepDown(cooldownMs: number, options?: CallOptions): Promise<TransferResult>;

  /** Settings of this node itself, kept in its data directory. */
  drain(options?: CallOptions): Promise<DrainResponse>;
  undrain(): Promise<UndrainResponse>;
  setElections(paused: boolean, options?: CallOptions): Promise<SetElectionsResponse>;

  /** What the cluster remembers of what happened to it. */
  listEvents(request: ListEventsRequest): ListEventsResponse;
  watchEvents(request: WatchEventsRequest, options?: CallOptions): AsyncIterable<HistoryEvent>;

  /** Has an audit record written into the log; resolves when it is applied. Throws E_NOT_LEADER, and as `propose`. */
  recordAudit(event: HistoryEvent, options?: CallOptions): Promise<void>;
  /** The state hashed as of one index on all nodes, to be compared. */
  readonly stateHashes: {
    /** Has all nodes do it. Throws E_NOT_LEADER, E_CONFLICT, E_USAGE for an index that is past. */
    begin(command: HashState, options?: CallOptions): Promise<{ index: number }>;
    /** How far this node has come with it. */
    result(index: number): GetStateHashResponse;
  };

  triggerSnapshot(keepEntries: number): Promise<{ snapshot: SnapshotInfo; logFirst: number }>;
  /** A snapshot to be read: with all that was acknowledged before the call, or where it may be stale whatever this node has applied. */
  saveSnapshot(stale: boolean, reason: string, options?: CallOptions): Promise<SnapshotSource>;
  listSnapshots(): readonly SnapshotInfo[];

  logInfo(): { log: LogStatus; terms: TermRun[] };
  /** Ascending, `from` and `to` inclusive; 0 stands for the first and the last. */
  logEntries(from: number, to: number, limit: number): Iterable<DescribedEntry>;
}
