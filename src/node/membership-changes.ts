import { RaftctlError } from '../base/errors.js';
import { ConfChangeTransition, type ConfState } from '../gen/raft/v1/raft.js';
import {
  type AbortChangeRequest,
  type AbortChangeResponse,
  type ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  type ChangeRecord,
  type GetChangeResponse,
  type PromoteChangeRequest,
  type PromoteChangeResponse,
} from '../gen/raftctl/v1/member.js';
import { planChange, waitsForPromotion } from '../membership/index.js';
import type { Announcements } from './announcements.js';
import { quorumAcks } from './changes/acknowledgements.js';
import { AppliedChanges } from './changes/applied-changes.js';
import { changeEvent, eventOf, failureOf, plannedEvent, planOf, sameChange } from './changes/change-events.js';
import { ChangeExecutor } from './changes/change-executor.js';
import { isRunning, isUnchanged } from './changes/change-records.js';
import {
  leadershipLost,
  notFound,
  outcomeUnknown,
  requirePlan,
  staysJoint,
  tooLate,
} from './changes/change-refusals.js';
import { abortObstacle, situationOf } from './changes/change-situation.js';
import { isLeftBehind, leftBehindRecord, proposeWayOut, rolledBack } from './changes/left-behind.js';
import { newChange } from './changes/new-change.js';
import { planHash } from './changes/plan-hash.js';
import { promoteWaiting } from './changes/promoting.js';
import { refuseWhileRunning, rests } from './changes/resting-change.js';
import { proposeControl } from './control-commands.js';
import type { Leadership } from './leadership.js';
import type { CallOptions } from './node-api.js';
import type { NodeContext } from './node-context.js';
import { planningFacts } from './planning-facts.js';
import type { StateView } from './ports.js';
import type { Proposing } from './proposing.js';
import type { SnapshotTransfers } from './snapshots.js';

/** Somebody who watches a change: what was not told yet. */
interface Watcher {
  readonly id: string;
  readonly events: ChangeMembersResponse[];
}

/**
 * Changes of the members: plans them, begins them, tells of them, takes them back. A change is a record that all nodes have
 * (changes/change-records.ts), and the leader carries it out (changes/change-executor.ts); it runs on when its caller goes away.
 *
 * ```
 *   change() ─► plan ─► BeginChange ─┐                       ┌─► watchers
 *   abort() ─► RequestAbort ─────────┼─► log ─► record ──────┤
 *                     ▲              │                       └─► executor ─┐
 *                     └──────────────┴── AdvanceChange, configurations, EndChange
 * ```
 */
export class MembershipChanges {
  private readonly records: AppliedChanges;
  private readonly executor: ChangeExecutor;
  private readonly watchers = new Set<Watcher>();

  constructor(
    private readonly context: NodeContext,
    private readonly proposing: Proposing,
    private readonly announcements: Announcements,
    leadership: Leadership,
    transfers: SnapshotTransfers,
  ) {
    this.records = new AppliedChanges(context.options, (record) => this.onRecord(record));
    this.executor = new ChangeExecutor(context, this.records, leadership, transfers, (event) =>
      this.tellProgress(event),
    );
  }

  /** The change that runs, as this node has applied it. */
  get running(): ChangeRecord | undefined {
    return this.records.running;
  }

  /** The records may be others now: the node starts, or has applied something. @param view the node's whole keyspace */
  onRecords(view: StateView): void {
    this.records.refresh(view);
  }

  /** Carries the running change on, where this node leads. At the end of each turn. */
  onTurn(): void {
    this.executor.onTurn();
  }

  /**
   * @param whileLeft what it ends with where a change stays joint until somebody leaves it; another change finds one running there, too
   * @throws RaftctlError E_CHANGE_RUNNING, or `whileLeft`
   */
  requireNone(whileLeft: 'E_CHANGE_RUNNING' | 'E_JOINT' = 'E_CHANGE_RUNNING'): void {
    if (this.running !== undefined) refuseWhileRunning(this.running, whileLeft);
  }

  /** As `requireNone`; but a change that waits for its promotion is in nobody's way. */
  requireNoneMoving(): void {
    if (this.running === undefined || !waitsForPromotion(this.running)) this.requireNone('E_JOINT');
  }

  /**
   * Plans the change; unless it is a dry run begins it, and tells of it until it ends.
   * @throws RaftctlError E_NOT_LEADER, E_USAGE, E_CONFLICT, E_CHANGE_RUNNING, E_REFUSED before anything is changed;
   * E_PENDING where a new voter did not catch up; E_OUTCOME_UNKNOWN where the leadership was lost on the way
   */
  async *change(request: ChangeMembersRequest, call: CallOptions = {}): AsyncIterable<ChangeMembersResponse> {
    const { context } = this;
    const id = request.requestId || Math.floor(context.options.random() * 2 ** 52).toString(16);
    if (!request.dryRun && this.isEnded(id)) {
      yield* this.again(id, request, call);
      return;
    }
    await this.knowledge(call);
    if (!request.dryRun && this.records.find(id) !== undefined) {
      yield* this.again(id, request, call);
      return;
    }
    // From here to the offer nothing is awaited: what was checked still holds when it is proposed.
    const planned = planChange(planningFacts(context, this.announcements, this.running?.id ?? ''), request);
    const plan = { ...planned.plan, changeId: id, hash: planHash(planned.plan) };
    const first = changeEvent(id, ChangePhase.PLANNED, 'planned', context.applied, {
      plan,
      unchanged: planned.unchanged,
    });
    requirePlan(request, plan.hash, plan.configIndex);
    if (request.dryRun) {
      yield first;
      return;
    }
    this.requireNone();
    if (planned.unchanged) {
      // Remembered, lest a retry that comes late undoes what somebody else has changed since.
      await this.begin(newChange(id, request, planned, context.options.wallClock()), call);
      yield first;
      return;
    }
    if (planned.refusal !== undefined) {
      yield first;
      throw planned.refusal;
    }
    const watcher = this.watch(id);
    try {
      await this.begin(newChange(id, request, planned, context.options.wallClock()), call);
      yield first;
      yield* this.follow(watcher, call, rests);
    } finally {
      this.watchers.delete(watcher);
    }
  }

  /** Where the same request came twice at once, this is the other one's change as well. @throws as `change` */
  private async begin(record: ChangeRecord, call: CallOptions): Promise<void> {
    const command = { command: { $case: 'beginChange' as const, value: { record } } };
    await proposeControl(this.proposing, command, call).catch((thrown: unknown) => {
      const known = this.records.find(record.id);
      if (known === undefined || record.request === undefined || !sameChange(known.request, record.request))
        throw thrown;
    });
  }

  /** Newest first; requests that changed nothing are not among them. @param limit 0 stands for all of them */
  list(limit: number): ChangeRecord[] {
    return this.records.list.filter((record) => !isUnchanged(record)).slice(0, limit === 0 ? undefined : limit);
  }

  /** @param id empty: the one that runs, or else the last one. @throws RaftctlError E_NOT_FOUND */
  get(id: string): GetChangeResponse {
    const last = this.isLeftBehind ? leftBehindRecord(this.context) : this.list(1)[0];
    const record = id === '' ? last : this.records.find(id);
    if (record === undefined) throw notFound(id);
    return situationOf(this.context, this.records, record, this.executor.catchUp);
  }

  /**
   * Where a change stands, and then what happens to it until it ends.
   * @param id empty: the one that runs
   * @throws RaftctlError E_NOT_LEADER, E_NOT_FOUND; what the change ended with, where it failed; E_OUTCOME_UNKNOWN as `change`
   */
  async *watchChange(id: string, call: CallOptions = {}): AsyncIterable<ChangeMembersResponse> {
    await this.knowledge(call);
    const record = id === '' ? this.running : this.records.find(id);
    if (record === undefined) throw notFound(id);
    const watcher = this.watch(record.id);
    try {
      yield { ...eventOf(record, this.context.applied), plan: planOf(record) };
      yield* this.follow(watcher, call);
    } finally {
      this.watchers.delete(watcher);
    }
  }

  /**
   * Has a change taken back. Where there is no leader this node notes it, and sees to it should it be the next one.
   * @throws RaftctlError E_NOT_FOUND, E_CONFLICT where it has ended, E_NOT_LEADER, as `Proposing.propose`
   */
  async abort(request: AbortChangeRequest, call: CallOptions = {}): Promise<AbortChangeResponse> {
    const { context } = this;
    const { raft } = context.core;
    if (!context.isLeader && raft.leaderId !== 0) throw context.notLeaderError();
    const isAble = context.isLeader && context.quorumReachable();
    // While the change itself hands the leadership over nothing can be written down: it is over in a moment.
    if (isAble) await this.knowledge(call, () => raft.leadTransferee === 0);
    if (isAble && request.id === '' && this.isLeftBehind) {
      const change = leftBehindRecord(context);
      await this.wayOut(ConfChangeTransition.ROLLBACK, call);
      return { change: rolledBack(change, context), notedOnly: false };
    }
    const record = request.id === '' ? this.running : this.records.find(request.id);
    if (record === undefined) throw notFound(request.id);
    const { id } = record;
    if (!isRunning(record)) throw tooLate(record);
    const { reason, by } = request;
    if (!isAble) {
      if (!record.abortRequested) this.executor.notedAborts.set(id, { reason, by });
      return { change: this.noted(record), notedOnly: true };
    }
    if (!record.abortRequested) {
      const value = { id, reason, by, atMs: context.options.wallClock() };
      await proposeControl(this.proposing, { command: { $case: 'requestAbort', value } }, call).catch((thrown) => {
        const now = this.records.find(id) ?? record;
        throw thrown instanceof RaftctlError && thrown.code === 'E_CONFLICT' ? tooLate(now) : thrown;
      });
    }
    return { change: this.records.find(id), notedOnly: false };
  }

  /**
   * Has the new voters promoted of a change that waits for that. The same call again changes nothing.
   * @throws RaftctlError E_NOT_LEADER, E_NOT_FOUND; E_CONFLICT where it does not wait for that; as `Proposing.propose`
   */
  async promote(request: PromoteChangeRequest, call: CallOptions = {}): Promise<PromoteChangeResponse> {
    await this.knowledge(call);
    const record = request.id === '' ? this.running : this.records.find(request.id);
    if (record === undefined) throw notFound(request.id);
    await promoteWaiting(this.proposing, record, request, this.context.options.wallClock(), call);
    return { change: this.records.find(record.id) };
  }

  /**
   * Has a joint configuration left that waits for it. The same call again changes nothing.
   * @param changeId empty: whichever it is
   * @throws RaftctlError E_NOT_LEADER, E_NOT_JOINT, E_CHANGE_RUNNING where the change leaves by itself, E_NOT_FOUND
   */
  async leaveJoint(changeId: string, call: CallOptions = {}): Promise<{ configIndex: number; confState: ConfState }> {
    const { context } = this;
    await this.knowledge(call);
    const record = changeId === '' ? this.running : this.records.find(changeId);
    if (record === undefined && changeId !== '') throw notFound(changeId);
    const isJoint = () => context.applied.confState.votersOutgoing.length > 0;
    const hasLeft = record?.phase === ChangePhase.VERIFYING || record?.phase === ChangePhase.DONE;
    if (changeId !== '' && hasLeft && record.request?.explicitLeave === true) return this.configuration();
    if (changeId === '' && this.isLeftBehind) return this.wayOut(ConfChangeTransition.AUTO, call);
    if (record === undefined || !isRunning(record) || !isJoint()) {
      throw new RaftctlError('E_NOT_JOINT', 'the configuration is not joint: there is nothing to leave', {
        hint: 'raftctl status',
      });
    }
    if (staysJoint(record)) {
      const text = 'leaving the joint configuration';
      const value = { id: record.id, phase: ChangePhase.LEAVING_JOINT, text, atMs: context.options.wallClock() };
      await proposeControl(this.proposing, { command: { $case: 'advanceChange', value } }, call);
    } else if (record.phase !== ChangePhase.LEAVING_JOINT) this.requireNone();
    await this.until(() => !isJoint(), call, leadershipLost);
    return this.configuration();
  }

  /** Whether a joint configuration is there that no change of the cluster's own carries on: somebody made it from outside. */
  private get isLeftBehind(): boolean {
    return isLeftBehind(this.context, this.running);
  }

  private async wayOut(
    transition: ConfChangeTransition,
    call: CallOptions,
  ): Promise<{ configIndex: number; confState: ConfState }> {
    proposeWayOut(this.context, transition);
    await this.until(() => this.context.applied.confState.votersOutgoing.length === 0, call, leadershipLost);
    return this.configuration();
  }

  private configuration(): { configIndex: number; confState: ConfState } {
    const { configIndex, confState } = this.context.applied;
    return { configIndex, confState };
  }

  /** Answers a request that is known already. */
  private async *again(
    id: string,
    request: ChangeMembersRequest,
    call: CallOptions,
  ): AsyncIterable<ChangeMembersResponse> {
    const record = this.records.find(id);
    if (record === undefined || !sameChange(record.request, request)) {
      const message = `request ${id} was another change of the members: this one needs its own id`;
      throw new RaftctlError('E_CONFLICT', message);
    }
    if (isUnchanged(record)) {
      yield { ...plannedEvent(record, this.context.applied), unchanged: true };
      return;
    }
    const watcher = this.watch(id);
    try {
      yield plannedEvent(record, this.context.applied);
      yield eventOf(record, this.context.applied);
      yield* this.follow(watcher, call, rests);
    } finally {
      this.watchers.delete(watcher);
    }
  }

  /** @param isEnough ends the stream where nothing more happens by itself */
  private async *follow(
    watcher: Watcher,
    { signal }: CallOptions,
    isEnough: (record: ChangeRecord) => boolean = () => false,
  ): AsyncIterable<ChangeMembersResponse> {
    const { context } = this;
    const gone = new Error('the watcher has gone');
    while (true) {
      // More may come while one is being read.
      for (let event = watcher.events.shift(); event !== undefined; event = watcher.events.shift()) yield event;
      if (signal?.aborted) return;
      const record = this.records.find(watcher.id);
      if (record === undefined || !isRunning(record)) {
        const failure = record === undefined ? undefined : failureOf(record);
        if (failure !== undefined) throw failure;
        return;
      }
      if (isEnough(record)) return;
      if (!context.isLeader) throw leadershipLost();
      const isNews = () => watcher.events.length > 0 || !context.isLeader || undefined;
      try {
        await context.conditions.until(isNews, { signal, onAbort: () => gone });
      } catch (thrown) {
        if (thrown === gone) return;
        throw thrown;
      }
    }
  }

  private watch(id: string): Watcher {
    const watcher: Watcher = { id, events: [] };
    this.watchers.add(watcher);
    return watcher;
  }

  private publish(event: ChangeMembersResponse): void {
    for (const watcher of this.watchers) if (watcher.id === event.changeId) watcher.events.push(event);
  }

  /** Whoever has not read the last word needs no more of it: what nobody reads must not pile up. */
  private tellProgress(event: ChangeMembersResponse): void {
    for (const { id, events } of this.watchers) if (id === event.changeId && events.length === 0) events.push(event);
  }

  private onRecord(record: ChangeRecord): void {
    const { id, phase, text } = record;
    this.context.options.logger.info('change of the members', { change: id, phase: ChangePhase[phase], text });
    // That it is planned is told first, with the plan.
    if (phase !== ChangePhase.PLANNED) this.publish(eventOf(record, this.context.applied));
  }

  /**
   * A new leader knows what its predecessors have done once it has applied an entry of its own.
   * @param isReady what is waited for as well
   * @throws RaftctlError E_NOT_LEADER
   */
  private async knowledge(call: CallOptions, isReady: () => boolean = () => true): Promise<void> {
    this.context.requireLeader();
    const knows = () => this.context.applied.term === this.context.core.raft.term && isReady();
    await this.until(knows, call, () => this.context.notLeaderError());
  }

  private async until(condition: () => boolean, { signal }: CallOptions, lost: () => RaftctlError): Promise<void> {
    const probe = () => {
      if (condition()) return true;
      if (!this.context.isLeader) throw lost();
      return undefined;
    };
    const onAbort = () => outcomeUnknown('the caller did not wait for the end');
    await this.context.conditions.until(probe, { signal, onAbort });
  }

  private isEnded(id: string): boolean {
    const record = this.records.find(id);
    return record !== undefined && !isRunning(record);
  }

  private noted(record: ChangeRecord): ChangeRecord {
    const obstacle = abortObstacle(this.context, record, quorumAcks(this.context, this.context.applied.configIndex));
    const { change = record } = this.get(record.id);
    return { ...change, text: `node ${this.context.options.id} takes it back once it leads: ${obstacle}` };
  }
}
