import { randomUUID } from 'node:crypto';
import { RaftctlError } from '../base/errors.js';
import type { MethodPermission, WhoAmIResponse } from '../gen/raftctl/v1/auth.js';
import {
  type BeginStateHashResponse,
  ClusterServiceService as Cluster,
  type GetStateHashResponse,
  type NodeStatus,
  Role,
} from '../gen/raftctl/v1/cluster.js';
import type { HistoryEvent, ListEventsRequest, ListEventsResponse } from '../gen/raftctl/v1/history.js';
import {
  LeaderServiceService as Leader,
  type StepDownResponse,
  type TransferLeaderResponse,
} from '../gen/raftctl/v1/leader.js';
import {
  type GetLogInfoResponse,
  type ListEntriesRequest,
  type ListEntriesResponse,
  LogServiceService as Log,
} from '../gen/raftctl/v1/log.js';
import {
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  type ListMembersResponse,
  MemberServiceService as Members,
  type UpdateMemberRequest,
  type UpdateMemberResponse,
} from '../gen/raftctl/v1/member.js';
import type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
import {
  type CommandKind,
  ProposalServiceService as Proposals,
  type ProposeResponse,
  type QueryResponse,
} from '../gen/raftctl/v1/proposal.js';
import {
  type ListSnapshotsResponse,
  type SaveSnapshotResponse,
  SnapshotServiceService as Snapshots,
  type TriggerSnapshotResponse,
} from '../gen/raftctl/v1/snapshot.js';
import { canI, whoAmI } from './auth.js';
import { type BootstrapPlan, type BootstrapResult, bootstrap } from './bootstrap.js';
import { callAny, callLeader, callNode } from './calls.js';
import { changeMembers } from './change-members.js';
import { ChangesClient } from './changes-client.js';
import { type ClusterView, viewCluster } from './cluster-view.js';
import { Connections } from './connection.js';
import { type ReadConsistency, readAt, wireConsistency } from './consistency.js';
import { Directory, type KnownLeader } from './directory.js';
import { listEvents, type WatchOptions, watchEvents } from './events.js';
import { KvClient } from './kv-client.js';
import { collectEntries } from './log-entries.js';
import { drain, setElections, undrain } from './node-settings.js';
import { type ClientOptions, type Settings, toSettings } from './options.js';
import { proposeOnce } from './propose-once.js';
import { type BatchItem, type BatchOutcome, proposeStream } from './propose-stream.js';
import { RegisterClient } from './register-client.js';
import { Sessions } from './sessions.js';
import { awaitStateHash, beginStateHash } from './state-hashes.js';
import { type ClientContext, identify } from './survey.js';
import { type ClusterSight, watchCluster } from './watch-cluster.js';

/** The leader, and what it says of itself. */
export interface LeaderSight {
  readonly leader: KnownLeader;
  readonly status: NodeStatus;
}

/** Makes a client. Nothing is dialled before the first call. @throws RaftctlError E_USAGE for a malformed endpoint, or none */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/**
 * One typed method a call. Every method finds the right node, repeats what may be repeated until `timeoutMs` has passed, and throws
 * `RaftctlError`. A change is recognised when it is repeated, or is not repeated; one whose answer is lost for good ends as E_OUTCOME_UNKNOWN.
 */
export class Client {
  readonly kv: KvClient;
  readonly register: RegisterClient;
  /** Changes of the members: what became of them, and taking them back. */
  readonly changes: ChangesClient;
  readonly #settings: Settings;
  readonly #context: ClientContext;
  readonly #sessions: Sessions;

  constructor(options: ClientOptions) {
    const settings = toSettings(options);
    this.#settings = settings;
    this.#context = { settings, connections: new Connections(settings), directory: new Directory(settings) };
    this.#sessions = new Sessions(options.clientId ?? randomUUID());
    this.kv = new KvClient(this.#context, this.#sessions);
    this.register = new RegisterClient(this.#context, this.#sessions);
    this.changes = new ChangesClient(this.#context);
  }

  /** Name of this client's session; a later client that is made with it repeats this one's proposals instead of making new ones. */
  get clientId(): string {
    return this.#sessions.clientId;
  }

  /** Makes one cluster of fresh nodes, all or nothing; these are the nodes of the plan, whatever the endpoints are. */
  bootstrap(plan: BootstrapPlan): Promise<BootstrapResult> {
    return bootstrap(this.#context.connections, this.#settings, plan);
  }

  /** The whole cluster, asked node by node and all at once; needs neither a leader nor a quorum. */
  view(): Promise<ClusterView> {
    return viewCluster(this.#context);
  }

  /** The view, again whenever it changes, until the signal is aborted. */
  watch(signal: AbortSignal): AsyncGenerator<ClusterSight> {
    return watchCluster(this.#context, signal);
  }

  /** The leader as it says itself; waits for an election that runs. */
  leader(): Promise<LeaderSight> {
    return callLeader(this.#context, {
      effect: 'read',
      attempt: async (connection, deadlineMs) => {
        const { status } = await connection.unary(Cluster.getStatus, {}, deadlineMs);
        const term = status?.hardState?.term ?? 0;
        if (status?.role === Role.LEADER) {
          return { leader: { id: status.id, address: connection.address, term }, status };
        }
        throw new RaftctlError('E_NOT_LEADER', `${connection.address} is not the leader`, { retryable: true });
      },
    });
  }

  /** One node's own status. */
  async nodeStatus(id: number): Promise<NodeStatus> {
    return callNode(this.#context, id, {
      effect: 'read',
      attempt: async (connection, deadlineMs) => {
        const { status } = await connection.unary(Cluster.getStatus, {}, deadlineMs);
        if (status?.id === id) return status;
        throw new RaftctlError('E_WRONG_NODE', `node ${status?.id} answers at ${connection.address}, not node ${id}`);
      },
    });
  }

  /** Status of whatever node listens at an address, a member or not. */
  identify(address: string): Promise<NodeStatus> {
    return identify(this.#context, address);
  }

  /** Appends one entry, and answers when it is applied. */
  propose(kind: CommandKind, payload: Uint8Array): Promise<ProposeResponse> {
    return proposeOnce(this.#context, this.#sessions, Proposals.propose, (session) => ({ kind, payload, session }));
  }

  /** Appends many entries without waiting for each. */
  proposeStream(items: Iterable<BatchItem> | AsyncIterable<BatchItem>): AsyncGenerator<BatchOutcome> {
    return proposeStream(this.#context, this.#sessions, items);
  }

  /** Asks the state machine in its own form. */
  query(query: Uint8Array, consistency: ReadConsistency = 'quorum'): Promise<QueryResponse> {
    const request = { query, consistency: wireConsistency[consistency] };
    return readAt(this.#context, consistency, (node, deadlineMs) => node.unary(Proposals.query, request, deadlineMs));
  }

  /** Members as the leader has them, or where there is none as any node does. */
  listMembers(): Promise<ListMembersResponse> {
    return callAny(this.#context, (node, deadlineMs) => node.unary(Members.listMembers, {}, deadlineMs));
  }

  /** Plans a change of the members and carries it out; the plan is the first event. Aborting ends the events, not the change. */
  changeMembers(request: ChangeMembersRequest, signal?: AbortSignal): AsyncGenerator<ChangeMembersResponse> {
    return changeMembers(this.#context, request, signal);
  }

  /** Gives a member another name, address, zone or priority; saying the same again changes nothing. */
  updateMember(request: UpdateMemberRequest): Promise<UpdateMemberResponse> {
    return callLeader(this.#context, {
      effect: 'recognised',
      unknownHint: 'raftctl member list',
      attempt: (node, deadlineMs) => node.unary(Members.updateMember, request, deadlineMs),
    });
  }

  /** Moves the leadership; to the most caught-up voter where no target is named. */
  transferLeader(target?: number, maxLag?: number): Promise<TransferLeaderResponse> {
    const request = { target: target ?? 0, maxLag };
    return callLeader(this.#context, {
      effect: 'single',
      unknownHint: 'raftctl leader show',
      attempt: (node, deadlineMs) => node.unary(Leader.transferLeader, request, deadlineMs),
    });
  }

  /** Makes the leader a follower, after it has handed over where it can; it does not campaign for `cooldownMs` afterwards. */
  stepDown(cooldownMs?: number): Promise<StepDownResponse> {
    return callLeader(this.#context, {
      effect: 'single',
      unknownHint: 'raftctl leader show',
      attempt: (node, deadlineMs) => node.unary(Leader.stepDown, { cooldownMs }, deadlineMs),
    });
  }

  /** Takes a node out of service without stopping it: it hands over, does not campaign, and answers when no call is running any more. */
  drain(id: number): Promise<DrainResponse> {
    return drain(this.#context, id);
  }

  /** Ends the draining of a node. */
  undrain(id: number): Promise<UndrainResponse> {
    return undrain(this.#context, id);
  }

  /** Says whether a node may campaign; a leader that may not hands over first. */
  setElections(id: number, paused: boolean): Promise<SetElectionsResponse> {
    return setElections(this.#context, id, paused);
  }

  /** What the cluster remembers of what happened to it, oldest first. */
  listEvents(request: ListEventsRequest): Promise<ListEventsResponse> {
    return listEvents(this.#context, request);
  }

  /** The same as it happens, until the signal is aborted; another node goes on when the one that tells it dies. */
  watchEvents(options: WatchOptions, signal: AbortSignal): AsyncGenerator<HistoryEvent> {
    return watchEvents(this.#context, options, signal);
  }

  /** Has every node hash its state as of one index. @param at 0: the next one @param bytesPerSecond 0: as fast as it can */
  beginStateHash(at: number, bytesPerSecond: number): Promise<BeginStateHashResponse> {
    return beginStateHash(this.#context, at, bytesPerSecond);
  }

  /** What one node says of that hash, once there is no more to wait for or the deadline has passed. */
  awaitStateHash(id: number, index: number, deadlineMs: number): Promise<GetStateHashResponse> {
    return awaitStateHash(this.#context, id, index, deadlineMs);
  }

  /** Takes a snapshot on one node. */
  triggerSnapshot(id: number, keepEntries: number): Promise<TriggerSnapshotResponse> {
    return callNode(this.#context, id, {
      effect: 'single',
      unknownHint: `raftctl snapshot list ${id}`,
      attempt: (node, deadlineMs) => node.unary(Snapshots.triggerSnapshot, { keepEntries }, deadlineMs),
    });
  }

  /** A snapshot of one node, or of the leader: its facts first, then its bytes. @param stale without asking a quorum whether that is all */
  async saveSnapshot(stale: boolean, reason: string, id?: number): Promise<AsyncGenerator<SaveSnapshotResponse>> {
    return callNode(this.#context, id ?? (await this.leader()).leader.id, {
      effect: 'read',
      // It takes as long as it takes; a node that has gone is noticed by the connection.
      attempt: async (node) => node.serverStream(Snapshots.saveSnapshot, { stale, reason }, Number.POSITIVE_INFINITY),
    });
  }

  /** Snapshots that one node holds. */
  listSnapshots(id: number): Promise<ListSnapshotsResponse> {
    return callNode(this.#context, id, {
      effect: 'read',
      attempt: (node, deadlineMs) => node.unary(Snapshots.listSnapshots, {}, deadlineMs),
    });
  }

  /** The log of one node, or of the leader. */
  logInfo(id?: number): Promise<GetLogInfoResponse> {
    return this.#logOf(id, (node, deadlineMs) => node.unary(Log.getLogInfo, {}, deadlineMs));
  }

  /** Entries of the log of one node, or of the leader, ascending. */
  logEntries(request: ListEntriesRequest, id?: number): Promise<readonly ListEntriesResponse[]> {
    return this.#logOf(id, (node, deadlineMs) => collectEntries(node, request, deadlineMs));
  }

  /** Who this client is to the cluster. */
  whoAmI(): Promise<WhoAmIResponse> {
    return whoAmI(this.#context);
  }

  /** Which of these methods, as `raftctl.v1.KvService/Get`, this client may call; in the same order. */
  canI(methods: readonly string[]): Promise<readonly MethodPermission[]> {
    return canI(this.#context, methods);
  }

  /** Gives the connections up; calls that run fail. */
  close(): void {
    this.#context.connections.close();
  }

  #logOf<Result>(id: number | undefined, attempt: Parameters<typeof callAny<Result>>[1]): Promise<Result> {
    return id === undefined
      ? callAny(this.#context, attempt)
      : callNode(this.#context, id, { effect: 'read', attempt });
  }
}
