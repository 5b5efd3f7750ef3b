import type { ConfState, Entry, HardState, Snapshot } from '../../src/gen/raft/v1/raft.js';

/** What one write brings to a disk; its parts are written together. */
export interface Batch {
  readonly hardState?: HardState | undefined;
  readonly snapshot?: Snapshot | undefined;
  readonly entries?: readonly Entry[] | undefined;
  /** Where the state machine stands after this batch. */
  readonly applied?: AppliedState | undefined;
  /** A snapshot of this node's own, and the log up to there given up. */
  readonly compactTo?: { readonly snapshot: Snapshot; readonly keep: number } | undefined;
}

/** The state machine: a hash over all that it applied, so that two nodes differ as soon as one entry does. */
export interface AppliedState {
  readonly index: number;
  readonly hash: string;
  readonly confState: ConfState;
}

/** The state machine as a snapshot has it. */
export function appliedStateOf(snapshot: Snapshot): AppliedState {
  const { index, confState } = metadataOf(snapshot);
  return { index, hash: new TextDecoder().decode(snapshot.data), confState };
}

/** The content of a disk at one moment. */
export class DiskImage {
  hardState: HardState = { term: 0, vote: 0, commit: 0 };
  /** The newest snapshot; the log begins somewhere at or before it. */
  snapshot: Snapshot;
  /** Index and term of the entry before the first one. */
  base: { index: number; term: number };
  entries: readonly Entry[] = [];
  applied: AppliedState;

  constructor(start: Snapshot) {
    const { index, term } = metadataOf(start);
    this.snapshot = start;
    this.base = { index, term };
    this.applied = appliedStateOf(start);
  }

  clone(): DiskImage {
    return Object.assign(new DiskImage(this.snapshot), { ...this });
  }

  get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  /** Undefined below the base and behind the end. */
  term(index: number): number | undefined {
    return index === this.base.index ? this.base.term : this.entries[index - this.base.index - 1]?.term;
  }

  write(batch: Batch): void {
    if (batch.snapshot) this.#install(batch.snapshot);
    if (batch.hardState) this.hardState = batch.hardState;
    if (batch.entries) this.#append(batch.entries);
    if (batch.applied) this.applied = batch.applied;
    if (batch.compactTo) this.#compact(batch.compactTo.snapshot, batch.compactTo.keep);
  }

  #install(snapshot: Snapshot): void {
    const { index, term } = metadataOf(snapshot);
    this.snapshot = snapshot;
    this.base = { index, term };
    this.entries = [];
    this.applied = appliedStateOf(snapshot);
  }

  #append(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first === undefined) return;
    if (first.index <= this.base.index || first.index > this.lastIndex + 1) {
      throw new Error(`entry ${first.index} does not fit a log of (${this.base.index}, ${this.lastIndex}]`);
    }
    this.entries = [...this.entries.slice(0, first.index - this.base.index - 1), ...entries];
  }

  /** Keeps the last `keep` entries before the snapshot, for followers that are only a little behind. */
  #compact(snapshot: Snapshot, keep: number): void {
    this.snapshot = snapshot;
    const to = Math.max(metadataOf(snapshot).index - keep, this.base.index);
    const term = this.term(to);
    if (term === undefined) throw new Error(`no entry ${to} to compact to`);
    this.entries = this.entries.slice(to - this.base.index);
    this.base = { index: to, term };
    // A commit index need not be written whenever it moves, but it must not be left behind the log.
    this.hardState = { ...this.hardState, commit: Math.max(this.hardState.commit, metadataOf(snapshot).index) };
  }
}

/** Index, term and configuration of a snapshot that must have them. */
export function metadataOf(snapshot: Snapshot): { index: number; term: number; confState: ConfState } {
  const { metadata } = snapshot;
  if (metadata?.confState === undefined) throw new Error('a snapshot has metadata');
  return { index: metadata.index, term: metadata.term, confState: metadata.confState };
}
