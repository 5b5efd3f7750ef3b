import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { RaftctlError } from '../base/errors.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import {
  SnapshotFileChunk,
  SnapshotFileHeader,
  SnapshotFileTrailer,
  type SnapshotRecord,
} from '../gen/raftctl/v1/storage.js';
import { keyText } from './byte-order.js';
import { SNAPSHOT_FRAME_BYTES_MAX, STATE_KEY_BYTES_MAX } from './limits.js';
import { decodeFrameHeader, encodeFrame, FRAME_HEADER_BYTES, lastFrame } from './snapshot-frames.js';

/** Version of the file's form. */
const FORMAT_VERSION = 1;

/** What is written into a file's first frame; its version is the writer's. */
export type NewSnapshotHeader = Omit<SnapshotFileHeader, 'formatVersion'>;

/** A trailer's frame is not longer than this: two counts and a checksum. */
const TRAILER_FRAME_BYTES_MAX = 64;

/** Where a snapshot file is written to: a file, or whoever wants to know what would be written. */
export interface SnapshotFileSink {
  appendFile(bytes: Uint8Array): Promise<void>;
  /** Flushes what was written. */
  sync(): Promise<void>;
}

/** Writes a snapshot file, frame by frame: header, chunks, trailer. */
export class SnapshotFileWriter {
  #checksum = 0;
  #chunks = 0;
  #records = 0;

  constructor(private readonly handle: SnapshotFileSink) {}

  writeHeader(header: NewSnapshotHeader): Promise<void> {
    return this.#append(SnapshotFileHeader.encode({ ...header, formatVersion: FORMAT_VERSION }).finish());
  }

  writeChunk(records: SnapshotRecord[]): Promise<void> {
    this.#chunks++;
    this.#records += records.length;
    return this.#append(SnapshotFileChunk.encode({ records }).finish());
  }

  /** Ends the file and flushes it. */
  async writeTrailer(): Promise<void> {
    const trailer = { chunks: this.#chunks, records: this.#records, checksum: this.#checksum };
    await this.#append(SnapshotFileTrailer.encode(trailer).finish());
    await this.handle.sync();
  }

  async #append(payload: Uint8Array): Promise<void> {
    const frame = encodeFrame(payload);
    this.#checksum = crc32(frame, this.#checksum);
    await this.handle.appendFile(frame);
  }
}

/** What a snapshot file says of itself. */
export interface SnapshotSummary {
  readonly header: SnapshotFileHeader;
  readonly info: SnapshotInfo;
}

/** Takes what a snapshot file holds, in its order. Throwing ends the reading. */
export interface SnapshotVisitor {
  onHeader?(header: SnapshotFileHeader): void;
  onChunk?(records: readonly SnapshotRecord[]): Promise<void>;
}

/**
 * Looks at both ends of a file: a header, and a trailer that says it is complete.
 * @throws RaftctlError E_CORRUPT
 */
export async function summarise(handle: FileHandle): Promise<SnapshotSummary> {
  const { size } = await handle.stat();
  const first = await readFrame(handle, 0, size);
  const header = decodeHeader(first);
  const tailBytes = Math.min(TRAILER_FRAME_BYTES_MAX, size - FRAME_HEADER_BYTES - first.length);
  const tail = await readFully(handle, size - tailBytes, tailBytes);
  const last = lastFrame(tail);
  if (last === undefined) throw damaged('it has no trailer');
  const trailer = decode(SnapshotFileTrailer, last.payload);
  return summaryOf(header, size, crc32(tail.subarray(last.at), trailer.checksum));
}

/**
 * Reads a whole file and verifies all of it; of its content it holds one chunk at a time.
 * @throws RaftctlError E_CORRUPT, and whatever the visitor throws
 */
export async function readSnapshot(handle: FileHandle, visitor: SnapshotVisitor = {}): Promise<SnapshotSummary> {
  const chunks = snapshotChunks(handle, (header) => visitor.onHeader?.(header));
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return step.value;
    await visitor.onChunk?.(step.value);
  }
}

/**
 * The same for whoever asks for one chunk after the other. Each is verified before it is given out; that all of them are there is known
 * only at the end.
 * @throws RaftctlError E_CORRUPT, and whatever `onHeader` throws
 */
export async function* snapshotChunks(
  handle: FileHandle,
  onHeader: (header: SnapshotFileHeader) => void = () => {},
): AsyncGenerator<readonly SnapshotRecord[], SnapshotSummary> {
  const { size } = await handle.stat();
  const first = await readFrame(handle, 0, size);
  const header = decodeHeader(first);
  onHeader(header);
  let checksum = crc32(encodeFrame(first));
  let at = FRAME_HEADER_BYTES + first.length;
  let [chunks, records, lastKey] = [0, 0, ''];
  for (;;) {
    const payload = await readFrame(handle, at, size);
    at += FRAME_HEADER_BYTES + payload.length;
    if (at === size) {
      const trailer = decode(SnapshotFileTrailer, payload);
      if (trailer.checksum !== checksum || trailer.chunks !== chunks || trailer.records !== records) {
        throw damaged('its trailer does not match what is before it');
      }
      return summaryOf(header, size, crc32(encodeFrame(payload), checksum));
    }
    checksum = crc32(encodeFrame(payload), checksum);
    const chunk = decode(SnapshotFileChunk, payload);
    lastKey = checkKeys(chunk.records, lastKey);
    chunks++;
    records += chunk.records.length;
    yield chunk.records;
  }
}

/** Every key is greater than the one before. @returns the last one */
function checkKeys(records: readonly SnapshotRecord[], before: string): string {
  let lastKey = before;
  for (const { key } of records) {
    const text = keyText(key);
    if (text <= lastKey || key.length > STATE_KEY_BYTES_MAX) throw damaged('its records are out of order');
    lastKey = text;
  }
  return lastKey;
}

function summaryOf(header: SnapshotFileHeader, bytes: number, checksum: number): SnapshotSummary {
  const { index, term, createdMs, confState } = header;
  return { header, info: { index, term, bytes, createdMs, confState, checksum } };
}

async function readFrame(handle: FileHandle, at: number, size: number): Promise<Uint8Array> {
  if (at + FRAME_HEADER_BYTES > size) throw damaged('it is cut short');
  const { length, checksum } = decodeFrameHeader(await readFully(handle, at, FRAME_HEADER_BYTES));
  // Nobody writes one; a disk that lost its content gives zeros, whose checksum as an empty frame is right, a hundred million times over.
  if (length === 0) throw damaged(`the frame at byte ${at} is empty`);
  if (length > SNAPSHOT_FRAME_BYTES_MAX || at + FRAME_HEADER_BYTES + length > size) throw damaged('it is cut short');
  const payload = await readFully(handle, at + FRAME_HEADER_BYTES, length);
  if (crc32(payload) !== checksum) throw damaged(`the checksum of the frame at byte ${at} does not match`);
  return payload;
}

/** Reads a run of bytes of a file that has them. */
export async function readFully(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) throw damaged('it is cut short');
    filled += bytesRead;
  }
  return bytes;
}

function decodeHeader(payload: Uint8Array): SnapshotFileHeader {
  const header = decode(SnapshotFileHeader, payload);
  if (header.formatVersion <= FORMAT_VERSION) return header;
  const versions = `its format is ${header.formatVersion}, this one knows up to ${FORMAT_VERSION}`;
  throw new RaftctlError('E_CORRUPT', `the snapshot file was written by a newer raftctl: ${versions}`);
}

function decode<T>(codec: { decode(bytes: Uint8Array): T }, payload: Uint8Array): T {
  try {
    return codec.decode(payload);
  } catch {
    throw damaged('a frame cannot be decoded');
  }
}

function damaged(reason: string): RaftctlError {
  return new RaftctlError('E_CORRUPT', `the snapshot file is damaged: ${reason}`);
}
