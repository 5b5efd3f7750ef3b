import type { Entry, Snapshot } from '../gen/raft/v1/raft.js';
import { NO_LIMIT } from './config.js';
import { FatalRaftError } from './errors.js';
import { entrySize, snapshotIndex, snapshotTerm } from './messages.js';

/** How much of the array may be spent entries before they are cut off. */
const SPENT_MAX = 1024;

/**
 * The tail of the log that the application has not taken over yet: what the next `Ready` hands out.
 *
 * Entries are taken from the front and added at the back; the front moves by a head index, so that neither costs anything per
 * entry of the tail.
 *
 * Invariant: the entry at position i of the tail has index `offset + i`, and storage ends at `offset - 1`
 * (or at the snapshot, while one is pending).
 */
export class Unstable {
  /** A snapshot to install, before the entries. */
  snapshot: Snapshot | undefined = undefined;
  /** Index of the first entry of the tail, or of the one that will be. */
  offset: number;
  #entries: Entry[] = [];
  #head = 0;

  constructor(offset: number) {
    this.offset = offset;
  }

  /** Entries in the tail. */
  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** Index of the last entry of the log, as all that lies before the tail is in storage. */
  get lastIndex(): number {
    return this.offset + this.length - 1;
  }

  /** Term at `index`, where the tail or the pending snapshot knows it. */
  term(index: number): number | undefined {
    if (index >= this.offset) return this.#entries[this.#head + index - this.offset]?.term;
    if (this.snapshot !== undefined && snapshotIndex(this.snapshot) === index) return snapshotTerm(this.snapshot);
    return undefined;
  }

  /** All entries of the tail, in an array of their own. */
  all(): Entry[] {
    return this.#entries.slice(this.#head);
  }

  /**
   * Adds entries of [low, high) to `out` while their encoded size stays within `maxBytes`; the first one goes in whatever its size
   * if `out` is empty.
   */
  collect(out: Entry[], low: number, high: number, maxBytes: number): void {
    const shift = this.#head - this.offset;
    let size = 0;
    for (let index = low; index < high; index++) {
      const entry = this.#entries[shift + index];
      if (entry === undefined)
        throw new FatalRaftError(`unstable entry ${index} is out of [${this.offset}, ${this.lastIndex}]`);
      if (maxBytes < NO_LIMIT) {
        size += entrySize(entry);
        if (size > maxBytes && out.length > 0) return;
      }
      out.push(entry);
    }
  }

  /** The application has taken over the tail up to `index`. Ignored where the entry there was replaced since it was handed out. */
  stableEntries(index: number, term: number): void {
    if (index < this.offset || this.term(index) !== term) return;
    this.#head += index + 1 - this.offset;
    this.offset = index + 1;
    if (this.#head === this.#entries.length) this.#reset();
    else if (this.#head > SPENT_MAX && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** The application has taken over the pending snapshot. Ignored where a newer one has replaced it. */
  stableSnapshot(index: number): void {
    if (this.snapshot !== undefined && snapshotIndex(this.snapshot) === index) this.snapshot = undefined;
  }

  /** The log begins anew with this snapshot. */
  restore(snapshot: Snapshot): void {
    this.offset = snapshotIndex(snapshot) + 1;
    this.#reset();
    this.snapshot = snapshot;
  }

  /**
   * Puts `entries[from…]` at their indexes: behind the tail, in place of its end, or in place of all of it and of a part of storage,
   * which the application cuts off when it appends them.
   */
  truncateAndAppend(entries: readonly Entry[], from = 0): void {
    const first = entries[from];
    if (first === undefined) return;
    if (first.index > this.lastIndex + 1) {
      throw new FatalRaftError(`entry ${first.index} leaves a gap after ${this.lastIndex}`);
    }
    if (first.index <= this.offset) {
      this.offset = first.index;
      this.#reset();
    } else if (first.index <= this.lastIndex) {
      this.#entries.length = this.#head + first.index - this.offset;
    }
    for (let i = from; i < entries.length; i++) this.#entries.push(entries[i] as Entry);
  }

  #reset(): void {
    this.#entries = [];
    this.#head = 0;
  }
}
