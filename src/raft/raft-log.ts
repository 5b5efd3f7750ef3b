import type { Entry, Snapshot } from '../gen/raft/v1/raft.js';
import { isCount } from './counts.js';
import {
  CompactedError,
  FatalRaftError,
  LogTemporarilyUnavailableError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from './errors.js';
import { entriesSize, NO_ENTRIES, snapshotIndex } from './messages.js';
import { canAsync, type GetEntriesContext, type RaftState, type Storage } from './storage.js';
import { Unstable } from './unstable.js';

/** Where an entry of the log and what a peer told of its own last part ways. */
export interface ConflictPoint {
  readonly index: number;
  /** Undefined where the log does not know it (any more). */
  readonly term: number | undefined;
}

/**
 * The log: what storage holds, and behind it the unstable tail.
 *
 * ```
 *   compacted │ first … applied … committed │ … │ last
 *             │ ←──── storage ────→ offset ←─ unstable ─→
 *             │        … persisted
 * ```
 *
 * Invariants: applied <= committed <= last, save after a crash of a node that applied unpersisted entries; persisted < unstable.offset.
 */
export class RaftLog {
  readonly unstable: Unstable;
  /** Highest index known to be on a quorum. */
  committed: number;
  /** Highest index known to be durable here. Falls when entries are replaced. */
  persisted: number;
  /** Highest index that the application said it has applied. */
  applied: number;
  /** How far past `persisted` committed entries may be handed out. */
  maxApplyUnpersistedLogLimit = 0;
  /** Index of a snapshot that the application took over but has not reported durable; 0: none. */
  snapshotInFlight = 0;
  /** Why storage cannot be trusted any more. What the call that met it has left half done never leaves the node: no Ready follows. */
  failure: FatalRaftError | undefined;

  /** @param applyUnstableEntries see `Config.applyUnstableEntries` */
  constructor(
    readonly store: Storage,
    readonly applyUnstableEntries: boolean,
  ) {
    const first = this.#ask('failed to say where it begins', () => store.firstIndex());
    const last = this.#ask('failed to say where it ends', () => store.lastIndex());
    if (!isCount(first - 1) || !isCount(last) || last < first - 1) {
      throw new FatalRaftError(`storage begins at ${first} and ends at ${last}`);
    }
    this.committed = first - 1;
    this.applied = first - 1;
    this.persisted = last;
    this.unstable = new Unstable(last + 1);
  }

  /** What storage holds besides the log, as it was when the node last stopped. */
  initialState(): RaftState {
    return this.#ask('failed to give its initial state', () => this.store.initialState());
  }

  /** Index of the first entry that can be read. */
  firstIndex(): number {
    const snapshot = this.unstable.snapshot;
    if (snapshot !== undefined) return snapshotIndex(snapshot) + 1;
    return this.#ask('failed to say where it begins', () => this.store.firstIndex());
  }

  /** Index of the last entry, wherever it is. */
  lastIndex(): number {
    return this.unstable.lastIndex;
  }

  /** Term of the last entry. */
  lastTerm(): number {
    const term = this.term(this.lastIndex());
    if (term === undefined) throw this.#failed('does not know the term of the last entry', this.lastIndex());
    return term;
  }

  /** Term of the entry at `index`; undefined outside [firstIndex() - 1, lastIndex()]. */
  term(index: number): number | undefined {
    const unstable = this.unstable;
    if (index >= unstable.offset || unstable.snapshot !== undefined) return unstable.term(index);
    try {
      return this.store.term(index);
    } catch (thrown) {
      if (thrown instanceof CompactedError || thrown instanceof UnavailableError) return undefined;
      throw this.#failed(`failed to give the term of ${index}`, thrown);
    }
  }

  /** Whether the entry at `index` is there and of `term`. */
  matchTerm(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  /** Whether a candidate with this last entry has all that this log has (Paper §5.4.1). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    const ownTerm = this.lastTerm();
    return lastTerm > ownTerm || (lastTerm === ownTerm && lastIndex >= this.lastIndex());
  }

  /**
   * Entries of [low, high) within `maxBytes`, at least one where the range is not empty. A short answer of storage stays short.
   * @throws CompactedError where low < firstIndex(); LogTemporarilyUnavailableError where the context allows it
   */
  slice(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
    if (low >= high) return NO_ENTRIES;
    if (high > this.lastIndex() + 1)
      throw new FatalRaftError(`slice [${low}, ${high}) ends behind ${this.lastIndex()}`);
    if (low < this.firstIndex()) throw new CompactedError();
    const { unstable } = this;
    if (low >= unstable.offset) {
      const entries: Entry[] = [];
      unstable.collect(entries, low, high, maxBytes);
      return entries;
    }
    const cut = Math.min(high, unstable.offset);
    const entries = this.#stored(low, cut, maxBytes, context);
    if (cut === high || entries.length < cut - low) return entries;
    unstable.collect(entries, unstable.offset, high, maxBytes - entriesSize(entries));
    return entries;
  }

  #stored(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
    let entries: Entry[];
    try {
      entries = this.store.entries(low, high, maxBytes, context);
    } catch (thrown) {
      if (thrown instanceof CompactedError) throw thrown;
      if (thrown instanceof LogTemporarilyUnavailableError && canAsync(context)) throw thrown;
      throw this.#failed('failed to give entries', thrown);
    }
    const count = entries.length;
    if (count === 0) throw this.#failed('gave none of the entries', `[${low}, ${high})`);
    // More than was asked for would be taken for committed.
    if (count > high - low || entries[0]?.index !== low || entries[count - 1]?.index !== low + count - 1) {
      throw this.#failed('gave other entries than', `[${low}, ${high})`);
    }
    return entries;
  }

  /** Entries from `low` to the end, within `maxBytes`. */
  entries(low: number, maxBytes: number, context: GetEntriesContext): Entry[] {
    return this.slice(low, this.lastIndex() + 1, maxBytes, context);
  }

  /** Shows pages of [low, high) to `visit`, until it returns false. Changes nothing, so a failure of storage is the caller's to judge. */
  scan(
    low: number,
    high: number,
    pageBytes: number,
    context: GetEntriesContext,
    visit: (entries: readonly Entry[]) => boolean,
  ): void {
    const { failure } = this;
    try {
      for (let next = low; next < high; ) {
        const page = this.slice(next, high, pageBytes, context);
        if (!visit(page)) return;
        next += page.length;
      }
    } finally {
      this.failure = failure;
    }
  }

  // --- appending ---------------------------------------------------------------------------------------------------------------

  /** Adds entries, in place of what stood at their indexes; never at or below `committed`. */
  append(entries: readonly Entry[], from = 0): void {
    const first = entries[from];
    if (first === undefined) return;
    if (first.index <= this.committed) {
      throw new FatalRaftError(`entry ${first.index} would replace a committed one (committed is ${this.committed})`);
    }
    if (first.index <= this.persisted) this.persisted = first.index - 1;
    this.unstable.truncateAndAppend(entries, from);
  }

  /**
   * Appends what a leader sent behind (prevIndex, prevTerm): only from the first entry that differs, so that a late, short message
   * does not cut off what a later one brought (Paper §5.3). Entries must be contiguous from prevIndex + 1.
   * @returns false where this log has no such previous entry
   */
  maybeAppend(prevIndex: number, prevTerm: number, commit: number, entries: readonly Entry[]): boolean {
    if (!this.matchTerm(prevIndex, prevTerm)) return false;
    this.append(entries, this.findConflict(prevIndex, entries));
    this.commitTo(Math.min(commit, prevIndex + entries.length));
    return true;
  }

  /** Position of the first entry that this log does not have, entries.length where it has all. */
  findConflict(prevIndex: number, entries: readonly Entry[]): number {
    const at = entries.findIndex(({ term }, i) => !this.matchTerm(prevIndex + 1 + i, term));
    return at < 0 ? entries.length : at;
  }

  /**
   * Largest index <= `index` whose term is <= `term`: both sides use it to skip a whole term a round instead of one entry
   * (Paper §5.3, last paragraph).
   */
  findConflictByTerm(index: number, term: number): ConflictPoint {
    for (let at = index; ; at--) {
      const own = this.term(at);
      if (own === undefined || own <= term) return { index: at, term: own };
    }
  }

  // --- committing and applying -------------------------------------------------------------------------------------------------

  /** Raises `committed`; never lowers it. */
  commitTo(index: number): void {
    if (index <= this.committed) return;
    if (index > this.lastIndex())
      throw new FatalRaftError(`commit index ${index} is behind the last entry, ${this.lastIndex()}`);
    this.committed = index;
  }

  /** Commits up to `index` if the entry there is of `term` (Paper §5.4.2: counting replicas only for the current term). */
  maybeCommit(index: number, term: number): boolean {
    if (index <= this.committed || !this.matchTerm(index, term)) return false;
    this.committed = index;
    return true;
  }

  /** Whether a snapshot waits to be taken over or to become durable; nothing is handed out for apply meanwhile. */
  hasPendingSnapshot(): boolean {
    return this.unstable.snapshot !== undefined || this.snapshotInFlight !== 0;
  }

  /** Highest index that may be handed out for apply. */
  #appliable(): number {
    if (this.applyUnstableEntries) return this.committed;
    return Math.min(this.committed, this.persisted + this.maxApplyUnpersistedLogLimit);
  }

  /** Whether there are committed entries after `since` that may be applied. */
  hasNextEntriesSince(since: number): boolean {
    return since < this.#appliable() && !this.hasPendingSnapshot();
  }

  /** Committed entries after `since` that may be applied, within `maxBytes`, at least one if there is any. */
  nextEntriesSince(since: number, maxBytes: number): Entry[] {
    if (!this.hasNextEntriesSince(since)) return NO_ENTRIES;
    const low = Math.max(since + 1, this.firstIndex());
    return this.slice(low, this.#appliable() + 1, maxBytes, { kind: 'gen-ready' });
  }

  // --- persistence -------------------------------------------------------------------------------------------------------------

  /**
   * Entries up to (index, term) are durable.
   * @param bound first index that a write still under way, or the unstable tail, will replace: an old write says nothing about it,
   *   even where index and term are the same again
   */
  maybePersist(index: number, term: number, bound: number): void {
    if (index > this.persisted && index < bound && index < this.unstable.offset && this.matchTerm(index, term)) {
      this.persisted = index;
    }
  }

  /** The snapshot of this index is durable. */
  persistSnapshot(index: number): void {
    if (this.snapshotInFlight === index) this.snapshotInFlight = 0;
    this.persisted = Math.max(this.persisted, index);
  }

  /** The application has taken over the pending snapshot: storage shows it from now on. */
  stableSnapshot(index: number): void {
    this.unstable.stableSnapshot(index);
    this.snapshotInFlight = index;
  }

  // --- snapshots ---------------------------------------------------------------------------------------------------------------

  /**
   * The snapshot to send to a peer.
   * @returns undefined where there is none right now
   */
  snapshot(requestIndex: number, to: number): Snapshot | undefined {
    const pending = this.unstable.snapshot;
    if (pending !== undefined && snapshotIndex(pending) >= requestIndex) return pending;
    let snapshot: Snapshot;
    try {
      snapshot = this.store.snapshot(requestIndex, to);
    } catch (thrown) {
      if (thrown instanceof SnapshotTemporarilyUnavailableError) return undefined;
      throw this.#failed('failed to give a snapshot', thrown);
    }
    if (snapshotIndex(snapshot) === 0) throw this.#failed('gave an empty snapshot', requestIndex);
    return snapshot;
  }

  /** The log begins anew with this snapshot. */
  restore(snapshot: Snapshot): void {
    this.persisted = Math.min(this.persisted, this.committed);
    this.committed = snapshotIndex(snapshot);
    this.unstable.restore(snapshot);
  }

  /** What storage answers to a question that it must answer. */
  #ask<T>(failing: string, question: () => T): T {
    try {
      return question();
    } catch (thrown) {
      throw this.#failed(failing, thrown);
    }
  }

  /** @param detail what storage threw, or what it was asked */
  #failed(what: string, detail: unknown): FatalRaftError {
    this.failure = new FatalRaftError(`storage ${what}: ${detail instanceof Error ? detail.message : detail}`);
    return this.failure;
  }
}
