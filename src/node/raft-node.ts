import { messageOf, RaftctlError } from '../base/errors.js';
import type { ConfState, Message } from '../gen/raft/v1/raft.js';
import type { BootstrapSpec, LogStatus, NodeStatus, SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
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
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangeRecord,
  GetChangeResponse,
  Member,
  UpdateMemberRequest,
  UpdateMemberResponse,
} from '../gen/raftctl/v1/member.js';
import type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
import type { Consistency } from '../gen/raftctl/v1/proposal.js';
import type { SoftState } from '../raft/raft.js';
import { Announcements } from './announcements.js';
import { Applier } from './applier.js';
import { checkBootstrap } from './bootstrap.js';
import { Conditions } from './conditions.js';
import { newCore } from './core-config.js';
import { Driver } from './driver.js';
import { Joining } from './joining.js';
import { Leadership } from './leadership.js';
import { describeEntries, termRuns } from './log-reading.js';
import { readMembers } from './members.js';
import { MembershipChanges } from './membership-changes.js';
import type {
  CallOptions,
  DescribedEntry,
  NodeApi,
  Proposal,
  ProposalResult,
  QueryResult,
  TransferResult,
} from './node-api.js';
import { NodeContext, stoppedError } from './node-context.js';
import type { NodeOptions } from './node-options.js';
import { logStatus, NodeReport } from './node-report.js';
import { PeerProgresses } from './peer-progress.js';
import { Proposing } from './proposing.js';
import { Reading } from './reading.js';
import { ReplicatedState } from './replicated-state.js';
import { SESSIONS_MAX } from './sessions.js';
import { Snapshots } from './snapshots.js';

/**
 * One node of a cluster: the core, carried by the driver, over the doors it is given. `start` it, ask it through `NodeApi`, `stop` it.
 * A node that cannot go on (its disk failed, its state machine threw) stops by itself and tells `onFatal`.
 */
export class RaftNode implements NodeApi {
  readonly id: number;
  readonly stateMachine: string;
  private readonly context: NodeContext;
  private readonly driver: Driver;
  private readonly applier: Applier;
  private readonly state: ReplicatedState;
  private readonly proposing: Proposing;
  private readonly reading: Reading;
  private readonly leadership: Leadership;
  private readonly snapshots: Snapshots;
  private readonly changes: MembershipChanges;
  private readonly announcements: Announcements;
  private readonly progresses: PeerProgresses;
  private readonly report: NodeReport;
  private readonly joining: Joining;
  private readonly statusListeners = new Set<() => void>();
  private readonly fatalListeners = new Set<(reason: unknown) => void>();

  constructor(private readonly options: NodeOptions) {
    this.id = options.id;
    this.stateMachine = options.stateMachine.name;
    const conditions = new Conditions();
    this.state = new ReplicatedState(options.stateMachine, SESSIONS_MAX);
    this.context = new NodeContext(
      options,
      newCore(options, options.store, options.store.applied.index),
      conditions,
      () => this.driver.schedule(),
    );
    this.proposing = new Proposing(this.context, () => this.driver.inbox);
    this.reading = new Reading(this.context, this.state);
    this.leadership = new Leadership(this.context, () => this.reading.giveUpLease());
    this.progresses = new PeerProgresses(options.clock);
    this.announcements = new Announcements(options.clock);
    this.snapshots = this.newSnapshots();
    this.changes = new MembershipChanges(this.context, this.leadership, this.announcements, this.snapshots);
    this.report = new NodeReport(this.context, this.progresses, this.snapshots, this.changes);
    this.applier = new Applier(this.context, this.state, this.proposing.pending, (members) => this.setMembers(members));
    this.driver = this.newDriver();
    this.joining = new Joining(this.context, this.driver, () => this.setMembers(readMembers(options.store.view())));
  }

  /** Begins to take messages and ticks. */
  async start(): Promise<void> {
    const { store, transport, ticker, address, version, stateMachine } = this.options;
    const context = this.context;
    this.context.members = readMembers(store.view());
    transport.start(
      {
        nodeId: this.id,
        get clusterId() {
          return store.identity.clusterId;
        },
        get incarnation() {
          return store.identity.incarnation;
        },
        address,
        version,
        stateMachine: stateMachine.name,
        isVoter: (id) =>
          [...context.applied.confState.voters, ...context.applied.confState.votersOutgoing].includes(id),
        get configIndex() {
          return context.applied.configIndex;
        },
        isKnown: (id, configIndex) =>
          context.memberById(id) !== undefined || configIndex >= context.applied.configIndex,
        get declinesLeadership() {
          return !context.core.raft.campaigns;
        },
      },
      {
        onMessages: (messages) => this.takeMessages(messages),
        onUnreachable: (id) => {
          this.context.core.reportUnreachable(id);
          this.driver.schedule();
        },
        onSnapshotOffered: (message) => this.snapshots.receive(message),
        onSnapshotReceived: (message) => this.takeMessages([message]),
        onAdopt: (clusterId, machine) => this.joining.adopt(clusterId, machine),
      },
    );
    this.setMembers(this.context.members);
    ticker.start(() => {
      this.driver.inbox.tick();
      this.driver.schedule();
    });
    this.driver.schedule();
  }

  /** Hands the leadership over where it can, ends what waits, and flushes. The store and the transport stay open for their owner. */
  async stop(): Promise<void> {
    if (this.context.stopping) return;
    if (this.context.isLeader && this.context.quorumReachable()) {
      await this.leadership
        .stepDown()
        .catch((thrown: unknown) => this.options.logger.info('stopping as leader', { reason: messageOf(thrown) }));
    }
    this.halt();
  }

  /** Calls `listener` once when the node cannot go on; it has stopped by then. */
  onFatal(listener: (reason: unknown) => void): void {
    this.fatalListeners.add(listener);
  }

  status(): NodeStatus {
    return this.report.status();
  }

  onStatusChange(listener: () => void): () => void {
    this.statusListeners.add(listener);
    return () => this.statusListeners.delete(listener);
  }

  bootstrapSpec(): BootstrapSpec | undefined {
    return this.options.store.bootstrapSpec;
  }

  prepareBootstrap(spec: BootstrapSpec, nodeId: number): void {
    checkBootstrap(spec, nodeId, this.id, this.options.store);
  }

  bootstrap(spec: BootstrapSpec, nodeId: number): Promise<boolean> {
    return this.joining.bootstrap(spec, nodeId);
  }

  propose(proposal: Proposal, call?: CallOptions): Promise<ProposalResult> {
    return this.proposing.propose(proposal, call);
  }

  query(query: Uint8Array, consistency: Consistency, call?: CallOptions): Promise<QueryResult> {
    return this.reading.query(query, consistency, call);
  }

  listMembers(): ReturnType<NodeApi['listMembers']> {
    const { configIndex, confState } = this.context.applied;
    const members = [...this.context.members];
    return { configIndex, confState, members, announced: this.announcements.list(members), removed: [] };
  }

  announce(member: Member): { clusterId: string; isMember: boolean } {
    this.context.requireLeader();
    this.announcements.add(member);
    return {
      clusterId: this.options.store.identity.clusterId,
      isMember: this.context.memberById(member.id) !== undefined,
    };
  }

  changeMembers(request: ChangeMembersRequest, call?: CallOptions): AsyncIterable<ChangeMembersResponse> {
    return this.changes.change(request, call);
  }

  listChanges(_limit: number): ChangeRecord[] {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  getChange(_id: string): GetChangeResponse {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  watchChange(_id: string, _call?: CallOptions): AsyncIterable<ChangeMembersResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  abortChange(_request: AbortChangeRequest, _call?: CallOptions): Promise<AbortChangeResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  updateMember(_request: UpdateMemberRequest, _call?: CallOptions): Promise<UpdateMemberResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  drain(_call?: CallOptions): Promise<DrainResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  undrain(): Promise<UndrainResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  setElections(_paused: boolean, _call?: CallOptions): Promise<SetElectionsResponse> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  listEvents(_request: ListEventsRequest): ListEventsResponse {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  watchEvents(_request: WatchEventsRequest, _call?: CallOptions): AsyncIterable<HistoryEvent> {
    throw new RaftctlError('E_INTERNAL', 'not there yet');
  }

  leaveJoint(_changeId: string, call?: CallOptions): Promise<{ configIndex: number; confState: ConfState }> {
    return this.changes.leaveJoint(call);
  }

  transferLeader(target: number, maxLag: number | undefined, call?: CallOptions): Promise<TransferResult> {
    this.changes.requireNone();
    return this.leadership.transfer(target, maxLag, call);
  }

  stepDown(_cooldownMs: number, call?: CallOptions): Promise<TransferResult> {
    this.changes.requireNone();
    return this.leadership.stepDown(call);
  }

  triggerSnapshot(keepEntries: number): Promise<{ snapshot: SnapshotInfo; logFirst: number }> {
    if (this.context.stopping) throw stoppedError();
    return this.snapshots.take(keepEntries);
  }

  listSnapshots(): readonly SnapshotInfo[] {
    return this.options.store.snapshots.list();
  }

  logInfo(): { log: LogStatus; terms: TermRun[] } {
    return { log: logStatus(this.context), terms: termRuns(this.options.store) };
  }

  logEntries(from: number, to: number, limit: number): Iterable<DescribedEntry> {
    return describeEntries(this.context, this.state, from, to, limit);
  }

  private newDriver(): Driver {
    const { config, store, transport, clock, logger, metrics, defer } = this.options;
    return new Driver(this.context.core, {
      config,
      store,
      transport,
      clock,
      logger,
      metrics,
      defer,
      hooks: {
        beforeReady: () => this.reading.beginRound(),
        onTick: () => this.onTick(),
        apply: (entries) => this.applier.apply(entries),
        onSnapshotInstalled: (_metadata, flushed) => {
          metrics.snapshotInstalled();
          this.context.applied = store.applied;
          flushed.then(
            () => this.setMembers(readMembers(store.view())),
            () => {},
          );
        },
        sendSnapshot: (message) => this.snapshots.send(message),
        onReadStates: (states) => this.reading.onReadStates(states),
        onSoftState: (soft) => this.onSoftState(soft),
        onProposalsDropped: (proposals, reason) => this.proposing.onDropped(proposals, reason),
        afterTurn: () => this.afterTurn(),
        onFatal: (reason) => this.onFailure(reason),
      },
    });
  }

  private newSnapshots(): Snapshots {
    const { config, store, transport, clock, logger, metrics } = this.options;
    return new Snapshots({
      config,
      store,
      transport,
      clock,
      logger,
      metrics,
      onTransferEnded: (to, delivered) => {
        this.context.core.reportSnapshot(to, delivered ? 'finish' : 'failure');
        this.driver.schedule();
      },
      lowestActiveMatch: () => this.lowestActiveMatch(),
      isInstalling: () => this.context.core.raft.raftLog.unstable.snapshot !== undefined,
      position: () => ({ term: this.context.core.raft.term, commit: this.context.core.raft.raftLog.committed }),
    });
  }

  /** What reachable peers have at least, so that a compaction does not cut off who is only a moment behind. */
  private lowestActiveMatch(): number | undefined {
    if (!this.context.isLeader) return undefined;
    const connected = this.context.connectedIds();
    const matches = [...this.context.core.raft.tracker.progress].flatMap(([id, progress]) =>
      connected.has(id) && progress.state === 'replicate' ? [progress.matched] : [],
    );
    return matches.length === 0 ? undefined : Math.min(...matches);
  }

  private takeMessages(messages: readonly Message[]): void {
    this.options.metrics.messagesReceived(messages.length);
    const dropped = this.driver.inbox.offerMessages(messages);
    if (dropped > 0) this.options.logger.warn('the inbox is full: messages were dropped', { dropped });
    this.driver.schedule();
  }

  private onTick(): void {
    this.context.ticks++;
    this.reading.onTick();
    if (this.context.isLeader) this.progresses.observe(this.context.core.raft);
  }

  private onSoftState(soft: SoftState): void {
    const { softState } = this.context;
    this.context.softState = soft;
    if (softState.leaderId !== soft.leaderId) {
      this.options.metrics.leaderChanged();
      this.options.logger.info('leader', { leader: soft.leaderId, term: this.context.core.raft.term });
      this.reading.onLeaderChanged();
    }
    const wasLeader = softState.raftState === 'leader';
    const isLeader = soft.raftState === 'leader';
    if (isLeader && !wasLeader) this.context.leaderSinceMs = this.options.clock();
    if (wasLeader && !isLeader) {
      this.context.leaderSinceMs = undefined;
      this.progresses.clear();
      this.proposing.onLeadershipLost();
    }
  }

  private setMembers(members: readonly Member[]): void {
    this.context.members = members;
    this.options.transport.setPeers(members);
  }

  private afterTurn(): void {
    this.context.conditions.check();
    this.snapshots.onTurnEnded();
    this.snapshots.maybeTake();
    for (const listener of this.statusListeners) listener();
  }

  private halt(): void {
    this.context.stopping = true;
    this.options.ticker.stop();
    this.driver.stop();
    this.proposing.stop();
    this.reading.stop();
    this.context.conditions.failAll(stoppedError());
  }

  private onFailure(reason: unknown): void {
    this.options.logger.error('the node cannot go on', {
      reason: messageOf(reason),
      code: reason instanceof RaftctlError ? reason.code : 'E_INTERNAL',
      stack: reason instanceof Error ? reason.stack : undefined,
    });
    this.halt();
    for (const listener of this.fatalListeners) listener(reason);
  }
}
