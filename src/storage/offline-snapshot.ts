import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { SnapshotFileHeader, SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import type { StateTxn, StateView } from '../node/ports.js';
import { ApplyTxn } from './apply-txn.js';
import { syncFolder } from './durable-file.js';
import { SNAPSHOT_CHUNK_BYTES } from './limits.js';
import type { LmdbStore } from './lmdb-store.js';
import type { OfflineReading } from './offline-reading.js';
import { Overlay } from './overlay.js';
import {
  type NewSnapshotHeader,
  readSnapshot,
  type SnapshotFileSink,
  SnapshotFileWriter,
  type SnapshotSummary,
  snapshotChunks,
} from './snapshot-file.js';

/**
 * Writes a snapshot file of the applied state as `rewrite` makes it; the state itself stays as it is. Complete and flushed under its name,
 * or not there.
 */
export async function writeOfflineSnapshot(
  reading: OfflineReading,
  path: string,
  header: NewSnapshotHeader,
  rewrite: (txn: StateTxn) => void,
): Promise<SnapshotInfo> {
  const txn = new ApplyTxn(new Overlay(), reading.keyspace());
  rewrite(txn);
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  const handle = await open(partial, 'wx+', 0o600);
  try {
    const writer = new SnapshotFileWriter(handle);
    await writer.writeHeader(header);
    for (const records of chunksOf(txn)) await writer.writeChunk(records);
    await writer.writeTrailer();
    const { info } = await readSnapshot(handle);
    await rename(partial, path);
    await syncFolder(dirname(path));
    return info;
  } finally {
    await handle.close();
    await rm(partial, { force: true });
  }
}

/**
 * Reads a whole snapshot file and verifies it.
 * @throws RaftctlError E_USAGE where it cannot be read, E_CORRUPT where it is damaged
 */
export async function verifySnapshotFile(path: string): Promise<SnapshotSummary> {
  const chunks = readSnapshotFile(path);
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return step.value;
  }
}

/**
 * What a snapshot file holds, a chunk at a time, each verified; whether it is whole is known at the end.
 * @throws RaftctlError as `verifySnapshotFile`
 */
export async function* readSnapshotFile(
  path: string,
  onHeader?: (header: SnapshotFileHeader) => void,
): AsyncGenerator<readonly SnapshotRecord[], SnapshotSummary> {
  const handle = await openFile(path);
  try {
    return yield* snapshotChunks(handle, onHeader);
  } catch (cause) {
    throw new RaftctlError('E_CORRUPT', `${path}: ${messageOf(cause)}`, { cause });
  } finally {
    await handle.close();
  }
}

/** Puts a snapshot file in the place of log and state, in one step: a crash leaves the old or the new. */
export async function installSnapshotFile(store: LmdbStore, path: string, header: SnapshotFileHeader): Promise<void> {
  const { index, term, confState } = header;
  const metadata = { index, term, confState };
  const sink = await store.snapshots.receive(metadata);
  const handle = await openFile(path);
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: SNAPSHOT_CHUNK_BYTES })) await sink.write(chunk);
    await sink.finish();
  } catch (thrown) {
    await sink.abort();
    throw thrown;
  }
  // What this node voted for in terms before no longer matters: nobody of its time may speak to it.
  await store.write({ entries: [], snapshot: metadata, hardState: { term, vote: 0, commit: index } });
}

/**
 * Makes another snapshot file of one: records whose keys lie before `from` stay as they are, the others as `rewrite` makes them. Those must be
 * few: they are held in memory. The same file and the same change make the same file, byte for byte.
 * @returns SHA-256 of what was written, hex
 * @throws RaftctlError as `verifySnapshotFile`
 */
export async function rewriteSnapshotFile(
  source: string,
  sink: SnapshotFileSink,
  header: NewSnapshotHeader,
  from: Uint8Array,
  rewrite: (txn: StateTxn) => void,
): Promise<string> {
  const hash = createHash('sha256');
  const writer = new SnapshotFileWriter({
    appendFile: (bytes) => {
      hash.update(bytes);
      return sink.appendFile(bytes);
    },
    sync: () => sink.sync(),
  });
  await writer.writeHeader(header);
  const txn = new ApplyTxn(new Overlay(), nothingBelow);
  for await (const records of readSnapshotFile(source)) {
    const kept = records.filter(({ key }) => Buffer.compare(key, from) < 0);
    for (const { key, value } of records.slice(kept.length)) txn.put(key, value);
    if (kept.length > 0) await writer.writeChunk(kept);
  }
  rewrite(txn);
  for (const records of chunksOf(txn)) await writer.writeChunk(records);
  await writer.writeTrailer();
  return hash.digest('hex');
}

const nothingBelow: StateView = { get: () => undefined, range: () => [] };

function* chunksOf(txn: StateTxn): Generator<SnapshotRecord[]> {
  let records: SnapshotRecord[] = [];
  let bytes = 0;
  for (const { key, value } of txn.range({ start: new Uint8Array() })) {
    bytes += key.length + value.length;
    if (records.length > 0 && bytes > SNAPSHOT_CHUNK_BYTES) {
      yield records;
      [records, bytes] = [[], key.length + value.length];
    }
    records.push({ key, value });
  }
  if (records.length > 0) yield records;
}

async function openFile(path: string) {
  const cannot = (reason: string, cause?: unknown): never => {
    throw new RaftctlError('E_USAGE', `the snapshot file ${path} cannot be read: ${reason}`, { cause });
  };
  // Looked at first: to open a pipe that nobody writes to would wait for ever.
  const { isFile } = await stat(path).then(
    (found) => ({ isFile: found.isFile() }),
    (cause: unknown) => cannot(messageOf(cause), cause),
  );
  if (!isFile) cannot('it is no file');
  return open(path, 'r').catch((cause: unknown) => cannot(messageOf(cause), cause));
}
