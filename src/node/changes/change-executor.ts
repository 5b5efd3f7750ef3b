import { messageOf } from '../../base/errors.js';
import type { ConfChangeV2 } from '../../gen/raft/v1/raft.js';
import { ControlCommand } from '../../gen/raftctl/v1/control.js';
import {
  type ChangeMembersResponse,
  type ChangePhase,
  type ChangeRecord,
  ChangeResult,
  MembershipContext,
} from '../../gen/raftctl/v1/member.js';
import { Command, CommandKind } from '../../gen/raftctl/v1/proposal.js';
import { isBeyondAbort, isTarget, type NextStep, nextStep, sparesOf, wayOf } from '../../membership/index.js';
import { ProposalDroppedError } from '../../raft/errors.js';
import type { Leadership } from '../leadership.js';
import type { NodeContext } from '../node-context.js';
import type { SnapshotTransfers } from '../snapshots.js';
import { isAcknowledged, quorumAcks } from './acknowledgements.js';
import type { AppliedChanges } from './applied-changes.js';
import { bottleneckOf, CatchUpWatch } from './catch-up.js';
import { changeEvent } from './change-events.js';
import { DownVoters } from './down-voters.js';

/** An abort that somebody asked for where there was no leader. */
export interface NotedAbort {
  readonly reason: string;
  readonly by: string;
}

/** Time between two events that only tell of progress, in milliseconds. */
const PROGRESS_EVENT_MS = 500;
const NOTHING = new Uint8Array();

/** What one leader remembers of the change that it carries out; all of it may be lost. */
interface Errand {
  readonly id: string;
  readonly term: number;
  /** Nothing is decided before this index is applied: what was proposed may change what is to be done. */
  awaited: number;
  isHandingOver: boolean;
  catchUp: CatchUpWatch | undefined;
  /** What `catchUp` looks at are the spares that the change keeps: its last configuration is made. */
  isForSpares: boolean;
  /** Which voters are down, where that promotes the new ones. */
  readonly down: DownVoters;
  /** Since when it waits for the same; undefined while it does something. */
  waitsSinceMs: number | undefined;
  toldAtMs: number;
}

type Wait = NextStep & { readonly kind: 'wait' };

/**
 * Carries out the change of the members that runs, on the leader: looks at the replicated record and at the applied configuration at the
 * end of each turn, and proposes the next step (`nextStep` in src/membership). It keeps nothing that matters: another leader goes on
 * from the same record. It begins once the leader has applied an entry of its own term, since before that it does not know what the
 * last one has done; and it decides nothing while something that it proposed itself is not applied.
 */
export class ChangeExecutor {
  /** Aborts that wait for this node to be the next leader, by the id of the change. */
  readonly notedAborts = new Map<string, NotedAbort>();
  /**
   * Transfers that this node has tried in vain, by the id of the change. They outlast a term: one whose target campaigns and loses ends with
   * an election, which this node may win.
   */
  private readonly failedHandOvers = new Map<string, number>();
  private errand: Errand | undefined;

  constructor(
    private readonly context: NodeContext,
    private readonly changes: AppliedChanges,
    private readonly leadership: Leadership,
    private readonly transfers: SnapshotTransfers,
    /** Told of progress that no entry tells of. */
    private readonly onProgress: (event: ChangeMembersResponse) => void,
  ) {}

  /** How far the nodes are that the change waits for; undefined where it waits for none, or this node does not carry it out. */
  get catchUp(): CatchUpWatch | undefined {
    return this.context.isLeader ? this.errand?.catchUp : undefined;
  }

  /** Does what is to be done next, if anything. At the end of each turn. */
  onTurn(): void {
    const { running } = this.changes;
    const { raft } = this.context.core;
    if (running === undefined || this.context.stopping || !this.context.isLeader) {
      if (running === undefined) this.failedHandOvers.clear();
      // Under another leader somebody may have decided otherwise since.
      if (running === undefined || raft.leaderId !== 0) this.notedAborts.clear();
      this.errand = undefined;
      return;
    }
    if (this.context.applied.term !== raft.term) return;
    if (this.errand?.id !== running.id || this.errand.term !== raft.term)
      this.errand = newErrand(running.id, raft.term, this.context);
    const { errand } = this;
    if (this.context.applied.index < errand.awaited || errand.isHandingOver || raft.leadTransferee !== 0) return;
    const abort = this.notedAborts.get(running.id);
    // One that comes too late would be turned down whenever it is asked for.
    if (abort !== undefined && !running.abortRequested && !isBeyondAbort(running, this.context.applied.confState)) {
      const request = { id: running.id, ...abort, atMs: this.context.options.wallClock() };
      this.propose(errand, { command: { $case: 'requestAbort', value: request } });
      return;
    }
    this.take(running, errand, this.decide(running, errand));
  }

  private decide(record: ChangeRecord, errand: Errand): NextStep {
    const { configIndex, confState } = this.context.applied;
    return nextStep({
      record,
      confState,
      configIndex,
      leader: this.context.options.id,
      failedHandOvers: this.failedHandOvers.get(record.id) ?? 0,
      isAcknowledged: () => isAcknowledged(quorumAcks(this.context, configIndex)),
      isCaughtUp: () => this.watch(record, errand).look().behind.length === 0,
    });
  }

  private take(record: ChangeRecord, errand: Errand, step: NextStep): void {
    if (step.kind === 'end') {
      this.end(record, errand, step.result, step.errorCode, step.text);
      return;
    }
    if (step.kind === 'wait') {
      this.wait(record, errand, step);
      return;
    }
    if (step.kind === 'propose' && this.context.core.confChangeRefusal(step.change) !== undefined) return;
    if (record.phase !== step.phase && !this.announce(record, errand, step)) return;
    if (step.kind === 'propose') this.proposeConfiguration(record, errand, step.change);
    else void this.handOver(errand, step.candidates);
  }

  private wait(record: ChangeRecord, errand: Errand, step: Wait): void {
    const { clock, config } = this.context.options;
    const promoted = errand.down.reasonFor(record);
    if (step.for === 'promotion' && promoted !== undefined && this.promote(record, errand, promoted)) return;
    const isForNodes = step.for === 'catching-up' || step.for === 'majority';
    if (isForNodes && this.giveUp(record, errand)) return;
    errand.waitsSinceMs ??= clock();
    // A majority that is only just out of reach is nothing to write down: a new leader hears from everybody in a moment.
    if (step.for === 'majority' && clock() - errand.waitsSinceMs < config.electionTicks * config.tickMs) return;
    if (record.phase !== step.phase) this.announce(record, errand, step);
    else if (step.for !== 'leave') this.tell(record, errand, step, isForNodes);
  }

  /** Something has come to pass that promotes those that are to vote: it is written down, so that any leader goes on. */
  private promote(record: ChangeRecord, errand: Errand, text: string): boolean {
    const value = { id: record.id, text, reason: '', by: '', atMs: this.context.options.wallClock() };
    return this.propose(errand, { command: { $case: 'requestPromotion', value } });
  }

  /** Writes down that the change has come to another phase. @returns whether the core took it */
  private announce(
    record: ChangeRecord,
    errand: Errand,
    { phase, text }: { phase: ChangePhase; text: string },
  ): boolean {
    const value = { id: record.id, phase, text, atMs: this.context.options.wallClock() };
    return this.propose(errand, { command: { $case: 'advanceChange', value } });
  }

  private end(record: ChangeRecord, errand: Errand, result: ChangeResult, errorCode: string, text: string): void {
    const value = { id: record.id, result, errorCode, text, atMs: this.context.options.wallClock() };
    this.propose(errand, { command: { $case: 'endChange', value } });
  }

  /** Offers an entry to the log. Whether it is ever applied is seen by the record. */
  private propose(errand: Errand, command: ControlCommand): boolean {
    const payload = ControlCommand.encode(command).finish();
    const data = Command.encode({ kind: CommandKind.CONTROL, session: undefined, payload }).finish();
    return this.offer(errand, () => this.context.core.propose(NOTHING, data));
  }

  private proposeConfiguration(record: ChangeRecord, errand: Errand, change: ConfChangeV2): void {
    const context = MembershipContext.encode({
      members: this.membersToWrite(record),
      changeId: record.id,
      reason: record.request?.reason ?? '',
      atMs: this.context.options.wallClock(),
    }).finish();
    this.offer(errand, () => this.context.core.proposeConfChange(NOTHING, { ...change, context }));
  }

  /**
   * What the members table is to be told with a configuration: who is not in it, and with the first one who has another name or address by
   * the request. Nobody twice: a member may have been updated since.
   */
  private membersToWrite({ members, request, configIndex, abortRequested }: ChangeRecord): ChangeRecord['members'] {
    const isFirst = configIndex === 0 && !abortRequested;
    const given = new Set(isFirst ? request?.peers.map(({ id }) => id) : []);
    return members.filter(({ id }) => given.has(id) || this.context.memberById(id) === undefined);
  }

  /** What is not taken now is decided anew in a later turn. */
  private offer(errand: Errand, propose: () => void): boolean {
    const { core, options, wake } = this.context;
    try {
      propose();
    } catch (thrown) {
      if (!(thrown instanceof ProposalDroppedError)) throw thrown;
      options.logger.debug('a step of the change was not taken yet', { change: errand.id, reason: thrown.reason });
      return false;
    }
    errand.awaited = core.raft.raftLog.lastIndex();
    errand.waitsSinceMs = undefined;
    wake();
    return true;
  }

  private async handOver(errand: Errand, candidates: readonly number[]): Promise<void> {
    errand.isHandingOver = true;
    try {
      const target = this.leadership.bestTarget(new Set(candidates));
      await this.leadership.transfer(target, undefined);
    } catch (thrown) {
      this.failedHandOvers.set(errand.id, (this.failedHandOvers.get(errand.id) ?? 0) + 1);
      this.context.options.logger.warn('the leadership was not handed over', {
        change: errand.id,
        reason: messageOf(thrown),
      });
      await this.pause().catch(() => {});
    } finally {
      errand.isHandingOver = false;
    }
  }

  /** Who could not take over just now may be able to an election timeout later. */
  private pause(): Promise<true> {
    const until = this.context.ticks + this.context.options.config.electionTicks;
    return this.context.conditions.until(() => this.context.ticks >= until || undefined, {
      signal: undefined,
      onAbort: () => undefined,
    });
  }

  private watch(record: ChangeRecord, errand: Errand): CatchUpWatch {
    const { config } = this.context.options;
    const { request, to } = record;
    const way = wayOf(record);
    const accepted = request?.acceptRisks ?? [];
    const learned = accepted.includes('learner-ready') ? (record.from?.learners ?? []) : [];
    const newcomers = way.learnersFirst.flatMap(({ changes }) => changes.map(({ nodeId }) => nodeId));
    const isForSpares = isTarget(record, this.context.applied.confState);
    if (errand.isForSpares !== isForSpares) errand.catchUp = undefined;
    errand.isForSpares = isForSpares;
    errand.catchUp ??= new CatchUpWatch(this.context, this.transfers, {
      required: isForSpares ? sparesOf(record) : way.catchUp.filter((id) => !learned.includes(id)),
      voters: isForSpares || accepted.includes('incoming-quorum-live') ? [] : (to?.voters ?? []),
      others: isForSpares ? [] : newcomers,
      maxLag: request?.maxLag || config.maxLagEntries,
      stallMs: request?.stallMs ?? config.catchUpStallMs,
      maxRounds: request?.maxRounds,
    });
    return errand.catchUp;
  }

  /** A new voter that stands still for too long, or is slower than the writes, ends the change: it stays a learner. @returns whether that is so */
  private giveUp(record: ChangeRecord, errand: Errand): boolean {
    const { catchUpStallMs } = this.context.options.config;
    const { all, stalled, outrun } = this.watch(record, errand).look();
    const given = stalled.length > 0 ? stalled : outrun;
    if (given.length === 0) return false;
    const nodes = all.filter(({ id }) => given.includes(id));
    const why =
      stalled.length > 0
        ? `has made no progress for ${Math.round((record.request?.stallMs ?? catchUpStallMs) / 1000)}s (${nodes.map((node) => `n${node.id}: ${bottleneckOf(this.context, node)}`).join('; ')})`
        : `is not ready after ${nodes[0]?.rounds} rounds of catching up, the last one of ${nodes[0]?.roundMs} ms: more is written than it takes in`;
    const { learners } = this.context.applied.confState;
    const stays = given.every((id) => learners.includes(id))
      ? `${given.length === 1 ? 'it stays a learner and does' : 'they stay learners and do'} not vote`
      : 'the voters stay as they are';
    this.end(record, errand, ChangeResult.FAILED, 'E_PENDING', `node ${given.join(', ')} ${why}; ${stays}`);
    return true;
  }

  /** Tells of progress, now and then. */
  private tell(record: ChangeRecord, errand: Errand, step: Wait, isForNodes: boolean): void {
    const { clock } = this.context.options;
    if (clock() - errand.toldAtMs < PROGRESS_EVENT_MS) return;
    errand.toldAtMs = clock();
    const { applied } = this.context;
    if (step.for === 'promotion') {
      const { all } = this.watch(record, errand).look();
      this.onProgress(changeEvent(record.id, step.phase, step.text, applied, { catchUp: all }));
    } else if (isForNodes) {
      const { all, behind } = this.watch(record, errand).look();
      const text = `waiting for ${behind.join(', ')}`;
      this.onProgress(changeEvent(record.id, step.phase, text, applied, { catchUp: all }));
    } else {
      const quorums = quorumAcks(this.context, applied.configIndex);
      this.onProgress(changeEvent(record.id, step.phase, step.text, applied, { quorums }));
    }
  }
}

function newErrand(id: string, term: number, context: NodeContext): Errand {
  return {
    id,
    term,
    awaited: 0,
    isHandingOver: false,
    catchUp: undefined,
    isForSpares: false,
    down: new DownVoters(context),
    waitsSinceMs: undefined,
    toldAtMs: Number.NEGATIVE_INFINITY,
  };
}
