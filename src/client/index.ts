/**
 * The client: the only place in the product that looks for a leader, waits, and tries again.
 *
 *     createClient ─► Client ─► calls.ts ─► survey.ts       who is there, who leads
 *                                   │  └──► no-leader.ts    why there is none
 *                                   └─────► connection.ts ═ gRPC ═► a node
 *                                                └─ status-error.ts: every failure as one RaftctlError
 *
 * What lasts longer than a leader, such as a change of the members, is followed from one to the next: `leader-stream.ts`.
 *
 * A change is never sent twice unless the cluster can tell: it carries a session (`sessions.ts`) or a request id. What was sent and never
 * answered ends as E_OUTCOME_UNKNOWN, not as success and not as failure.
 *
 * What must never happen here: a rule of the cluster (the nodes decide), output, and anything at import time beyond loading gRPC.
 *
 *     const client = createClient({ endpoints: ['127.0.0.1:7401'] });
 *     await client.kv.put('greeting', '"hello"');
 *     client.close();
 *
 * Read next: `client.ts` for what can be asked, `calls.ts` for how a call finds its node.
 */
export { type ErrorCode, ExitCode } from '../base/error-codes.js';
export { RaftctlError } from '../base/errors.js';
export type { ConfState, Entry } from '../gen/raft/v1/raft.js';
export type { MethodPermission, WhoAmIResponse } from '../gen/raftctl/v1/auth.js';
export type {
  BeginStateHashResponse,
  GetStateHashResponse,
  LogStatus,
  NodeStatus,
  PeerLink,
  PeerProgress,
  Role,
  SnapshotInfo,
  StateHashPhase,
} from '../gen/raftctl/v1/cluster.js';
export type {
  AuditRecord,
  EventType,
  HistoryEvent,
  ListEventsRequest,
  ListEventsResponse,
} from '../gen/raftctl/v1/history.js';
export type { KvExpectation, KvPair } from '../gen/raftctl/v1/kv.js';
export type { TransferLeaderResponse } from '../gen/raftctl/v1/leader.js';
export type { GetLogInfoResponse, ListEntriesRequest, ListEntriesResponse, TermRun } from '../gen/raftctl/v1/log.js';
export type {
  AbortChangeResponse,
  CatchUp,
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangePhase,
  ChangePlan,
  ChangeRecord,
  ChangeResult,
  CheckStatus,
  GetChangeResponse,
  LeaveJointResponse,
  ListMembersResponse,
  Member,
  PromoteWhen,
  QuorumAcks,
  SpaceLevel,
  Tombstone,
  UpdateMemberRequest,
  UpdateMemberResponse,
} from '../gen/raftctl/v1/member.js';
export type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
export { CommandKind, type ProposeResponse } from '../gen/raftctl/v1/proposal.js';
export type { RegisterExpectation } from '../gen/raftctl/v1/register.js';
export type { SaveSnapshotResponse } from '../gen/raftctl/v1/snapshot.js';
export type { BootstrapNode, BootstrapPlan, BootstrapResult } from './bootstrap.js';
export type { AbortOutcome, ChangesClient } from './changes-client.js';
export { Client, createClient, type LeaderSight } from './client.js';
export type { ClusterView, NodeView, Stranger } from './cluster-view.js';
export type { ReadConsistency } from './consistency.js';
export type { KnownLeader } from './directory.js';
export type { WatchOptions } from './events.js';
export type { KvClient, KvListOptions } from './kv-client.js';
export { type ClientOptions, defaultDialTimeoutMs, defaultTimeoutMs, type TlsOptions } from './options.js';
export type { BatchItem, BatchOutcome } from './propose-stream.js';
export type { RegisterClient } from './register-client.js';
export type { ClusterSight } from './watch-cluster.js';
