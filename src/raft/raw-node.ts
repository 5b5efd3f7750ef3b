import { type ConfChange, type ConfChangeV2, type ConfState, EntryType, type Message } from '../gen/raft/v1/raft.js';
import { bootstrap, type Peer } from './bootstrap.js';
import { encodeConfChange, intoV2 } from './conf-change.js';
import type { Config } from './config.js';
import { hup } from './election.js';
import { FatalRaftError, ProposalDroppedError, RaftError } from './errors.js';
import { forgetLeader } from './follower.js';
import { Handout } from './handout.js';
import { Knobs } from './knobs.js';
import { reportSnapshot, reportUnreachable } from './leader.js';
import { checkMessage } from './malformed.js';
import { appliedTo, applyConfChange, changeTo, type MembershipTarget } from './membership.js';
import { EMPTY, isLocalMessage, isResponseMessage, newEntry } from './messages.js';
import { propose, refuseConfChange } from './proposals.js';
import { Raft } from './raft.js';
import { readIndex } from './reads.js';
import type { LightReady, Ready } from './ready.js';
import { bcastHeartbeat, maybeSendAppend, sendAppendAggressively } from './replication.js';
import { requestSnapshot } from './snapshot-install.js';
import { type BasicStatus, basicStatusOf, type ProgressStatus, progressOf, type Status, statusOf } from './status.js';
import { step, tick } from './step.js';
import { canAsync, type GetEntriesContext, type Storage } from './storage.js';
import { abortTransfer, transferLeader } from './transfer.js';

/** A command, and what travels with it. */
export interface ProposedEntry {
  readonly context: Uint8Array;
  readonly data: Uint8Array;
}

/**
 * A node of a group: takes one input at a time and gives a `Ready` (raft-rs `RawNode`). It does nothing by itself and reads nothing but
 * its storage; whoever holds it carries what it wants.
 *
 * ```
 *   tick · step · propose · readIndex · … ──► ready() ──► send, write, apply
 *                                               │
 *   all in one go      advance(ready) ◄─────────┤   durable and applied: a LightReady has what follows from that
 *   apply later        advanceAppend(ready) ◄───┤   durable;            then advanceApplyTo(index)
 *   write later        advanceAppendAsync(ready)◄┘  storage reads it;   then onPersistReady(number), advanceApplyTo(index)
 * ```
 *
 * A call that throws a `RaftError` leaves the node as it was. Storage that fails in the midst of a call is the exception: that call may be
 * half done, but nothing of it leaves the node, as every later `ready` and `advance` throws the same error.
 */
export class RawNode {
  readonly #raft: Raft;
  readonly #handout: Handout;
  /** Settings that can be changed while the node runs. */
  readonly knobs: Knobs;

  /** @throws RaftError of kind `config-invalid`; FatalRaftError where storage contradicts itself */
  constructor(
    config: Config,
    readonly store: Storage,
  ) {
    this.#raft = new Raft(config, store);
    this.#handout = new Handout(this.#raft);
    this.knobs = new Knobs(this.#raft);
  }

  /** The node's state, to look at. */
  get raft(): Readonly<Raft> {
    return this.#raft;
  }

  // --- inputs ------------------------------------------------------------------------------------------------------------------

  /**
   * Lets a new group begin with these members as the first, committed, entries of its log: the other way is to begin with a snapshot. For
   * a node whose storage is empty; every member is given the same peers in the same order.
   * @throws RaftError of kind `config-invalid`
   */
  bootstrap(peers: readonly Peer[]): void {
    bootstrap(this.#raft, peers);
  }

  /** One unit of time passes. @returns whether it made the node do something, so that there may be a Ready */
  tick(): boolean {
    return tick(this.#raft);
  }

  /**
   * One unit of time passes for a node that is to stay quiet, as its whole group is: its time-out goes on, but it does not act on it before the
   * next `tick` (etcd/raft `TickQuiesced`).
   */
  tickQuiesced(): void {
    this.#raft.electionElapsed++;
  }

  /**
   * A message from another node.
   * @throws RaftError: `step-local-message`, `step-peer-not-found`, `malformed-message`; ProposalDroppedError
   */
  step(message: Message): void {
    if (isLocalMessage(message.msgType)) {
      throw new RaftError('step-local-message', 'raft: cannot step raft local message');
    }
    if (isResponseMessage(message.msgType) && this.#raft.tracker.get(message.from) === undefined) {
      throw new RaftError('step-peer-not-found', 'raft: cannot step as peer not found');
    }
    checkMessage(this.#raft, message);
    step(this.#raft, message);
  }

  /** Campaigns now, unless this node leads or may not. */
  campaign(): void {
    hup(this.#raft);
  }

  /** A leader sends heartbeats now. */
  ping(): void {
    if (this.#raft.role === 'leader') bcastHeartbeat(this.#raft);
  }

  /**
   * Proposes a command. It is committed when it comes back in `committedEntries`, with this context; it may never come.
   * @throws ProposalDroppedError
   */
  propose(context: Uint8Array, data: Uint8Array): void {
    propose(this.#raft, [newEntry(EntryType.NORMAL, data, context)]);
  }

  /**
   * Proposes many commands as one: all are taken, or none.
   * @throws ProposalDroppedError
   */
  proposeBatch(proposals: readonly ProposedEntry[]): void {
    if (proposals.length === 0) return;
    propose(
      this.#raft,
      proposals.map(({ context, data }) => newEntry(EntryType.NORMAL, data, context)),
    );
  }

  /**
   * Proposes a change of the configuration. One that cannot be taken now becomes an empty entry, as it may have been sent on to a leader
   * that knows better; ask `confChangeRefusal` first where that matters.
   * @throws ProposalDroppedError
   */
  proposeConfChange(context: Uint8Array, change: ConfChange | ConfChangeV2): void {
    const { entryType, data } = encodeConfChange(change);
    propose(this.#raft, [newEntry(entryType, data, context)]);
  }

  /** Why this leader would not take the change now; undefined where it would, or where this node does not lead. */
  confChangeRefusal(change: ConfChange | ConfChangeV2): string | undefined {
    if (this.#raft.role !== 'leader') return undefined;
    return refuseConfChange(this.#raft, intoV2(change), this.#raft.pendingConfIndex);
  }

  /**
   * Proposes to make these the members of the group, whatever changes that takes: simple where it is one, joint and left automatically
   * otherwise. Leader only.
   * @returns the change
   * @throws ProposalDroppedError; RaftError of kind `conf-change` where no such configuration can be, or a change is under way
   */
  proposeMembershipChange(target: MembershipTarget): ConfChangeV2 {
    if (this.#raft.role !== 'leader') throw new ProposalDroppedError('this node is not the leader');
    const change = changeTo(this.#raft, target);
    const refusal = this.confChangeRefusal(change);
    if (refusal !== undefined) throw new RaftError('conf-change', refusal);
    this.proposeConfChange(EMPTY, change);
    return change;
  }

  /**
   * Puts a committed change into force: called exactly where its entry is applied, unless the application rejects it.
   * @returns the configuration from now on
   * @throws RaftError of kind `conf-change` where it does not fit
   */
  applyConfChange(change: ConfChange | ConfChangeV2): ConfState {
    return applyConfChange(this.#raft, intoV2(change));
  }

  /**
   * Asks for an index to read at. The answer comes as a `ReadState` with this context; if leadership changes it never comes.
   */
  readIndex(context: Uint8Array): void {
    readIndex(this.#raft, context);
  }

  /** Hands leadership over to a voter, or asks the leader to. Ends by itself after an election time-out. */
  transferLeader(id: number): void {
    transferLeader(this.#raft, id);
  }

  /** Gives up the transfer that this leader has under way, if there is one. */
  abortLeaderTransfer(): void {
    abortTransfer(this.#raft);
  }

  /** A follower forgets who leads, so that it may vote although it heard from the leader lately. Not with lease-based reads. */
  forgetLeader(): void {
    forgetLeader(this.#raft);
  }

  /** What was sent to this peer may be lost. */
  reportUnreachable(id: number): void {
    reportUnreachable(this.#raft, id);
  }

  /** How the snapshot sent to this peer fared. */
  reportSnapshot(id: number, status: 'finish' | 'failure'): void {
    reportSnapshot(this.#raft, id, status);
  }

  /**
   * A follower asks its leader for a snapshot.
   * @throws RaftError of kind `request-snapshot-dropped`
   */
  requestSnapshot(): void {
    requestSnapshot(this.#raft);
  }

  /** Entries that storage wanted to fetch in the background are there now. Late answers are ignored. */
  onEntriesFetched(context: GetEntriesContext): void {
    if (!canAsync(context)) throw new FatalRaftError(`entries for ${context.kind} cannot be fetched later`);
    if (context.kind !== 'send-append') return;
    const raft = this.#raft;
    const progress = raft.tracker.get(context.to);
    if (raft.role !== 'leader' || raft.term !== context.term || progress === undefined) return;
    if (context.aggressively) sendAppendAggressively(raft, context.to, progress);
    else maybeSendAppend(raft, context.to, progress, true);
  }

  // --- outputs -----------------------------------------------------------------------------------------------------------------

  /** Whether `ready()` has anything. */
  hasReady(): boolean {
    const { messages, messagesAfterAppend, readStates, raftLog } = this.#raft;
    return (
      messages.length > 0 ||
      messagesAfterAppend.length > 0 ||
      raftLog.unstable.length > 0 ||
      raftLog.unstable.snapshot !== undefined ||
      readStates.length > 0 ||
      this.#handout.hasCommitted() ||
      this.#handout.softStateChange() !== undefined ||
      this.#handout.hardStateChange() !== undefined
    );
  }

  /**
   * All that waits to be sent, written and applied. The one before must have been advanced.
   * @throws FatalRaftError where it was not
   */
  ready(): Ready {
    return this.#handout.take();
  }

  /** The Ready is durable, and its snapshot and committed entries are applied. What the LightReady brings is not. */
  advance(ready: Ready): LightReady {
    const handedOut = this.#handout.commitSince;
    this.#acceptDurable(ready);
    appliedTo(this.#raft, handedOut);
    return this.#lightReady();
  }

  /** The Ready is durable, and so are all before it. `advanceApplyTo` follows when something is applied. */
  advanceAppend(ready: Ready): LightReady {
    this.#acceptDurable(ready);
    return this.#lightReady();
  }

  /** Storage can read what the Ready holds, though it may not be durable. `onPersistReady` follows when it is. */
  advanceAppendAsync(ready: Ready): void {
    this.#handout.accept(ready);
  }

  /**
   * This Ready is durable, and so are all before it.
   * @throws FatalRaftError for one that was not advanced
   */
  onPersistReady(number: number): void {
    this.#handout.persist(number, (index) => appliedTo(this.#raft, index));
  }

  /** All that was handed out is applied. */
  advanceApply(): void {
    appliedTo(this.#raft, this.#handout.commitSince);
  }

  /**
   * Applied up to `index`; an older one than before says nothing.
   * @throws FatalRaftError behind what was handed out
   */
  advanceApplyTo(index: number): void {
    const handedOut = this.#handout.commitSince;
    if (index > handedOut) throw new FatalRaftError(`applied ${index}, but only ${handedOut} was handed out`);
    appliedTo(this.#raft, index);
  }

  /** How the node stands. A copy. */
  status(): Status {
    return statusOf(this.#raft);
  }

  /** How the node stands, without its peers, for a look that costs next to nothing. */
  basicStatus(): BasicStatus {
    return basicStatusOf(this.#raft);
  }

  /** Shows what this leader knows of each member, ascending by id, one at a time. Of a node that does not lead there is nothing to see. */
  withProgress(visit: (progress: ProgressStatus) => void): void {
    if (this.#raft.role !== 'leader') return;
    for (const [id, progress] of this.#raft.tracker.progress) visit(progressOf(this.#raft, id, progress));
  }

  #acceptDurable(ready: Ready): void {
    this.#handout.accept(ready);
    this.onPersistReady(ready.number);
  }

  #lightReady(): LightReady {
    const raft = this.#raft;
    const { commitIndex, committedEntries } = this.#handout.takeCommitted();
    // What others than a leader send waits for a Ready, as it must be durable before it leaves.
    const messages = raft.role === 'leader' ? raft.messages : [];
    if (raft.role === 'leader') raft.messages = [];
    return { commitIndex, committedEntries, messages };
  }
}
