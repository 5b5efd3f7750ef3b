import { assert } from '../base/assert.js';
import type { Entry } from '../gen/raft/v1/raft.js';
import type { LogBounds } from '../gen/raftctl/v1/storage.js';
import { CompactedError, UnavailableError } from '../raft/errors.js';
import { VERIFIED_BYTES_MAX, VERIFIED_ENTRIES_MAX } from './limits.js';
import { damagedEntry, decodeLogRecord, encodeLogRecord, isIntact, type LogRecord } from './log-record.js';
import { LogTail } from './log-tail.js';
import { CHECKSUM_BYTES, checksumOf } from './sealed-record.js';

/** Reads the flushed record of an index from disk. */
export type ReadLogRecord = (index: number) => Uint8Array | undefined;

/** A range of indexes that are on disk and no longer in the log. */
export interface Leftover {
  readonly from: number;
  readonly to: number;
}

/**
 * The log: bounds that say what is in it, its end in memory, the rest read from disk and verified on every read. What lies outside the
 * bounds is left over from a truncation and counts as not there. Knows nothing of the database: it is told how to read a record and
 * hands out the records to write.
 */
export class EntryLog {
  #bounds: LogBounds;
  #bytes: number;
  readonly #tail: LogTail;

  /**
   * @param bytes of the entries on disk, about
   * @param tail empty
   */
  constructor(
    bounds: LogBounds,
    bytes: number,
    private readonly read: ReadLogRecord,
    tail = new LogTail(),
  ) {
    this.#bounds = bounds;
    this.#bytes = bytes;
    this.#tail = tail;
  }

  get bounds(): LogBounds {
    return this.#bounds;
  }

  /** Bytes of the entries, about: what is cut off counts as being of average size. */
  get bytes(): number {
    return Math.round(this.#bytes);
  }

  get firstIndex(): number {
    return this.#bounds.truncatedIndex + 1;
  }

  get lastIndex(): number {
    return this.#bounds.lastIndex;
  }

  /**
   * @throws CompactedError below, UnavailableError above, RaftctlError E_CORRUPT
   */
  term(index: number): number {
    if (index < this.#bounds.truncatedIndex) throw new CompactedError();
    if (index > this.#bounds.lastIndex) throw new UnavailableError();
    if (index === this.#bounds.truncatedIndex) return this.#bounds.truncatedTerm;
    return this.#tail.get(index)?.entry.term ?? decodeLogRecord(index, this.#readIntact(index)).term;
  }

  /**
   * Entries of [low, high), at least one, then no more than `maxBytes` of encoded size.
   * @throws CompactedError, UnavailableError, RaftctlError E_CORRUPT
   */
  entries(low: number, high: number, maxBytes: number): Entry[] {
    if (low < this.firstIndex) throw new CompactedError();
    if (high > this.lastIndex + 1) throw new UnavailableError();
    const entries: Entry[] = [];
    let bytes = 0;
    let checksum: number | undefined;
    for (let index = low; index < high; index++) {
      const recent = this.#tail.get(index);
      const record = recent === undefined ? this.#readIntact(index, checksum) : undefined;
      bytes += recent?.bytes ?? (record?.length ?? 0) - CHECKSUM_BYTES;
      if (entries.length > 0 && bytes > maxBytes) break;
      if (recent !== undefined) entries.push(recent.entry);
      if (record !== undefined) {
        entries.push(decodeLogRecord(index, record));
        checksum = checksumOf(record);
      }
    }
    return entries;
  }

  /**
   * Takes entries in behind the one before the first of them; what the log holds from there on is cut off.
   * @param write number of the write that carries them to disk
   * @returns the records to write, and what is left over on disk where the log got shorter
   */
  append(
    entries: readonly Entry[],
    write: number,
  ): { records: Map<number, LogRecord>; leftover: Leftover | undefined } {
    const from = entries[0]?.index ?? this.lastIndex + 1;
    assert(
      from > this.#bounds.truncatedIndex,
      `entry ${from} is appended, but the log is compacted up to ${this.#bounds.truncatedIndex}`,
    );
    assert(from <= this.lastIndex + 1, `entry ${from} is appended behind a log that ends at ${this.lastIndex}`);
    const oldLast = this.lastIndex;
    let checksum = this.#checksumAt(from - 1);
    this.#cut(from - 1, checksum);
    const records = new Map<number, LogRecord>();
    for (const entry of entries) {
      assert(entry.index === from + records.size, `entry ${entry.index} follows entry ${from + records.size - 1}`);
      const record = encodeLogRecord(checksum, entry);
      checksum = record.checksum;
      const bytes = record.bytes.length - CHECKSUM_BYTES;
      this.#tail.push({ entry, bytes, checksum, write });
      this.#bytes += bytes;
      records.set(entry.index, record);
    }
    this.#bounds = { ...this.#bounds, lastIndex: from - 1 + records.size, lastChecksum: checksum };
    return { records, leftover: leftover(this.lastIndex + 1, oldLast) };
  }

  /** Empties the log: the next entry is the one after `index`. The chain of checksums starts anew. */
  restart(index: number, term: number): Leftover | undefined {
    const old = leftover(this.firstIndex, this.lastIndex);
    this.#tail.clear();
    this.#bytes = 0;
    this.#bounds = {
      truncatedIndex: index,
      truncatedTerm: term,
      truncatedChecksum: 0,
      lastIndex: index,
      lastChecksum: 0,
    };
    return old;
  }

  /** Compacts up to and including `index`, which must be in the log. */
  compact(index: number): Leftover | undefined {
    assert(
      index >= this.firstIndex && index <= this.lastIndex,
      `cannot compact up to ${index}: the log is [${this.firstIndex}, ${this.lastIndex}]`,
    );
    const old = leftover(this.firstIndex, index);
    this.#bytes *= (this.lastIndex - index) / (this.lastIndex - this.#bounds.truncatedIndex);
    const truncatedTerm = this.term(index);
    const truncatedChecksum = this.#checksumAt(index);
    this.#bounds = { ...this.#bounds, truncatedIndex: index, truncatedTerm, truncatedChecksum };
    this.#tail.dropThrough(index);
    return old;
  }

  /** `write` and those before it are on disk. */
  onFlushed(write: number): void {
    this.#tail.evict(write);
  }

  /** Whether an index is in the log: what is on disk and is not may be removed. */
  holds(index: number): boolean {
    return index > this.#bounds.truncatedIndex && index <= this.#bounds.lastIndex;
  }

  /**
   * Reads the end of the log back to front, verifies it, and keeps it in memory.
   * @returns how many entries were verified
   * @throws RaftctlError E_CORRUPT with the index of what is damaged
   */
  verifyTail(): number {
    const { truncatedIndex, lastIndex, lastChecksum } = this.#bounds;
    const records: Uint8Array[] = [];
    let expected = lastChecksum;
    let bytes = 0;
    let index = lastIndex;
    for (; index > truncatedIndex && records.length < VERIFIED_ENTRIES_MAX && bytes < VERIFIED_BYTES_MAX; index--) {
      const record = this.#readIntact(index);
      if (checksumOf(record) !== expected) throw damagedEntry(index, 'it is not the one that belongs here');
      expected = this.#checksumAt(index - 1);
      records.push(record);
      bytes += record.length;
    }
    if (index === truncatedIndex && expected !== this.#bounds.truncatedChecksum) {
      throw damagedEntry(index + 1, 'it does not follow what was compacted away');
    }
    for (const record of records.reverse()) {
      const entry = decodeLogRecord(++index, record);
      this.#tail.push({ entry, bytes: record.length - CHECKSUM_BYTES, checksum: checksumOf(record), write: 0 });
    }
    this.#tail.evict(0);
    return records.length;
  }

  #cut(lastIndex: number, lastChecksum: number): void {
    if (lastIndex === this.lastIndex) return;
    const held = this.lastIndex - this.#bounds.truncatedIndex;
    this.#bytes *= (lastIndex - this.#bounds.truncatedIndex) / held;
    this.#tail.truncateFrom(lastIndex + 1);
    this.#bounds = { ...this.#bounds, lastIndex, lastChecksum };
  }

  #checksumAt(index: number): number {
    const { truncatedIndex, truncatedChecksum, lastIndex, lastChecksum } = this.#bounds;
    if (index === lastIndex) return lastChecksum;
    if (index === truncatedIndex) return truncatedChecksum;
    return this.#tail.get(index)?.checksum ?? checksumOf(this.#readRecord(index));
  }

  #readRecord(index: number): Uint8Array {
    const record = this.read(index);
    if (record === undefined) throw damagedEntry(index, 'it is missing');
    if (record.length < CHECKSUM_BYTES) throw damagedEntry(index, 'it is cut short');
    return record;
  }

  /** @param previous checksum of the entry before, where it is known and verified */
  #readIntact(index: number, previous = this.#checksumAt(index - 1)): Uint8Array {
    const record = this.#readRecord(index);
    if (!isIntact(previous, index, record)) throw damagedEntry(index, 'its checksum does not match');
    return record;
  }
}

function leftover(from: number, to: number): Leftover | undefined {
  return from <= to ? { from, to } : undefined;
}
