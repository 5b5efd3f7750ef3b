import {
  CompactedError,
  type ConfState,
  type Entry,
  type HardState,
  limitSize,
  type RaftState,
  type Ready,
  type Snapshot,
  SnapshotTemporarilyUnavailableError,
  type Storage,
  UnavailableError,
} from 'raftctl/raft';

/** One record of the journal. In a file it would be a line or a frame, with a checksum. */
export type JournalRecord =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'hard-state'; readonly hardState: HardState }
  | { readonly kind: 'configuration'; readonly confState: ConfState }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly keepsLog: boolean }
  | { readonly kind: 'compacted'; readonly index: number };

/**
 * A `Storage` of one's own: a journal that is only ever appended to, and beside it what its records come to. Nothing is changed in the
 * journal but its end, so a restart reads it from the beginning and knows again what the node knew.
 *
 * What the core relies on: indexes are contiguous; the term before the first entry is known; what was written by one Ready is all there or
 * not at all, which here is one `push`, and in a file one write and one flush.
 */
export class JournalStorage implements Storage {
  readonly #journal: JournalRecord[];
  #hardState: HardState = { term: 0, vote: 0, commit: 0 };
  #confState: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  #snapshot: Snapshot | undefined;
  /** Index and term of the entry before the first. */
  #before = { index: 0, term: 0 };
  #entries: Entry[] = [];

  /** @param journal what an earlier life has written; it goes on being written */
  constructor(journal: JournalRecord[] = []) {
    this.#journal = journal;
    for (const record of journal) this.#take(record);
  }

  // --- what the core reads ----------------------------------------------------------------------------------------------------

  initialState(): RaftState {
    return { hardState: this.#hardState, confState: this.#confState };
  }

  firstIndex(): number {
    return this.#before.index + 1;
  }

  lastIndex(): number {
    return this.#before.index + this.#entries.length;
  }

  entries(low: number, high: number, maxBytes: number): Entry[] {
    if (low < this.firstIndex()) throw new CompactedError();
    if (high > this.lastIndex() + 1) throw new UnavailableError();
    return limitSize(this.#entries.slice(low - this.firstIndex(), high - this.firstIndex()), maxBytes);
  }

  term(index: number): number {
    if (index < this.#before.index) throw new CompactedError();
    if (index === this.#before.index) return this.#before.term;
    const entry = this.#entries[index - this.firstIndex()];
    if (entry === undefined) throw new UnavailableError();
    return entry.term;
  }

  snapshot(requestIndex: number): Snapshot {
    const index = this.#snapshot?.metadata?.index ?? 0;
    // The core asks again later.
    if (this.#snapshot === undefined || index < requestIndex) throw new SnapshotTemporarilyUnavailableError();
    return this.#snapshot;
  }

  // --- what the application writes --------------------------------------------------------------------------------------------

  /** All that a Ready wants written, in the order that it wants it: the snapshot replaces the log, entries follow on it. */
  write({ snapshot, entries, hs }: Pick<Ready, 'snapshot' | 'entries' | 'hs'>): void {
    const records: JournalRecord[] = [];
    if (snapshot !== undefined) records.push({ kind: 'snapshot', snapshot, keepsLog: false });
    for (const entry of entries) records.push({ kind: 'entry', entry });
    if (hs !== undefined) records.push({ kind: 'hard-state', hardState: hs });
    this.#append(records);
  }

  /** What `RawNode.applyConfChange` has returned, or the configuration that the group begins with. */
  setConfState(confState: ConfState): void {
    this.#append([{ kind: 'configuration', confState }]);
  }

  /** Keeps the state of the application at an applied index, for peers that lag too far behind. */
  takeSnapshot(index: number, data: Uint8Array): void {
    const snapshot = { data, metadata: { index, term: this.term(index), confState: this.#confState } };
    this.#append([{ kind: 'snapshot', snapshot, keepsLog: true }]);
  }

  /** Gives up entries up to and including `index`. */
  compact(index: number): void {
    this.#append([{ kind: 'compacted', index }]);
  }

  #append(records: readonly JournalRecord[]): void {
    this.#journal.push(...records);
    for (const record of records) this.#take(record);
  }

  /** What a record comes to: the same whether it was just written or is read again after a restart. */
  #take(record: JournalRecord): void {
    switch (record.kind) {
      case 'entry': {
        // An entry replaces what stood at its index, and all behind it.
        this.#entries.length = record.entry.index - this.firstIndex();
        this.#entries.push(record.entry);
        return;
      }
      case 'hard-state':
        this.#hardState = record.hardState;
        return;
      case 'configuration':
        this.#confState = record.confState;
        return;
      case 'snapshot':
        this.#snapshot = record.snapshot;
        if (!record.keepsLog) this.#beginBehind(record.snapshot);
        return;
      case 'compacted': {
        const term = this.term(record.index);
        this.#entries = this.#entries.slice(record.index - this.#before.index);
        this.#before = { index: record.index, term };
      }
    }
  }

  #beginBehind({ metadata }: Snapshot): void {
    if (metadata?.confState === undefined) throw new Error('a snapshot has metadata');
    const { index, term, confState } = metadata;
    this.#entries = [];
    this.#before = { index, term };
    this.#confState = confState;
    // The core hands out the hard state of a snapshot as well; until then at least this much is so.
    const { vote, commit } = this.#hardState;
    this.#hardState = { term: Math.max(this.#hardState.term, term), vote, commit: Math.max(commit, index) };
  }
}
