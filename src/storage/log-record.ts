import { crc32 } from 'node:zlib';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { RaftctlError } from '../base/errors.js';
import { Entry } from '../gen/raft/v1/raft.js';
import { REBUILD_HINT } from './rebuild-hint.js';
import { CHECKSUM_BYTES, checksumOf } from './sealed-record.js';

/** A log entry as it lies on disk, with its checksum in the chain. */
export interface LogRecord {
  /** Checksum, then the encoded entry. */
  readonly bytes: Uint8Array;
  readonly checksum: number;
}

/** Key of an index: eight bytes, big-endian, so that the order of keys is the order of indexes. */
export function logKey(index: number): Uint8Array {
  const key = Buffer.allocUnsafe(8);
  writeIndex(key, index, 0);
  return key;
}

/** Index of a key of the log. */
export function indexOfKey(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset, 8).getBigUint64(0));
}

const noChecksum = new Uint8Array(CHECKSUM_BYTES);

/**
 * Encodes an entry behind its checksum. Each checksum goes over the one before it, so that an entry that is missing, or left over
 * from another time, breaks the chain as surely as a flipped bit.
 * @param previous checksum of the entry before
 */
export function encodeLogRecord(previous: number, entry: Entry): LogRecord {
  const bytes = encode(entry);
  const checksum = chainChecksum(previous, entry.index, bytes.subarray(CHECKSUM_BYTES));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, checksum);
  return { bytes, checksum };
}

/** Whether a record is what was written at `index` behind an entry with the checksum `previous`. */
export function isIntact(previous: number, index: number, record: Uint8Array): boolean {
  if (record.length < CHECKSUM_BYTES) return false;
  return checksumOf(record) === chainChecksum(previous, index, record.subarray(CHECKSUM_BYTES));
}

/**
 * The entry of a record that is intact.
 * @throws RaftctlError E_CORRUPT where it is not the entry of this index
 */
export function decodeLogRecord(index: number, record: Uint8Array): Entry {
  let entry: Entry;
  try {
    entry = Entry.decode(record.subarray(CHECKSUM_BYTES));
  } catch (thrown) {
    throw damagedEntry(index, 'it cannot be decoded', thrown);
  }
  if (entry.index !== index) throw damagedEntry(index, `it says that it is entry ${entry.index}`);
  return entry;
}

/** An entry that cannot be trusted: the node must neither serve it nor vote on it. */
export function damagedEntry(index: number, reason: string, cause?: unknown): RaftctlError {
  return new RaftctlError('E_CORRUPT', `entry ${index} of the log is damaged: ${reason}`, {
    cause,
    hint: REBUILD_HINT,
  });
}

const head = Buffer.alloc(12);

function chainChecksum(previous: number, index: number, entryBytes: Uint8Array): number {
  head.writeUInt32BE(previous, 0);
  writeIndex(head, index, 4);
  return crc32(entryBytes, crc32(head));
}

/** Reused, so that its buffer is grown once. */
const writer = new BinaryWriter();

/** Room for the checksum, then the entry. */
function encode(entry: Entry): Uint8Array {
  try {
    return Entry.encode(entry, writer.raw(noChecksum)).finish();
  } catch (thrown) {
    // The next record must not begin with what was written of this one.
    writer.finish();
    throw thrown;
  }
}

function writeIndex(target: Buffer, index: number, at: number): void {
  target.writeUInt32BE(Math.floor(index / 2 ** 32), at);
  target.writeUInt32BE(index % 2 ** 32, at + 4);
}
