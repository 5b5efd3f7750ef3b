import { type Deferred, deferred } from '../base/deferred.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import { ConfChangeTransition, type ConfChangeV2, type ConfState } from '../gen/raft/v1/raft.js';
import {
  type CatchUp,
  ChangeMembersRequest,
  type ChangeMembersResponse,
  ChangePhase,
  type Member,
  MembershipContext,
} from '../gen/raftctl/v1/member.js';
import { type PlannedChange, planChange } from '../membership/index.js';
import { ProposalDroppedError } from '../raft/errors.js';
import type { Announcements } from './announcements.js';
import { CatchUpWatch } from './catch-up.js';
import type { Leadership } from './leadership.js';
import type { CallOptions } from './node-api.js';
import type { NodeContext } from './node-context.js';
import { planningFacts } from './planning-facts.js';
import type { SnapshotTransfers } from './snapshots.js';

/** Ended changes that a retry is answered from. */
const rememberedMax = 32;

/** A change that runs, or has run, on this leader: its events so far, for whoever watches. */
interface RunningChange {
  readonly id: string;
  readonly planned: PlannedChange;
  readonly request: ChangeMembersRequest;
  readonly events: ChangeMembersResponse[];
  /** Settled and replaced at each event. */
  more: Deferred<void>;
  ended: boolean;
  error: unknown;
}

/**
 * Changes of the members, carried out on the leader: new voters as learners first, wait until they have caught up, enter the joint
 * configuration, leave it (Raft thesis §4.2, §4.3). A change runs on when its caller goes away. Targets are whole sets, so that the same
 * request on a new leader carries on where the old one was.
 */
export class MembershipChanges {
  private current: RunningChange | undefined;
  private readonly remembered = new Map<string, RunningChange>();

  constructor(
    private readonly context: NodeContext,
    private readonly leadership: Leadership,
    private readonly announcements: Announcements,
    private readonly transfers: SnapshotTransfers,
  ) {}

  /** Id of the change that runs; empty where none does. */
  get running(): string {
    return this.current?.id ?? '';
  }

  /** @throws RaftctlError E_CHANGE_RUNNING */
  requireNone(): void {
    if (this.current !== undefined) {
      throw new RaftctlError('E_CHANGE_RUNNING', `change ${this.current.id} of the members is running`, {
        hint: 'raftctl status. Wait for its end: raftctl wait config=stable',
      });
    }
  }

  /**
   * Plans the change; unless it is a dry run carries it out.
   * @throws RaftctlError E_NOT_LEADER, E_USAGE, E_CONFLICT, E_CHANGE_RUNNING, E_REFUSED before anything is proposed;
   * E_PENDING where a new voter did not catch up; E_OUTCOME_UNKNOWN where the leadership was lost on the way
   */
  async *change(request: ChangeMembersRequest, call: CallOptions = {}): AsyncIterable<ChangeMembersResponse> {
    const id = request.requestId || Math.floor(this.context.options.random() * 2 ** 52).toString(16);
    const known = request.dryRun ? undefined : this.remembered.get(id);
    if (known !== undefined) {
      if (!sameChange(known.request, request)) {
        throw new RaftctlError(
          'E_CONFLICT',
          `request ${id} was another change of the members: this one needs its own id`,
        );
      }
      yield* this.watch(known, call.signal);
      return;
    }
    this.context.requireLeader();
    // A new leader takes no change before it has applied what was in its log.
    await this.until(() => !this.context.core.raft.hasPendingConf || undefined, call.signal);
    const planned = planChange(planningFacts(this.context, this.announcements, this.running), request);
    const first = this.event(id, ChangePhase.PLANNED, 'planned', {
      plan: { ...planned.plan, changeId: id },
      unchanged: planned.unchanged,
    });
    if (request.dryRun || planned.unchanged) {
      yield first;
      return;
    }
    this.requireNone();
    if (planned.refusal !== undefined) {
      yield first;
      throw planned.refusal;
    }
    const running: RunningChange = {
      id,
      planned,
      request,
      events: [first],
      more: deferred(),
      ended: false,
      error: undefined,
    };
    this.current = running;
    this.remember(running);
    void this.run(running);
    yield* this.watch(running, call.signal);
  }

  /** Leaves a joint configuration that waits for it. @throws RaftctlError E_NOT_LEADER, E_NOT_JOINT, E_CHANGE_RUNNING */
  async leaveJoint(call: CallOptions = {}): Promise<{ configIndex: number; confState: ConfState }> {
    this.context.requireLeader();
    this.requireNone();
    if (this.context.applied.confState.votersOutgoing.length === 0) {
      throw new RaftctlError('E_NOT_JOINT', 'the configuration is not joint: there is nothing to leave', {
        hint: 'raftctl status',
      });
    }
    await this.handOverTo(new Set(this.context.applied.confState.voters));
    await this.propose(
      { transition: ConfChangeTransition.AUTO, changes: [], context: new Uint8Array(0) },
      [],
      '',
      '',
      call.signal,
    );
    return { configIndex: this.context.applied.configIndex, confState: this.context.applied.confState };
  }

  private async *watch(change: RunningChange, signal: AbortSignal | undefined): AsyncIterable<ChangeMembersResponse> {
    let next = 0;
    while (true) {
      while (next < change.events.length) yield change.events[next++] as ChangeMembersResponse;
      if (change.ended || signal?.aborted) break;
      const aborted = new Promise<void>((resolve) =>
        signal?.addEventListener('abort', () => resolve(), { once: true }),
      );
      await Promise.race([change.more.promise, aborted]);
    }
    if (change.ended && change.error !== undefined) throw change.error;
  }

  private async run(change: RunningChange): Promise<void> {
    try {
      await this.carryOut(change);
    } catch (thrown) {
      change.error = thrown;
      this.push(change, ChangePhase.FAILED, messageOf(thrown));
      if (thrown instanceof RaftctlError && thrown.retryable) this.remembered.delete(change.id);
    }
    change.ended = true;
    this.current = undefined;
    change.more.resolve();
  }

  private async carryOut(change: RunningChange): Promise<void> {
    const { planned, request, id } = change;
    const propose = (step: ConfChangeV2) => this.propose(step, planned.members, id, request.reason);
    for (const step of planned.learnersFirst) {
      await propose(step);
      this.push(change, ChangePhase.ADDING_LEARNERS, `learner ${step.changes[0]?.nodeId} is added`);
    }
    if (planned.catchUp.length > 0) await this.catchUp(change);
    if (planned.final !== undefined) {
      await this.handOverTo(new Set(planned.target.voters));
      if (planned.joint) this.push(change, ChangePhase.ENTERING_JOINT, 'entering the joint configuration');
      else this.push(change, ChangePhase.CHANGING, 'one simple change');
      await propose(planned.final);
    }
    if (this.context.applied.confState.votersOutgoing.length > 0) {
      this.push(change, ChangePhase.JOINT, 'joint: commits and elections need both majorities');
      if (request.explicitLeave) return;
      await this.until(() => this.context.applied.confState.votersOutgoing.length === 0 || undefined);
      this.push(change, ChangePhase.LEAVING_JOINT, 'the joint configuration is left');
    }
    this.push(change, ChangePhase.DONE, 'done');
  }

  /** Waits until each new voter is at most `maxLag` entries behind, replicating. */
  private async catchUp(change: RunningChange): Promise<void> {
    const { clock, config } = this.context.options;
    const maxLag = change.request.maxLag || config.maxLagEntries;
    const watch = new CatchUpWatch(this.context, this.transfers, change.planned.catchUp, maxLag);
    let lastEventMs = Number.NEGATIVE_INFINITY;
    await this.until(() => {
      const { all, behind } = watch.look();
      if (behind.length === 0) return true;
      if (clock() - lastEventMs >= 500) {
        lastEventMs = clock();
        const text = `waiting for ${behind.map((peer) => peer.id).join(', ')}`;
        this.push(change, ChangePhase.CATCHING_UP, text, { catchUp: all });
      }
      return undefined;
    });
    // Only what the core itself sees counts: it will take the change with what it knows now.
    this.context.requireLeader();
  }

  /** A leader that will not be a voter hands over first: the caller goes on with the new leader. */
  private async handOverTo(voters: ReadonlySet<number>): Promise<void> {
    if (voters.has(this.context.options.id)) return;
    const { confState } = this.context.applied;
    const candidates = new Set([...confState.voters, ...confState.votersOutgoing].filter((voter) => voters.has(voter)));
    if (candidates.size === 0) return;
    await this.leadership.transfer(this.leadership.bestTarget(candidates), undefined);
    throw this.context.notLeaderError();
  }

  /** Proposes one step and waits until it is applied here. */
  private async propose(
    change: ConfChangeV2,
    members: readonly Member[],
    changeId: string,
    reason: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const { core, wake } = this.context;
    this.context.requireLeader();
    const refusal = core.confChangeRefusal(change);
    if (refusal !== undefined) {
      throw new RaftctlError('E_CONFLICT', `the configuration cannot be changed now: ${refusal}`, { retryable: true });
    }
    const before = this.context.applied.configIndex;
    const context = MembershipContext.encode({ members: [...members], changeId, reason, atMs: 0 }).finish();
    try {
      core.proposeConfChange(new Uint8Array(0), { ...change, context });
    } catch (thrown) {
      if (!(thrown instanceof ProposalDroppedError)) throw thrown;
      throw new RaftctlError('E_CONFLICT', `the configuration cannot be changed now: ${thrown.reason}`, {
        retryable: true,
        cause: thrown,
      });
    }
    wake();
    await this.until(() => this.context.applied.configIndex > before || undefined, signal);
  }

  private until<T>(probe: () => T | undefined, signal?: AbortSignal): Promise<T> {
    const unknown = (why: string) =>
      new RaftctlError('E_OUTCOME_UNKNOWN', `${why}: the change may or may not go on`, {
        changed: 'unknown',
        retryable: true,
        hint: 'raftctl member list',
      });
    return this.context.conditions.until(
      () => {
        const value = probe();
        if (value !== undefined) return value;
        if (!this.context.isLeader) throw unknown('the leadership was lost');
        return undefined;
      },
      { signal, onAbort: () => unknown('the caller did not wait for the end') },
    );
  }

  private event(
    changeId: string,
    phase: ChangePhase,
    text: string,
    more: Partial<Pick<ChangeMembersResponse, 'plan' | 'catchUp' | 'unchanged'>> = {},
  ): ChangeMembersResponse {
    const { configIndex, confState } = this.context.applied;
    return {
      changeId,
      phase,
      text,
      plan: undefined,
      catchUp: [],
      unchanged: false,
      quorums: [],
      ...more,
      configIndex,
      confState,
    };
  }

  private push(change: RunningChange, phase: ChangePhase, text: string, more: { catchUp?: CatchUp[] } = {}): void {
    this.context.options.logger.info('change of the members', { change: change.id, phase: ChangePhase[phase], text });
    change.events.push(this.event(change.id, phase, text, more));
    const { more: told } = change;
    change.more = deferred();
    told.resolve();
  }

  private remember(change: RunningChange): void {
    this.remembered.set(change.id, change);
    const oldest = this.remembered.keys().next().value;
    if (this.remembered.size > rememberedMax && oldest !== undefined) this.remembered.delete(oldest);
  }
}

/** Whether two requests want the same. The configuration that the first one started from may be another one when it is repeated. */
function sameChange(first: ChangeMembersRequest, again: ChangeMembersRequest): boolean {
  const [left, right] = [first, again].map((request) =>
    ChangeMembersRequest.encode({ ...request, ifConfigIndex: 0 })
      .finish()
      .join(),
  );
  return left === right;
}
