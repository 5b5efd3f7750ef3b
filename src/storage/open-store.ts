import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { CommitQueue } from './commit-queue.js';
import { prepareFolder } from './data-directory.js';
import { checkDataFile, dataFileSize } from './data-file-check.js';
import { DirectoryLock } from './directory-lock.js';
import { DiskSpace, type FreeBytes } from './disk-space.js';
import { syncFolder } from './durable-file.js';
import { EntryLog } from './entry-log.js';
import { DATA_FILE, type Environment, getRecord, openEnvironment, tableBytes } from './environment.js';
import {
  FIRST_INCARNATION,
  IDENTITY_FILE,
  newInstance,
  readIdentity,
  type StoredIdentity,
  writeIdentity,
} from './identity-file.js';
import { LmdbStore } from './lmdb-store.js';
import { indexOfKey, logKey } from './log-record.js';
import { checkFileSystem, type FileSystemType } from './network-folder.js';
import { refuseByNotes } from './offline-notes.js';
import { REBUILD_HINT } from './rebuild-hint.js';
import { readSettings } from './settings-file.js';
import { SnapshotCatalog } from './snapshot-catalog.js';
import { bootRecord, readStoredState, type StoredState } from './stored-state.js';
import { Sweeper } from './sweeper.js';

/** Folder of the snapshot files within the data directory. */
export const SNAPSHOT_FOLDER = 'snapshots';

export interface StoreOptions {
  readonly dataDir: string;
  /** Whose directory this is to be. */
  readonly nodeId: number;
  /** Name of the state machine whose data lies here. */
  readonly stateMachine: string;
  readonly logger: Logger;
  /** Milliseconds since 1970-01-01 UTC, for what people read. Default: `Date.now`. */
  readonly clock?: () => number;
  /** Free bytes of the file system that a folder is on. Default: what the system says. */
  readonly freeBytes?: FreeBytes;
  /** Kind of the file system that a folder is on. Default: what the system says. */
  readonly fileSystem?: FileSystemType;
}

/**
 * Opens a node's data directory, or makes one. Looks at everything first that would otherwise be noticed too late, and has made one
 * real write, flushed, before it resolves: a disk that takes none is found before the node votes.
 * @throws RaftctlError E_USAGE (no usable folder), E_REFUSED (a disk over a network), E_DATA_DIR_LOCKED, E_IDENTITY, E_WRONG_STATE_MACHINE, E_CORRUPT, E_DISK
 */
export async function openStore(options: StoreOptions): Promise<LmdbStore> {
  const { dataDir } = options;
  await prepareFolder(dataDir);
  await checkFileSystem(dataDir, options.logger, options.fileSystem);
  const lock = await DirectoryLock.acquire(dataDir);
  try {
    await refuseByNotes(dataDir, options.nodeId);
    return await openUnderLock(options, lock);
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}

/**
 * The same for whoever holds the directory already.
 * @param lock given to the store, which releases it when it is closed; undefined: it stays with the caller
 * @throws RaftctlError as `openStore`
 */
export async function openUnderLock(options: StoreOptions, lock: DirectoryLock | undefined): Promise<LmdbStore> {
  const { dataDir } = options;
  let environment: Environment | undefined;
  try {
    await prepareFolder(join(dataDir, SNAPSHOT_FOLDER));
    const identity = await establishIdentity(options);
    environment = openEnvironment(dataDir);
    await syncFolder(dataDir);
    return await assemble(options, lock, identity, environment);
  } catch (thrown) {
    await environment?.root.close();
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_DISK', `${dataDir} cannot be opened: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/**
 * Whose directory this is. The identity is written before the database, and the database is never without it: what has a cluster and
 * no database has lost its memory, and what has a database and no identity may be anybody's.
 */
async function establishIdentity({
  dataDir,
  nodeId,
  stateMachine,
  logger,
  clock = Date.now,
}: StoreOptions): Promise<StoredIdentity> {
  const found = await readIdentity(dataDir);
  const size = (await dataFileSize(dataDir)) ?? 0;
  if (found === undefined) {
    if (size > 0) {
      throw new RaftctlError('E_IDENTITY', `${dataDir} has a database, but no ${IDENTITY_FILE} that says whose it is`);
    }
    const createdAt = new Date(clock()).toISOString();
    const fresh = {
      nodeId,
      clusterId: '',
      incarnation: FIRST_INCARNATION,
      stateMachine,
      createdAt,
      instance: newInstance(),
    };
    await writeIdentity(dataDir, fresh);
    return fresh;
  }
  if (found.nodeId !== nodeId) {
    throw new RaftctlError('E_IDENTITY', `${dataDir} belongs to node ${found.nodeId}, this is node ${nodeId}`);
  }
  if (found.stateMachine !== stateMachine) {
    throw new RaftctlError('E_WRONG_STATE_MACHINE', `${dataDir} holds a ${found.stateMachine}, not a ${stateMachine}`);
  }
  if (size > 0) await checkFoundData(dataDir, found, logger);
  else if (found.clusterId !== '') {
    throw new RaftctlError(
      'E_CORRUPT',
      `${join(dataDir, DATA_FILE)} is missing or empty, but node ${nodeId} is a member of a cluster`,
      {
        facts: ['a member that has forgotten what it voted for can break the cluster'],
        hint: REBUILD_HINT,
      },
    );
  }
  if (found.instance !== '') return found;
  const named = { ...found, instance: newInstance() };
  await writeIdentity(dataDir, named);
  return named;
}

/**
 * Looks at a database before it is opened. One that was being made when the power went away may be there in part: a node of no cluster has
 * promised nothing to anybody, and makes it anew.
 */
async function checkFoundData(dataDir: string, { clusterId }: StoredIdentity, logger: Logger): Promise<void> {
  try {
    await checkDataFile(dataDir);
  } catch (thrown) {
    if (clusterId !== '') throw thrown;
    logger.warn('the database was never completed, and is made anew', { reason: messageOf(thrown) });
    await rm(join(dataDir, DATA_FILE));
    await syncFolder(dataDir);
  }
}

async function assemble(
  options: StoreOptions,
  lock: DirectoryLock | undefined,
  found: StoredIdentity,
  environment: Environment,
): Promise<LmdbStore> {
  const { dataDir, logger, clock = Date.now } = options;
  const commits = new CommitQueue(environment, logger);
  const stored = readStoredState(environment);
  checkBoot(options, environment);
  await commits.commit((batch) => bootRecord.write(batch, environment, { nodeId: found.nodeId, startedMs: clock() }));
  const identity = await completeIdentity(dataDir, found, stored);
  const log = new EntryLog(stored.bounds, tableBytes(environment.log), (index) =>
    getRecord(environment.log, logKey(index)),
  );
  const verified = log.verifyTail();
  logger.info('the log is verified', { first: log.firstIndex, last: log.lastIndex, verified });
  const catalog = await SnapshotCatalog.load(join(dataDir, SNAPSHOT_FOLDER), identity.clusterId, logger);
  const settings = await readSettings(dataDir);
  const space = new DiskSpace(dataDir, logger, options.freeBytes);
  await space.refresh();
  const sweeper = new Sweeper(commits, logger);
  sweepLeftovers(sweeper, environment, log, stored);
  return new LmdbStore({
    ...{ dataDir, environment, identity, settings, stored, log, commits, sweeper, catalog, lock, space, logger },
    nowMs: clock,
  });
}

/** The database says itself whose it is: it may have been copied beside another node's identity. */
function checkBoot({ dataDir, nodeId }: StoreOptions, environment: Environment): void {
  const before = bootRecord.read(environment);
  if (before === undefined || before.nodeId === nodeId) return;
  throw new RaftctlError(
    'E_IDENTITY',
    `${join(dataDir, DATA_FILE)} belongs to node ${before.nodeId}, this is node ${nodeId}`,
  );
}

/** A bootstrap whose database was written and whose identity was not is completed; otherwise they must speak of the same cluster. */
async function completeIdentity(
  dataDir: string,
  identity: StoredIdentity,
  stored: StoredState,
): Promise<StoredIdentity> {
  const clusterId = stored.bootstrapSpec?.clusterId ?? identity.clusterId;
  if (clusterId === identity.clusterId) return identity;
  if (identity.clusterId !== '') {
    throw new RaftctlError(
      'E_IDENTITY',
      `${dataDir} has a database of cluster ${clusterId} and an identity of ${identity.clusterId}`,
    );
  }
  const completed = { ...identity, clusterId };
  await writeIdentity(dataDir, completed);
  return completed;
}

/** What a crash has left: entries outside the log, and records in the keyspace that is not live. */
function sweepLeftovers(sweeper: Sweeper, environment: Environment, log: EntryLog, stored: StoredState): void {
  const isLive = (key: Uint8Array) => log.holds(indexOfKey(key));
  sweeper.sweepInBackground({ table: environment.log, end: logKey(log.firstIndex), isLive });
  sweeper.sweepInBackground({ table: environment.log, start: logKey(log.lastIndex + 1), isLive });
  sweeper.sweepInBackground({ table: environment.states[stored.keyspace === 0 ? 1 : 0] });
}
