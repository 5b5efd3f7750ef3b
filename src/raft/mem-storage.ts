import type { ConfState, Entry, HardState, Snapshot } from '../gen/raft/v1/raft.js';
import { NO_LIMIT } from './config.js';
import {
  CompactedError,
  FatalRaftError,
  LogTemporarilyUnavailableError,
  RaftError,
  SnapshotOutOfDateError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from './errors.js';
import { EMPTY, emptyConfState, entrySize, newEntry, snapshotIndex, snapshotTerm } from './messages.js';
import { canAsync, type GetEntriesContext, type RaftState, type Storage } from './storage.js';

/**
 * `Storage` in memory, and the writes that an application makes to it: for tests, simulations and the first hour with the library.
 *
 * The entry before the first one stays as a dummy with its index and term, so that the term of `firstIndex() - 1` is always there:
 * without it every follower that lags just to that point would need a snapshot.
 */
export class MemStorage implements Storage {
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #confState: ConfState = emptyConfState();
  #snapshot: Snapshot = { data: EMPTY, metadata: { confState: emptyConfState(), index: 0, term: 0 } };
  /** Invariant: never empty; [0] is the dummy; entry i has index [0].index + i. */
  #entries: Entry[] = [newEntry(0, EMPTY, EMPTY)];
  #snapshotUnavailableOnce = false;
  #logUnavailable = false;
  #fetchContext: GetEntriesContext | undefined;

  /**
   * Storage of a group that begins with these voters and learners, and an empty log. No entry says who they are, so a group that others are
   * to join begins otherwise: with `RawNode.bootstrap`, or with a snapshot (`applySnapshot`) of index 1, say, which a new member is sent.
   */
  static withConfState(confState: Partial<ConfState>): MemStorage {
    const storage = new MemStorage();
    storage.initializeWithConfState({ ...emptyConfState(), ...confState });
    return storage;
  }

  /** Gives an empty storage its first configuration; once. */
  initializeWithConfState(confState: ConfState): void {
    if (this.#confState.voters.length + this.#confState.learners.length > 0) {
      throw new RaftError('config-invalid', 'storage has a configuration already');
    }
    this.#confState = confState;
  }

  // --- what the core reads -----------------------------------------------------------------------------------------------------

  initialState(): RaftState {
    return { hardState: { ...this.#hardState }, confState: this.#confState };
  }

  entries(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
    if (low < this.firstIndex()) throw new CompactedError();
    if (high > this.lastIndex() + 1) throw new UnavailableError();
    if (this.#logUnavailable && canAsync(context)) {
      this.#fetchContext = context;
      throw new LogTemporarilyUnavailableError();
    }
    const from = low - this.#offset;
    return this.#entries.slice(from, this.#endOf(from, high - this.#offset, maxBytes));
  }

  term(index: number): number {
    if (index < this.#offset) throw new CompactedError();
    const entry = this.#entries[index - this.#offset];
    if (entry === undefined) throw new UnavailableError();
    return entry.term;
  }

  firstIndex(): number {
    return this.#offset + 1;
  }

  lastIndex(): number {
    return this.#offset + this.#entries.length - 1;
  }

  snapshot(requestIndex: number, _to: number): Snapshot {
    if (this.#snapshotUnavailableOnce) {
      this.#snapshotUnavailableOnce = false;
      throw new SnapshotTemporarilyUnavailableError();
    }
    if (snapshotIndex(this.#snapshot) < requestIndex) throw new SnapshotTemporarilyUnavailableError();
    return this.#snapshot;
  }

  // --- what the application writes ---------------------------------------------------------------------------------------------

  get hardState(): HardState {
    return { ...this.#hardState };
  }

  /** Keeps the `hs` of a Ready. */
  setHardState(hardState: HardState): void {
    this.#hardState = { ...hardState };
  }

  get confState(): ConfState {
    return this.#confState;
  }

  /** Keeps what `RawNode.applyConfChange` has returned. */
  setConfState(confState: ConfState): void {
    this.#confState = confState;
  }

  /**
   * Adds entries; what stood at their indexes or behind is cut off. Those that were compacted away already are left out.
   * @throws FatalRaftError where they leave a gap
   */
  append(entries: readonly Entry[]): void {
    let from = 0;
    while (from < entries.length && (entries[from] as Entry).index <= this.#offset) from++;
    const first = entries[from];
    if (first === undefined) return;
    if (first.index > this.lastIndex() + 1) {
      throw new FatalRaftError(`entry ${first.index} leaves a gap after ${this.lastIndex()}`);
    }
    if (first.index <= this.lastIndex()) this.#entries.length = first.index - this.#offset;
    for (let i = from; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }

  /**
   * Gives up entries up to and including `index`, whose term is kept. Does nothing where that was done before.
   * @throws FatalRaftError behind the last entry
   */
  compact(index: number): void {
    if (index <= this.#offset) return;
    if (index > this.lastIndex())
      throw new FatalRaftError(`compact ${index} is behind the last entry, ${this.lastIndex()}`);
    const { term } = this.#entries[index - this.#offset] as Entry;
    const kept = this.#entries.slice(index - this.#offset);
    kept[0] = dummyAt(index, term);
    this.#entries = kept;
  }

  /**
   * Makes the log begin anew behind a snapshot; one of the same index replaces the one held, as it may have been asked for.
   * @throws SnapshotOutOfDateError where it is older than the one held, or than what was compacted away
   */
  applySnapshot(snapshot: Snapshot): void {
    const index = snapshotIndex(snapshot);
    if (index < snapshotIndex(this.#snapshot) || index < this.#offset) throw new SnapshotOutOfDateError();
    this.#snapshot = snapshot;
    this.#entries = [dummyAt(index, snapshotTerm(snapshot))];
    this.#confState = snapshot.metadata?.confState ?? emptyConfState();
    const { term, vote, commit } = this.#hardState;
    this.#hardState = { term: Math.max(term, snapshotTerm(snapshot)), vote, commit: Math.max(commit, index) };
  }

  /**
   * Keeps a snapshot of applied state at `index`, to be given to peers that lag.
   * @throws SnapshotOutOfDateError where a newer one is held; FatalRaftError behind the last entry
   */
  createSnapshot(index: number, confState: ConfState, data: Uint8Array): Snapshot {
    if (index <= snapshotIndex(this.#snapshot)) throw new SnapshotOutOfDateError();
    if (index > this.lastIndex())
      throw new FatalRaftError(`snapshot ${index} is behind the last entry, ${this.lastIndex()}`);
    this.#snapshot = { data, metadata: { confState, index, term: this.term(index) } };
    return this.#snapshot;
  }

  // --- hooks for tests ---------------------------------------------------------------------------------------------------------

  /** The next request for a snapshot is told to come again later. */
  triggerSnapshotUnavailable(): void {
    this.#snapshotUnavailableOnce = true;
  }

  /** While on, requests for entries that can wait are told to, and the last one is kept. */
  triggerLogUnavailable(on: boolean): void {
    this.#logUnavailable = on;
  }

  /** The request that was told to wait, to be handed to `RawNode.onEntriesFetched`. */
  takeEntriesContext(): GetEntriesContext | undefined {
    const context = this.#fetchContext;
    this.#fetchContext = undefined;
    return context;
  }

  /** Where a page of [from, to) ends, counted in positions: no more of a long log is looked at than fits. */
  #endOf(from: number, to: number, maxBytes: number): number {
    if (maxBytes >= NO_LIMIT) return to;
    let bytes = 0;
    for (let at = from; at < to; at++) {
      bytes += entrySize(this.#entries[at] as Entry);
      if (bytes > maxBytes && at > from) return at;
    }
    return to;
  }

  get #offset(): number {
    return (this.#entries[0] as Entry).index;
  }
}

function dummyAt(index: number, term: number): Entry {
  const dummy = newEntry(0, EMPTY, EMPTY);
  dummy.index = index;
  dummy.term = term;
  return dummy;
}
