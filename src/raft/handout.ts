import type { Entry, HardState, Message, Snapshot } from '../gen/raft/v1/raft.js';
import { NO_LIMIT } from './config.js';
import { FatalRaftError } from './errors.js';
import { snapshotIndex } from './messages.js';
import type { Raft, SoftState } from './raft.js';
import type { Ready, ReadyRecord } from './ready.js';
import { step } from './step.js';
import { traceState } from './trace.js';

/**
 * Remembers what was handed out: what the application knows already, which Readys it has taken over, and which of them are durable.
 *
 * A Ready goes through three stages: handed out (`take`), taken over (`accept`: storage can read what it holds), durable (`persist`).
 * One at most is handed out and not taken over; any number may be on its way to the disk.
 */
export class Handout {
  #number = 0;
  #softState: SoftState;
  #hardState: HardState;
  /** Index up to which committed entries were handed out. */
  commitSince: number;
  #open: Ready | undefined;
  readonly #records: ReadyRecord[] = [];

  constructor(private readonly raft: Raft) {
    this.#softState = raft.softState;
    this.#hardState = raft.hardState;
    this.commitSince = raft.raftLog.applied;
  }

  /** Leader and role, where the application has not been told yet. */
  softStateChange(): SoftState | undefined {
    const { leaderId, role } = this.raft;
    if (leaderId === this.#softState.leaderId && role === this.#softState.raftState) return undefined;
    return this.raft.softState;
  }

  /** Term, vote and commit, where the application has not been told yet. */
  hardStateChange(): HardState | undefined {
    const { raft } = this;
    const known = this.#hardState;
    if (raft.term === known.term && raft.vote === known.vote && raft.raftLog.committed === known.commit)
      return undefined;
    return raft.hardState;
  }

  hasCommitted(): boolean {
    return this.raft.raftLog.hasNextEntriesSince(this.commitSince);
  }

  /** Everything that waits, as a Ready. Takes it from the node. */
  take(): Ready {
    const { raft } = this;
    this.#refuseAfterFailure();
    if (this.#open !== undefined)
      throw new FatalRaftError(`ready() was called before Ready ${this.#open.number} was advanced`);
    const committedEntries = this.#nextCommitted();
    const snapshot = raft.raftLog.unstable.snapshot;
    const entries = raft.raftLog.unstable.all();
    const ss = this.softStateChange();
    const hs = this.hardStateChange();
    const { messages, readStates } = raft;
    const afterAppend = takeAfterAppend(raft);
    raft.messages = [];
    raft.readStates = [];
    this.#countHandedOut(committedEntries, snapshot);
    const leads = raft.role === 'leader';
    const ready: Ready = {
      number: ++this.#number,
      ss,
      hs,
      readStates,
      entries,
      snapshot,
      committedEntries,
      messages: leads ? messages : [],
      persistedMessages: leads ? afterAppend.toOthers : joined(messages, afterAppend.toOthers),
      mustSync:
        entries.length > 0 ||
        snapshot !== undefined ||
        raft.term !== this.#hardState.term ||
        raft.vote !== this.#hardState.vote,
    };
    this.#records.push(recordOf(ready, afterAppend.toSelf));
    this.#open = ready;
    traceState(raft, 'Ready');
    return ready;
  }

  /** The application has taken over what a Ready holds: storage can read it from now on. */
  accept(ready: Ready): void {
    const open = this.#open;
    if (open === undefined || open.number !== ready.number) {
      throw new FatalRaftError(
        `Ready ${ready.number} is advanced, but ${open === undefined ? 'none' : open.number} is open`,
      );
    }
    this.#open = undefined;
    if (ready.ss !== undefined) this.#softState = ready.ss;
    if (ready.hs !== undefined) this.#hardState = ready.hs;
    const { raftLog } = this.raft;
    const record = this.#records[this.#records.length - 1] as ReadyRecord;
    if (record.snapshotIndex !== 0) raftLog.stableSnapshot(record.snapshotIndex);
    if (record.lastEntry !== 0) raftLog.unstable.stableEntries(record.lastEntry, record.lastTerm);
  }

  /** Number of the newest Ready that was taken over. */
  get acceptedNumber(): number {
    return this.#open === undefined ? this.#number : this.#number - 1;
  }

  /**
   * Readys up to `number` are durable. Their votes and acknowledgements to this node itself count from now on.
   * @param onSnapshot called with the index of a snapshot that has become durable
   */
  persist(number: number, onSnapshot: (index: number) => void): void {
    if (!(number <= this.acceptedNumber))
      throw new FatalRaftError(`Ready ${number} is reported durable, but was not taken over`);
    const done: ReadyRecord[] = [];
    for (;;) {
      const oldest = this.#records[0];
      if (oldest === undefined || oldest.number > number) break;
      this.#records.shift();
      done.push(oldest);
    }
    let bound = NO_LIMIT;
    for (const { firstEntry } of this.#records) bound = Math.min(bound, firstEntry);
    for (const record of done) {
      if (record.snapshotIndex !== 0) {
        this.raft.raftLog.persistSnapshot(record.snapshotIndex);
        onSnapshot(record.snapshotIndex);
      }
      if (record.lastEntry !== 0) this.raft.raftLog.maybePersist(record.lastEntry, record.lastTerm, bound);
    }
    for (const { toSelf } of done) {
      for (const message of toSelf) step(this.raft, message);
    }
  }

  /** What has come up since the last Ready was taken over and may be done at once, for `LightReady`. */
  takeCommitted(): { commitIndex: number | undefined; committedEntries: Entry[] } {
    this.#refuseAfterFailure();
    const committedEntries = this.#nextCommitted();
    this.#countHandedOut(committedEntries, undefined);
    const { committed } = this.raft.raftLog;
    if (committed === this.#hardState.commit) return { commitIndex: undefined, committedEntries };
    this.#hardState = { ...this.#hardState, commit: committed };
    return { commitIndex: committed, committedEntries };
  }

  /** Whatever a failure of storage has left half done stays inside. */
  #refuseAfterFailure(): void {
    const { failure } = this.raft.raftLog;
    if (failure !== undefined) throw failure;
  }

  #nextCommitted(): Entry[] {
    return this.raft.raftLog.nextEntriesSince(this.commitSince, this.raft.maxCommittedSizePerReady);
  }

  #countHandedOut(entries: readonly Entry[], snapshot: Snapshot | undefined): void {
    if (snapshot !== undefined) this.commitSince = Math.max(this.commitSince, snapshotIndex(snapshot));
    const last = entries[entries.length - 1];
    if (last === undefined) return;
    this.commitSince = last.index;
    let bytes = 0;
    for (const entry of entries) {
      if (entry.index > this.raft.uncommittedTail) bytes += entry.data.length;
    }
    this.raft.handedOut.push({ index: last.index, bytes });
  }
}

function takeAfterAppend(raft: Raft): { toOthers: Message[]; toSelf: Message[] } {
  const toOthers: Message[] = [];
  const toSelf: Message[] = [];
  for (const message of raft.messagesAfterAppend) (message.to === raft.id ? toSelf : toOthers).push(message);
  raft.messagesAfterAppend = [];
  return { toOthers, toSelf };
}

function joined(first: Message[], second: Message[]): Message[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}

function recordOf(ready: Ready, toSelf: readonly Message[]): ReadyRecord {
  const { entries, snapshot, number } = ready;
  const last = entries[entries.length - 1];
  return {
    number,
    snapshotIndex: snapshot === undefined ? 0 : snapshotIndex(snapshot),
    firstEntry: entries[0]?.index ?? NO_LIMIT,
    lastEntry: last?.index ?? 0,
    lastTerm: last?.term ?? 0,
    toSelf,
  };
}
