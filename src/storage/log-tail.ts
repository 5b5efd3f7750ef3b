import type { Entry } from '../gen/raft/v1/raft.js';
import { LOG_TAIL_BYTES_MAX } from './limits.js';

/** An entry in memory. */
export interface TailEntry {
  readonly entry: Entry;
  /** Encoded bytes. */
  readonly bytes: number;
  /** Its checksum in the chain. */
  readonly checksum: number;
  /** The write that carries it to disk. */
  readonly write: number;
}

/**
 * The end of the log in memory: every entry that is not flushed, and recent ones up to a number of bytes.
 *
 * Invariant: its indexes are contiguous, and what is below the first of them is flushed.
 */
export class LogTail {
  readonly #entries = new Map<number, TailEntry>();
  #first = 1;
  #bytes = 0;

  constructor(private readonly bytesMax = LOG_TAIL_BYTES_MAX) {}

  get(index: number): TailEntry | undefined {
    return this.#entries.get(index);
  }

  /** Adds the next entry, or the first one. */
  push(item: TailEntry): void {
    if (this.#entries.size === 0) this.#first = item.entry.index;
    this.#entries.set(item.entry.index, item);
    this.#bytes += item.bytes;
  }

  /** Takes off entries from the end, down to and including `index`. */
  truncateFrom(index: number): void {
    for (let last = this.#first + this.#entries.size - 1; last >= Math.max(index, this.#first); last--)
      this.#drop(last);
  }

  /** Lets go of entries up to and including `index`, whether they are flushed or not: the log no longer holds them. */
  dropThrough(index: number): void {
    while (this.#entries.size > 0 && this.#first <= index) this.#drop(this.#first++);
  }

  /** Lets go of the oldest entries that `flushedWrite` and writes before it have carried to disk, while there are too many bytes. */
  evict(flushedWrite: number): void {
    while (this.#bytes > this.bytesMax) {
      const oldest = this.#entries.get(this.#first);
      if (oldest === undefined || oldest.write > flushedWrite) return;
      this.#drop(this.#first++);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(index: number): void {
    this.#bytes -= this.#entries.get(index)?.bytes ?? 0;
    this.#entries.delete(index);
  }
}
