import { RaftctlError } from '../../src/base/errors.js';
import type { ConfState } from '../../src/gen/raft/v1/raft.js';
import {
  type BootstrapSpec,
  GetStateHashResponse,
  NodeStatus,
  Role,
  type SnapshotInfo,
  StateHashPhase,
} from '../../src/gen/raftctl/v1/cluster.js';
import { ChangeMembersResponse, type ChangeRecord } from '../../src/gen/raftctl/v1/member.js';
import type {
  CallOptions,
  DescribedEntry,
  NodeApi,
  Proposal,
  ProposalResult,
  QueryResult,
  TransferResult,
} from '../../src/node/node-api.js';

const confState: ConfState = {
  voters: [1, 2, 3],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

const unexpected = (): never => {
  throw new RaftctlError('E_NOT_LEADER', 'n1 is not the leader', {
    retryable: true,
    leaderHint: { id: 2, address: '10.0.0.2:7400', term: 7 },
  });
};

/** A node that follows another one; a test replaces the methods that its story is about. */
export class FakeNode implements NodeApi {
  readonly id = 1;
  stateMachine = 'kv';
  /** What `status()` says beside the defaults. */
  state: Partial<NodeStatus> = { role: Role.FOLLOWER, leader: 2, clusterId: 'c1' };
  log: DescribedEntry[] = [];
  readonly #listeners = new Set<() => void>();

  status(): NodeStatus {
    return NodeStatus.fromPartial({ id: this.id, stateMachine: this.stateMachine, ...this.state });
  }

  onStatusChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who listens to changes of the status. */
  get listeners(): number {
    return this.#listeners.size;
  }

  /** Changes the status and tells the listeners. */
  change(state: Partial<NodeStatus>): void {
    this.state = { ...this.state, ...state };
    for (const listener of this.#listeners) listener();
  }

  stateHashes: NodeApi['stateHashes'] = {
    begin: async () => unexpected(),
    result: (index) =>
      GetStateHashResponse.fromPartial({ nodeId: this.id, appliedIndex: index, phase: StateHashPhase.MISSED }),
  };

  bootstrapSpec(): BootstrapSpec | undefined {
    return undefined;
  }
  prepareBootstrap: (spec: BootstrapSpec, nodeId: number) => void = () => {};
  bootstrap: (spec: BootstrapSpec, nodeId: number) => Promise<boolean> = async () => true;

  propose: (proposal: Proposal, options?: CallOptions) => Promise<ProposalResult> = async () => unexpected();
  query: (query: Uint8Array, consistency: number, options?: CallOptions) => Promise<QueryResult> = async () =>
    unexpected();

  listMembers() {
    return { configIndex: 1, confState, members: [], announced: [], removed: [] };
  }
  announce: NodeApi['announce'] = () => ({ clusterId: 'c1', isMember: false });
  changeMembers: NodeApi['changeMembers'] = async function* () {
    yield ChangeMembersResponse.fromPartial({ unchanged: true });
  };
  async leaveJoint() {
    return { configIndex: 9, confState };
  }
  listChanges(): ChangeRecord[] {
    return [];
  }
  getChange: NodeApi['getChange'] = () => unexpected();
  watchChange: NodeApi['watchChange'] = () => unexpected();
  abortChange: NodeApi['abortChange'] = async () => unexpected();
  promoteChange: NodeApi['promoteChange'] = async () => unexpected();
  updateMember: NodeApi['updateMember'] = async () => unexpected();

  drain: NodeApi['drain'] = async () => ({ leader: 2, elapsedMs: 5, unchanged: false });
  undrain: NodeApi['undrain'] = async () => ({ unchanged: false });
  setElections: NodeApi['setElections'] = async () => ({ unchanged: false, leader: 2 });

  recordAudit: NodeApi['recordAudit'] = async () => {};
  listEvents: NodeApi['listEvents'] = () => ({ events: [], oldest: 0 });
  watchEvents: NodeApi['watchEvents'] = async function* () {};

  transferLeader: (target: number, maxLag: number | undefined) => Promise<TransferResult> = async () => unexpected();
  async stepDown(): Promise<TransferResult> {
    return { from: 1, to: 2, term: 8, elapsedMs: 12, unchanged: false };
  }

  async triggerSnapshot(keepEntries: number): Promise<{ snapshot: SnapshotInfo; logFirst: number }> {
    const [snapshot] = this.listSnapshots();
    if (snapshot === undefined) return unexpected();
    return { snapshot, logFirst: snapshot.index + 1 - keepEntries };
  }
  saveSnapshot: NodeApi['saveSnapshot'] = async () => unexpected();
  listSnapshots(): readonly SnapshotInfo[] {
    return [{ index: 40, term: 3, bytes: 1000, createdMs: 5, confState, checksum: 77 }];
  }

  logInfo() {
    const last = this.log.at(-1)?.entry.index ?? 0;
    const log = { first: 1, last, lastTerm: 1, commit: last, applied: last, persisted: last, bytes: 0 };
    return { log, terms: [{ term: 1, first: 1, last }] };
  }
  *logEntries(from: number, to: number, limit: number): Iterable<DescribedEntry> {
    const wanted = this.log.filter(({ entry }) => entry.index >= from && (to === 0 || entry.index <= to));
    yield* limit === 0 ? wanted : wanted.slice(0, limit);
  }
}
