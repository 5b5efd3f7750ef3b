import { failureFields, messageOf } from '../base/errors.js';
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
  AnnounceRequest,
  ChangeMembersRequest,
  ChangeMembersResponse,
  ChangeRecord,
  GetChangeResponse,
  PromoteChangeRequest,
  PromoteChangeResponse,
  UpdateMemberRequest,
  UpdateMemberResponse,
} from '../gen/raftctl/v1/member.js';
import type { DrainResponse, SetElectionsResponse, UndrainResponse } from '../gen/raftctl/v1/node.js';
import type { Consistency } from '../gen/raftctl/v1/proposal.js';
import { Applier } from './applier.js';
import { checkBootstrap } from './bootstrap.js';
import { Candidacy } from './candidacy.js';
import { Conditions } from './conditions.js';
import { proposeAudit } from './control-commands.js';
import { newCore } from './core-config.js';
import { Draining } from './draining.js';
import { Driver } from './driver.js';
import { Fencing } from './fencing.js';
import { HistoryFeed } from './history-feed.js';
import { HistoryRecording } from './history-recording.js';
import { InstanceRecording } from './instance-recording.js';
import { Joining } from './joining.js';
import { Leadership } from './leadership.js';
import { describeEntries, termRuns } from './log-reading.js';
import { MemberUpdates } from './member-updates.js';
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
import { nodeSnapshots } from './node-snapshots.js';
import { PeerProgresses } from './peer-progress.js';
import type { SnapshotSource, StateView } from './ports.js';
import { Proposing } from './proposing.js';
import { Reading } from './reading.js';
import { ReplicatedState } from './replicated-state.js';
import { RoleChanges } from './role-changes.js';
import { Roster } from './roster.js';
import { RunningCalls } from './running-calls.js';
import { selfIdentity } from './self-identity.js';
import { SESSIONS_MAX } from './sessions.js';
import type { Snapshots } from './snapshots.js';
import { SpaceYielding } from './space-yielding.js';
import { StateHashing } from './state-hashing.js';

/**
 * One node of a cluster: the core, carried by the driver, over the doors it is given. `start` it, ask it through `NodeApi`, `stop` it.
 * A node that cannot go on (its disk failed, its state machine threw) stops by itself and tells `onFatal`.
 */
export class RaftNode implements NodeApi {
  readonly id: number;
  readonly stateMachine: string;
  readonly stateHashes: StateHashing;
  private readonly context: NodeContext;
  private readonly driver: Driver;
  private readonly applier: Applier;
  private readonly state: ReplicatedState;
  private readonly proposing: Proposing;
  private readonly reading: Reading;
  private readonly leadership: Leadership;
  private readonly snapshots: Snapshots;
  private readonly changes: MembershipChanges;
  private readonly roster: Roster;
  private readonly progresses: PeerProgresses;
  private readonly report: NodeReport;
  private readonly joining: Joining;
  private readonly fencing: Fencing;
  private readonly candidacy: Candidacy;
  private readonly draining: Draining;
  private readonly yielding: SpaceYielding;
  private readonly recording: HistoryRecording;
  private readonly history: HistoryFeed;
  private readonly roles: RoleChanges;
  private readonly calls: RunningCalls;
  private readonly updates: MemberUpdates;
  private readonly instances: InstanceRecording;
  private readonly statusListeners = new Set<() => void>();
  private readonly fatalListeners = new Set<(reason: unknown) => void>();

  constructor(private readonly options: NodeOptions) {
    this.id = options.id;
    this.stateMachine = options.stateMachine.name;
    const conditions = new Conditions();
    this.calls = new RunningCalls(options.config.callsMax, () => options.metrics.refused('E_OVERLOADED'));
    this.state = new ReplicatedState(options.stateMachine, SESSIONS_MAX);
    this.context = new NodeContext(
      options,
      newCore(options, options.store, options.store.applied.index),
      conditions,
      () => this.driver.schedule(),
    );
    this.proposing = new Proposing(this.context, () => this.driver.inbox);
    this.updates = new MemberUpdates(this.context, this.proposing);
    this.instances = new InstanceRecording(this.context, this.proposing);
    this.reading = new Reading(this.context, this.state);
    this.leadership = new Leadership(this.context);
    this.candidacy = new Candidacy(this.context);
    this.draining = new Draining(this.context, this.candidacy, this.leadership, this.calls);
    this.recording = new HistoryRecording(this.context);
    this.yielding = new SpaceYielding(this.context, this.leadership, this.recording);
    this.history = new HistoryFeed(this.context);
    this.progresses = new PeerProgresses(options.clock);
    this.roles = new RoleChanges(this.context, this.recording, this.reading, this.progresses, this.proposing);
    this.roster = new Roster(this.context);
    this.snapshots = nodeSnapshots(
      this.context,
      (message) => this.takeMessages([message]),
      (...told) => this.recording.onSnapshotSent(...told),
    );
    this.changes = new MembershipChanges(
      this.context,
      this.proposing,
      this.roster.announcements,
      this.leadership,
      this.snapshots,
    );
    this.report = new NodeReport(
      this.context,
      this.progresses,
      this.snapshots,
      this.changes,
      this.candidacy,
      this.calls,
    );
    this.stateHashes = new StateHashing(this.context, this.proposing);
    const { pending } = this.proposing;
    this.applier = new Applier(this.context, this.state, pending, (view) => this.loadRecords(view), this.stateHashes);
    this.driver = this.newDriver();
    this.fencing = new Fencing(this.context, () => this.halt());
    this.joining = new Joining(this.context, this.driver, () => {
      this.candidacy.enforce();
      this.loadRecords(options.store.view());
    });
  }

  /** Begins to take messages and ticks. */
  async start(): Promise<void> {
    const { store, transport, ticker } = this.options;
    this.candidacy.enforce();
    transport.start(selfIdentity(this.context), {
      onMessages: (messages) => this.takeMessages(messages),
      onUnreachable: (id) => {
        this.context.core.reportUnreachable(id);
        this.driver.schedule();
      },
      onSnapshotOffered: (message) => this.snapshots.receive(message),
      onSnapshotReceived: (message) => this.takeMessages([message]),
      onAdopt: (clusterId, machine, incarnation) => this.joining.adopt(clusterId, machine, incarnation),
      onSuperseded: (by, incarnation) => this.fencing.onSuperseded(by, incarnation),
    });
    if (this.fencing.enforce()) return;
    this.loadRecords(store.view());
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
        .handOver()
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
    return this.calls.run(() => this.proposing.propose(proposal, call));
  }

  query(query: Uint8Array, consistency: Consistency, call?: CallOptions): Promise<QueryResult> {
    return this.calls.run(() => this.reading.query(query, consistency, call));
  }

  listMembers(): ReturnType<NodeApi['listMembers']> {
    return this.roster.list();
  }

  announce(announcement: AnnounceRequest): { clusterId: string; isMember: boolean } {
    return this.roster.announce(announcement);
  }

  changeMembers(request: ChangeMembersRequest, call?: CallOptions): AsyncIterable<ChangeMembersResponse> {
    return this.changes.change(request, call);
  }

  listChanges(limit: number): ChangeRecord[] {
    return this.changes.list(limit);
  }

  getChange(id: string): GetChangeResponse {
    return this.changes.get(id);
  }

  watchChange(id: string, call?: CallOptions): AsyncIterable<ChangeMembersResponse> {
    return this.changes.watchChange(id, call);
  }

  abortChange(request: AbortChangeRequest, call?: CallOptions): Promise<AbortChangeResponse> {
    return this.changes.abort(request, call);
  }

  promoteChange(request: PromoteChangeRequest, call?: CallOptions): Promise<PromoteChangeResponse> {
    return this.changes.promote(request, call);
  }

  updateMember(request: UpdateMemberRequest, call?: CallOptions): Promise<UpdateMemberResponse> {
    return this.updates.update(request, call);
  }

  drain(call?: CallOptions): Promise<DrainResponse> {
    return this.draining.drain(call);
  }

  undrain(): Promise<UndrainResponse> {
    return this.draining.undrain();
  }

  setElections(paused: boolean, call?: CallOptions): Promise<SetElectionsResponse> {
    return this.draining.setElections(paused, call);
  }

  listEvents(request: ListEventsRequest): ListEventsResponse {
    return this.history.list(request);
  }

  watchEvents(request: WatchEventsRequest, call?: CallOptions): AsyncIterable<HistoryEvent> {
    return this.history.watch(request, call);
  }

  recordAudit(event: HistoryEvent, call?: CallOptions): Promise<void> {
    return proposeAudit(this.proposing, this.context.core.raft.term, event, call);
  }

  leaveJoint(changeId: string, call?: CallOptions): Promise<{ configIndex: number; confState: ConfState }> {
    return this.changes.leaveJoint(changeId, call);
  }

  async transferLeader(target: number, maxLag: number | undefined, call?: CallOptions): Promise<TransferResult> {
    this.changes.requireNoneMoving();
    return this.leadership.transfer(target, maxLag, call);
  }

  async stepDown(cooldownMs: number, call?: CallOptions): Promise<TransferResult> {
    this.changes.requireNoneMoving();
    return this.draining.stepDown(cooldownMs, call);
  }

  triggerSnapshot(keepEntries: number): Promise<{ snapshot: SnapshotInfo; logFirst: number }> {
    if (this.context.stopping) throw stoppedError();
    return this.snapshots.take(keepEntries);
  }

  async saveSnapshot(stale: boolean, reason: string, call?: CallOptions): Promise<SnapshotSource> {
    if (!stale) await this.reading.untilFresh(call);
    return this.snapshots.save(reason);
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
      ...{ config, store, transport, clock, logger, metrics, defer },
      workload: this.context.workload,
      hooks: {
        beforeReady: () => this.reading.beginRound(),
        onTick: () => this.onTick(),
        hasRoomForEntries: () => this.context.space.hasRoomForEntries,
        apply: (entries) => this.applier.apply(entries),
        onSnapshotInstalled: () => {
          metrics.snapshotInstalled();
          this.context.applied = store.applied;
          this.loadRecords(store.beginApply());
        },
        sendSnapshot: (message) => this.snapshots.send(message),
        onTimeoutNow: () => this.reading.giveUpLease(),
        onReadStates: (states) => this.reading.onReadStates(states),
        onSoftState: (soft) => this.roles.onSoftState(soft),
        onProposalsDropped: (proposals, reason) => this.proposing.onDropped(proposals, reason),
        afterTurn: () => this.afterTurn(),
        onFatal: (reason) => this.onFailure(reason),
      },
    });
  }

  private takeMessages(messages: readonly Message[]): void {
    if (this.context.stopping) return;
    this.options.metrics.messagesReceived(messages.length);
    this.recording.onMessages(messages);
    const dropped = this.driver.inbox.offerMessages(messages);
    if (dropped > 0) this.options.logger.warn('the inbox is full: messages were dropped', { dropped });
    this.driver.schedule();
  }

  private onTick(): void {
    this.context.ticks++;
    this.yielding.onTick();
    this.candidacy.enforce();
    this.recording.onTick();
    this.reading.onTick();
    this.instances.onTick();
    if (this.context.isLeader) this.progresses.observe(this.context.core.raft);
  }

  /** The cluster's own records may say something else now. */
  private loadRecords(view: StateView): void {
    this.roster.load(view);
    this.changes.onRecords(view);
  }

  private afterTurn(): void {
    this.recording.afterTurn();
    this.changes.onTurn();
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
    this.options.logger.error('the node cannot go on', failureFields(reason));
    this.halt();
    for (const listener of this.fatalListeners) listener(reason);
  }
}
