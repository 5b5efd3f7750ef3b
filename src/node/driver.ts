import type { Logger } from '../base/logger.js';
import type { Entry, HardState, Message, SnapshotMetadata } from '../gen/raft/v1/raft.js';
import { MessageType } from '../gen/raft/v1/raft.js';
import { FatalRaftError, ProposalDroppedError, RaftError } from '../raft/errors.js';
import type { SoftState } from '../raft/raft.js';
import type { RawNode } from '../raft/raw-node.js';
import type { ReadState } from '../raft/read-only.js';
import type { Ready } from '../raft/ready.js';
import { Inbox, type QueuedProposal } from './inbox.js';
import type { NodeConfig } from './node-config.js';
import type { AppliedMark, LogStore, Metrics, MonotonicClock, Transport } from './ports.js';
import type { Workload } from './workload.js';

/** What the driver leaves to the rest of the node. All of it is synchronous and happens within a turn. */
export interface DriverHooks {
  /** What came in has been taken; the core is asked for its Ready next. */
  beforeReady(): void;
  /** A tick has passed. */
  onTick(): void;
  /** Whether there is room for entries of a leader. Where there is none they are lost on the way, as messages may be. */
  hasRoomForEntries(): boolean;
  /** Applies committed entries to the store's apply transaction; the driver writes the mark with them. */
  apply(entries: readonly Entry[]): AppliedMark;
  /** A staged snapshot was taken over: what is applied next sees its state. */
  onSnapshotInstalled(): void;
  /** The core wants a snapshot sent. */
  sendSnapshot(message: Message): void;
  /** A peer is about to be asked to campaign, without respect for leases. */
  onTimeoutNow(): void;
  onReadStates(states: readonly ReadState[]): void;
  onSoftState(state: SoftState): void;
  /** The core did not take these. */
  onProposalsDropped(proposals: readonly QueuedProposal[], reason: string): void;
  /** At the end of each turn. */
  afterTurn(): void;
  /** The node cannot go on. */
  onFatal(reason: unknown): void;
}

export interface DriverOptions {
  readonly config: NodeConfig;
  readonly store: LogStore;
  readonly transport: Transport;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly workload: Pick<Workload, 'flushed'>;
  /** Runs a turn soon, after what is already waiting: `setImmediate`, or the simulator's own. */
  readonly defer: (run: () => void) => void;
  readonly hooks: DriverHooks;
}

/** A Ready whose writes, or those of an earlier one, are not flushed yet. */
interface Unflushed {
  readonly number: number;
  readonly messages: readonly Message[];
  flushed: boolean;
}

/** Readys that one turn carries, so that no turn is long. */
const readysPerTurnMax = 16;

/**
 * Carries what the core asks for. One turn: take in what waits at the door, then for each `Ready` send what may go at once, apply what
 * is committed, queue all writes (one transaction a turn), and go on. When the writes are flushed, the messages that promise
 * something about them go out, and the core is told. The core never waits for the disk.
 */
export class Driver {
  readonly inbox: Inbox;
  private core: RawNode;
  private scheduled = false;
  private stopped = false;
  private paused = false;
  private unflushed: Unflushed[] = [];
  private writesInFlight = 0;
  /** Commit index and apply of Readys that had nothing else to write. */
  private heldHardState: HardState | undefined;
  private heldApplied: AppliedMark | undefined;

  constructor(
    core: RawNode,
    private readonly options: DriverOptions,
  ) {
    this.core = core;
    this.inbox = new Inbox(options.config);
  }

  /** No turn until there is another core: what stands in storage changes under the present one. What comes in waits at the door. */
  pause(core: RawNode): void {
    this.paused = true;
    this.core = core;
    this.unflushed = [];
    this.heldHardState = undefined;
    this.heldApplied = undefined;
  }

  /** Goes on with this core. */
  resume(core: RawNode): void {
    this.paused = false;
    this.core = core;
    this.schedule();
  }

  /** Asks for a turn: something was given to the inbox or to the core. */
  schedule(): void {
    if (this.scheduled || this.stopped || this.paused) return;
    this.scheduled = true;
    this.options.defer(() => this.turn());
  }

  /** No more turns. What is being written is flushed all the same. */
  stop(): void {
    this.stopped = true;
  }

  private turn(): void {
    this.scheduled = false;
    if (this.stopped || this.paused) return;
    try {
      this.takeIn();
      this.options.hooks.beforeReady();
      this.carryOn();
      if (this.mayCarry()) this.schedule();
      if (this.writesInFlight === 0) this.writeHeld();
      this.options.hooks.afterTurn();
    } catch (thrown) {
      this.fail(thrown);
    }
  }

  /** Ends behind what has applied something: how much one turn applies is bounded, and messages and ticks come in between. */
  private carryOn(): void {
    for (let i = 0; i < readysPerTurnMax && this.mayCarry(); i++) {
      const ready = this.core.ready();
      this.carry(ready);
      if (ready.committedEntries.length > 0) return;
    }
  }

  /** All that a follower says waits for its disk anyway: while that is busy the core gathers, and the next Ready has it all. */
  private mayCarry(): boolean {
    return this.core.hasReady() && (this.core.raft.role === 'leader' || !this.diskIsBusy);
  }

  private get diskIsBusy(): boolean {
    return this.writesInFlight >= this.options.config.writesInFlightMax;
  }

  /** While the disk has more turns than it should, proposals stay at the door and gather: batches grow with the load by themselves. */
  private takeIn(): void {
    const batch = this.inbox.drain(!this.diskIsBusy);
    for (const message of batch.messages) this.step(message);
    for (let i = 0; i < batch.ticks; i++) {
      this.core.tick();
      this.options.hooks.onTick();
    }
    this.propose(batch.proposals);
  }

  private step(message: Message): void {
    if (message.msgType === MessageType.APPEND && message.entries.length > 0) {
      if (!this.options.hooks.hasRoomForEntries()) return;
    }
    try {
      this.core.step(message);
    } catch (thrown) {
      if (!(thrown instanceof RaftError) || thrown instanceof FatalRaftError) throw thrown;
      this.options.logger.debug('a message was not taken', {
        from: message.from,
        type: message.msgType,
        reason: thrown.message,
      });
    }
  }

  /** Hands the proposals over in runs of at most one message's size, so that one that is refused takes few with it. */
  private propose(proposals: readonly QueuedProposal[]): void {
    let start = 0;
    while (start < proposals.length) {
      let bytes = 0;
      let end = start;
      while (end < proposals.length && (end === start || bytes < this.options.config.messageBytesMax)) {
        bytes += (proposals[end] as QueuedProposal).data.length;
        end++;
      }
      const run = proposals.slice(start, end);
      try {
        this.core.proposeBatch(run);
      } catch (thrown) {
        if (!(thrown instanceof ProposalDroppedError)) throw thrown;
        this.options.hooks.onProposalsDropped(run, thrown.reason);
      }
      start = end;
    }
  }

  private carry(ready: Ready): void {
    const { hooks } = this.options;
    this.send(ready.messages);
    const snapshot = ready.snapshot?.metadata;
    if (snapshot !== undefined) this.writeHeld();
    if (ready.committedEntries.length > 0) this.heldApplied = hooks.apply(ready.committedEntries);
    // After apply: a leader that steps down answers first what it has just seen committed.
    if (ready.ss !== undefined) hooks.onSoftState(ready.ss);
    this.heldHardState = ready.hs ?? this.heldHardState;
    const mustWrite = ready.mustSync || snapshot !== undefined;
    const written = mustWrite ? this.write(ready.entries, snapshot) : undefined;
    this.core.advanceAppendAsync(ready);
    const lastCommitted = ready.committedEntries.at(-1);
    if (lastCommitted !== undefined) this.core.advanceApplyTo(lastCommitted.index);
    if (ready.readStates.length > 0) hooks.onReadStates(ready.readStates);
    this.settle(ready, written);
    if (snapshot !== undefined) hooks.onSnapshotInstalled();
  }

  /** What apply has written and where the commit index stands need no flush of their own: they wait for the next one, or for an idle disk. */
  private writeHeld(): void {
    if (this.heldApplied !== undefined || this.heldHardState !== undefined) void this.write([], undefined);
  }

  private write(entries: readonly Entry[], snapshot: SnapshotMetadata | undefined): Promise<void> {
    const { store, clock, metrics, workload } = this.options;
    const startedMs = clock();
    const written = store.write({ hardState: this.heldHardState, snapshot, entries, applied: this.heldApplied });
    this.heldHardState = undefined;
    this.heldApplied = undefined;
    this.writesInFlight++;
    return written.then(
      () => {
        this.writesInFlight--;
        const elapsedMs = clock() - startedMs;
        metrics.flushed(elapsedMs, entries.length, bytesOf(entries));
        workload.flushed(elapsedMs);
        this.schedule();
      },
      (thrown: unknown) => this.fail(thrown),
    );
  }

  /**
   * What a Ready promises to peers waits until its own writes and all earlier ones are flushed: a second vote response must not
   * overtake the write of the first one's vote.
   */
  private settle(ready: Ready, written: Promise<void> | undefined): void {
    const item: Unflushed = { number: ready.number, messages: ready.persistedMessages, flushed: written === undefined };
    this.unflushed.push(item);
    if (written === undefined) this.release();
    else {
      written
        .then(() => {
          item.flushed = true;
          this.release();
        })
        .catch((thrown: unknown) => this.fail(thrown));
    }
  }

  private release(): void {
    let count = 0;
    while (count < this.unflushed.length && this.unflushed[count]?.flushed) count++;
    if (count === 0 || this.stopped) return;
    const settled = this.unflushed.splice(0, count);
    this.core.onPersistReady((settled[count - 1] as Unflushed).number);
    for (const { messages } of settled) this.send(messages);
  }

  private send(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    this.options.metrics.messagesSent(messages.length);
    if (messages.some((message) => message.msgType === MessageType.TIMEOUT_NOW)) this.options.hooks.onTimeoutNow();
    if (!messages.some((message) => message.msgType === MessageType.SNAPSHOT)) {
      this.options.transport.send(messages);
      return;
    }
    for (const message of messages) {
      if (message.msgType === MessageType.SNAPSHOT) this.options.hooks.sendSnapshot(message);
    }
    this.options.transport.send(messages.filter((message) => message.msgType !== MessageType.SNAPSHOT));
  }

  private fail(reason: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    this.options.hooks.onFatal(reason);
  }
}

function bytesOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const entry of entries) bytes += entry.data.length;
  return bytes;
}
