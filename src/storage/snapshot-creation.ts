import { type FileHandle, open, rm } from 'node:fs/promises';
import { AssertionError } from '../base/assert.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { BootstrapSpec, SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { AppliedState, SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import type { NodeIdentity } from '../node/ports.js';
import type { Environment, ReadTransaction } from './environment.js';
import { KeyspaceReader } from './keyspace-reader.js';
import { SNAPSHOT_CHUNK_BYTES } from './limits.js';
import type { SnapshotCatalog } from './snapshot-catalog.js';
import { readSnapshot, SnapshotFileWriter } from './snapshot-file.js';
import { appliedRecord, bootstrapRecord, keyspaceNumber } from './stored-state.js';

export interface SnapshotCreation {
  readonly environment: Environment;
  readonly catalog: SnapshotCatalog;
  readonly identity: NodeIdentity;
  readonly nowMs: number;
  /** Asked between chunks. */
  readonly isStopped: () => boolean;
}

/**
 * Writes the flushed state to a file, as of one moment: applied state and records come from the same read transaction. The state goes
 * on changing meanwhile; the transaction is held no longer than the disk needs, since nothing that it sees can be reused.
 * @returns the newest snapshot, which may have been there before
 * @throws RaftctlError E_STOPPED, E_NOT_BOOTSTRAPPED, E_CORRUPT, E_DISK
 */
export async function createSnapshot(creation: SnapshotCreation): Promise<SnapshotInfo> {
  const { environment, catalog, identity } = creation;
  if (creation.isStopped()) throw stopped();
  const transaction = environment.root.useReadTransaction();
  let partialPath: string | undefined;
  let handle: FileHandle | undefined;
  try {
    const applied = appliedRecord.read(environment, transaction);
    if (applied === undefined || applied.index === 0) {
      throw new RaftctlError('E_NOT_BOOTSTRAPPED', `node ${identity.nodeId} has no state yet to take a snapshot of`);
    }
    const existing = catalog.list().find(({ index, term }) => index === applied.index && term === applied.term);
    if (existing !== undefined) return existing;
    partialPath = catalog.partialPath(`${applied.index}-${applied.term}`);
    await rm(partialPath, { force: true });
    handle = await open(partialPath, 'wx+', 0o600);
    await writeFile(handle, applied, transaction, creation);
  } catch (thrown) {
    await discard(handle, partialPath);
    throw notWritten(thrown);
  } finally {
    transaction.done();
  }
  try {
    const { info } = await readSnapshot(handle);
    await catalog.add(partialPath, handle, info);
    return info;
  } catch (thrown) {
    await discard(handle, partialPath);
    throw notWritten(thrown);
  }
}

async function discard(handle: FileHandle | undefined, path: string | undefined): Promise<void> {
  await handle?.close();
  if (path !== undefined) await rm(path, { force: true });
}

async function writeFile(
  handle: FileHandle,
  applied: AppliedState,
  transaction: ReadTransaction,
  { environment, identity, nowMs, isStopped }: SnapshotCreation,
): Promise<void> {
  const { index, term, confState, configIndex } = applied;
  const bootstrap: BootstrapSpec | undefined = bootstrapRecord.read(environment, transaction);
  const table = environment.states[keyspaceNumber(applied)];
  const keyspace = new KeyspaceReader(() => table, transaction);
  const writer = new SnapshotFileWriter(handle);
  const { clusterId, incarnation, stateMachine } = identity;
  await writer.writeHeader({
    clusterId,
    incarnation,
    stateMachine,
    index,
    term,
    confState,
    configIndex,
    createdMs: nowMs,
    bootstrap,
  });
  let after: Uint8Array | undefined;
  for (;;) {
    if (isStopped()) throw stopped();
    const records = nextRecords(keyspace, after);
    after = records[records.length - 1]?.key;
    if (after === undefined) break;
    await writer.writeChunk(records);
  }
  await writer.writeTrailer();
}

/** About one chunk of records behind `after`; none at the end. */
function nextRecords(keyspace: KeyspaceReader, after: Uint8Array | undefined): SnapshotRecord[] {
  const records: SnapshotRecord[] = [];
  let bytes = 0;
  for (const { key, value } of keyspace.following(after)) {
    // Field tags and lengths are at most this long.
    bytes += key.length + value.length + 16;
    if (records.length > 0 && bytes > SNAPSHOT_CHUNK_BYTES) break;
    records.push({ key, value });
  }
  return records;
}

function stopped(): RaftctlError {
  return new RaftctlError('E_STOPPED', 'the store is closed');
}

/** The disk refused a part of the file: the live data has nothing to do with it, so the node goes on. */
function notWritten(thrown: unknown): unknown {
  if (thrown instanceof RaftctlError || thrown instanceof AssertionError) return thrown;
  return new RaftctlError('E_DISK', `the snapshot cannot be written: ${messageOf(thrown)}`, { cause: thrown });
}
