import { AssertionError, assert } from '../base/assert.js';
import type { StateRange, StateRecord, StateTxn, StateView } from './ports.js';

/**
 * First byte of a key: what belongs to whom in the one keyspace that a node replicates. All of it is in snapshots and hashes.
 *
 * ```
 *  0x01 …   the state machine's own
 *  0x02 …   client sessions          (sessions.ts)
 *  0x03 …   members of the cluster   (members.ts)
 *  0x04 …   changes of the members
 *  0x05 …   voters that left
 *  0x06 …   history
 * ```
 */
export const KeyspacePrefix = {
  machine: 0x01,
  sessions: 0x02,
  members: 0x03,
  changes: 0x04,
  tombstones: 0x05,
  history: 0x06,
} as const;

/** What `prefix` has of a keyspace, under keys without it. */
export function scopedView(view: StateView, prefix: number): StateView {
  return new ScopedView(view, prefix);
}

/** The same, to write as well. */
export function scopedTxn(txn: StateTxn, prefix: number): StateTxn {
  return new ScopedTxn(txn, prefix);
}

class ScopedView implements StateView {
  constructor(
    private readonly view: StateView,
    protected readonly prefix: number,
  ) {}

  get(key: Uint8Array): Uint8Array | undefined {
    return this.view.get(prefixed(this.prefix, key));
  }

  *range(range: StateRange): Iterable<StateRecord> {
    const { prefix } = this;
    const end = range.end === undefined ? Uint8Array.of(prefix + 1) : prefixed(prefix, range.end);
    for (const { key, value } of this.view.range({ ...range, start: prefixed(prefix, range.start), end })) {
      yield { key: key.subarray(1), value };
    }
  }
}

class ScopedTxn extends ScopedView implements StateTxn {
  constructor(
    private readonly txn: StateTxn,
    prefix: number,
  ) {
    super(txn, prefix);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.txn.put(prefixed(this.prefix, key), value);
  }

  delete(key: Uint8Array): void {
    this.txn.delete(prefixed(this.prefix, key));
  }
}

/** A key with the prefix before it. */
export function prefixed(prefix: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + 1);
  bytes[0] = prefix;
  bytes.set(key, 1);
  return bytes;
}

/** First key after all that start with `prefix`, none of whose bytes may all be 0xff. */
export function endOfPrefix(prefix: Uint8Array): Uint8Array {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  assert(last >= 0, 'a prefix of 0xff bytes has no end');
  const end = prefix.slice(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

/** Byte strings one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** Safe integers as 8 bytes each, big-endian: their byte order is their order. */
export function u64Bytes(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const writer = new DataView(bytes.buffer);
  for (let position = 0; position < values.length; position++) {
    const value = values[position] as number;
    if (!Number.isSafeInteger(value) || value < 0) throw new AssertionError(`not an unsigned safe integer: ${value}`);
    writer.setUint32(position * 8, Math.floor(value / TWO_32));
    writer.setUint32(position * 8 + 4, value % TWO_32);
  }
  return bytes;
}

/** The integer that `u64Bytes` wrote at `offset`. */
export function readU64(bytes: Uint8Array, offset: number): number {
  const reader = new DataView(bytes.buffer, bytes.byteOffset + offset, 8);
  return reader.getUint32(0) * TWO_32 + reader.getUint32(4);
}

const TWO_32 = 2 ** 32;
