import { createHash } from 'node:crypto';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import type { Entry } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { StateView } from '../node/ports.js';
import { checkDataFile, dataFileSize } from './data-file-check.js';
import { EntryLog } from './entry-log.js';
import { type Environment, getRecord, openEnvironment } from './environment.js';
import { KeyspaceReader } from './keyspace-reader.js';
import { logKey } from './log-record.js';
import { SNAPSHOT_FOLDER } from './open-store.js';
import { COMPLETE } from './snapshot-catalog.js';
import { summarise } from './snapshot-file.js';
import { readStoredState, type StoredState } from './stored-state.js';

/** Bytes of entries that are read at a time. */
const pageBytes = 1024 * 1024;

/** A snapshot file, by what it says of itself. */
export interface SnapshotFileFacts extends SnapshotInfo {
  readonly path: string;
}

/** What stands in a data directory, as of the moment it was opened. */
export class OfflineReading {
  readonly view: StateView;

  constructor(
    private readonly dataDir: string,
    private readonly environment: Environment,
    readonly stored: StoredState,
    private readonly log: EntryLog,
  ) {
    this.view = this.keyspace();
  }

  /**
   * The entries of the log, in its order, each verified.
   * @throws RaftctlError E_CORRUPT with the index of what is damaged
   */
  *entries(): Generator<Entry> {
    for (let next = this.log.firstIndex; next <= this.log.lastIndex; ) {
      for (const entry of this.log.entries(next, this.log.lastIndex + 1, pageBytes)) {
        yield entry;
        next = entry.index + 1;
      }
    }
  }

  /**
   * SHA-256 of the log: its bounds, and its records with the checksums that chain them. Two logs with the same one are the same.
   * @throws RaftctlError E_CORRUPT
   */
  logDigest(): string {
    const { truncatedIndex, truncatedTerm } = this.stored.bounds;
    const digest = createHash('sha256').update(`${truncatedIndex} ${truncatedTerm}\n`);
    for (const { index } of this.entries()) digest.update(this.record(index) ?? '');
    return digest.digest('hex');
  }

  /**
   * SHA-256 of the applied state: keys and values, each with its length.
   * @throws RaftctlError E_CORRUPT with the record that is damaged
   */
  stateDigest(): string {
    const digest = createHash('sha256');
    for (const { key, value } of this.keyspace().following(undefined)) {
      digest.update(`${key.length} ${value.length}\n`).update(key).update(value);
    }
    return digest.digest('hex');
  }

  /**
   * The complete snapshot files, newest first, by what their first and last frames say.
   * @throws RaftctlError E_CORRUPT naming the file
   */
  async snapshots(): Promise<SnapshotFileFacts[]> {
    const folder = join(this.dataDir, SNAPSHOT_FOLDER);
    const names = await readdir(folder).catch(() => []);
    const found: SnapshotFileFacts[] = [];
    for (const name of names.filter((file) => file.endsWith(COMPLETE))) {
      const path = join(folder, name);
      const handle = await open(path, 'r');
      try {
        found.push({ ...(await summarise(handle)).info, path });
      } catch (cause) {
        throw new RaftctlError('E_CORRUPT', `the snapshot file ${path} is damaged`, { cause });
      } finally {
        await handle.close();
      }
    }
    return found.sort((a, b) => b.index - a.index);
  }

  /** The applied state. */
  keyspace(): KeyspaceReader {
    return new KeyspaceReader(() => this.environment.states[this.stored.keyspace]);
  }

  private record(index: number): Uint8Array | undefined {
    return getRecord(this.environment.log, logKey(index));
  }
}

/** Opens the database of a data directory to be looked at, and closes it again. The caller holds the directory's lock. */
export async function readOffline<T>(dataDir: string, use: (reading: OfflineReading) => T | Promise<T>): Promise<T> {
  if (((await dataFileSize(dataDir)) ?? 0) === 0) {
    throw new RaftctlError('E_CORRUPT', `${dataDir} has an identity, but its database is missing or empty`);
  }
  await checkDataFile(dataDir);
  const environment = openEnvironment(dataDir, 'reading');
  try {
    const stored = readStoredState(environment);
    const log = new EntryLog(stored.bounds, 0, (index) => getRecord(environment.log, logKey(index)));
    log.verifyTail();
    return await use(new OfflineReading(dataDir, environment, stored, log));
  } finally {
    await environment.root.close();
  }
}
