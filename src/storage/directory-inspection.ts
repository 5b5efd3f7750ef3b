import { setImmediate as nextTurn } from 'node:timers/promises';
import { RaftctlError } from '../base/errors.js';
import type { Entry } from '../gen/raft/v1/raft.js';
import type { AppliedMark, StateRecord, StateView } from '../node/ports.js';
import { checkDataFile, dataFileSize } from './data-file-check.js';
import { lockHolder } from './directory-lock.js';
import { type DatabaseDetails, databaseDetails, type Environment, getRecord, openEnvironment } from './environment.js';
import type { StoredIdentity } from './identity-file.js';
import { KeyspaceReader } from './keyspace-reader.js';
import { damagedEntry, decodeLogRecord, isIntact, logKey } from './log-record.js';
import { type FileSystemType, refuseNetworkFolder } from './network-folder.js';
import { requireDataDirectory } from './offline-directory.js';
import { type DatabaseReader, readReaderTable } from './reader-table.js';
import { CHECKSUM_BYTES, checksumOf } from './sealed-record.js';
import { appliedRecord, keyspaceNumber, markOf, readStoredState, type StoredState } from './stored-state.js';

/** Records that are read as of one moment; then the moment is a later one. What is held long, the node cannot reuse. */
const RECORDS_PER_VIEW = 1000;

/** Looks at the meta pages of a database that is written to meanwhile, until two of them are of one moment. */
const LOOKS_MAX = 20;

/** A data directory that is looked at, whether its node runs or not. Nothing in it is changed. */
export class DirectoryInspection {
  private constructor(
    readonly path: string,
    readonly identity: StoredIdentity,
    /** Process of the node that runs on it; undefined where none does. */
    readonly holder: number | undefined,
    /** Who read the database before it was opened here. */
    readonly readers: readonly DatabaseReader[],
    readonly environment: Environment,
  ) {}

  /**
   * @throws RaftctlError E_USAGE where it is no data directory of a node, E_REFUSED on a file system over a network, E_CORRUPT
   */
  static async open(path: string, fileSystem?: FileSystemType): Promise<DirectoryInspection> {
    const identity = await requireDataDirectory(path);
    await refuseNetworkFolder(path, fileSystem);
    const holder = await lockHolder(path);
    if (((await dataFileSize(path)) ?? 0) === 0) {
      throw new RaftctlError('E_CORRUPT', `${path} has an identity, but its database is missing or empty`);
    }
    await checkSteadily(path, holder !== undefined);
    const readers = await readReaderTable(path);
    return new DirectoryInspection(path, identity, holder, readers, openEnvironment(path, 'reading'));
  }

  get details(): DatabaseDetails {
    return databaseDetails(this.environment);
  }

  /** What the directory says now. @throws RaftctlError E_CORRUPT */
  stored(): StoredState {
    this.environment.root.resetReadTxn();
    return readStoredState(this.environment);
  }

  /**
   * Entries of the log from `from` to `to`, each verified against the one before it. The log may be compacted and grow meanwhile.
   * @throws RaftctlError E_CORRUPT
   */
  async *entries(from: number, to: number): AsyncGenerator<Entry> {
    for (let next = from; ; await nextTurn()) {
      const { bounds } = this.stored();
      next = Math.max(next, bounds.truncatedIndex + 1);
      const end = Math.min(to, bounds.lastIndex, next + RECORDS_PER_VIEW - 1);
      // Gathered first: who takes them may take its time, and what is read is of this moment.
      const entries: Entry[] = [];
      for (; next <= end; next++) {
        const record = this.record(next);
        if (record === undefined) throw damagedEntry(next, 'it is missing');
        if (!isIntact(this.checksumBefore(next, bounds), next, record)) {
          throw damagedEntry(next, 'its checksum does not match');
        }
        entries.push(decodeLogRecord(next, record));
      }
      if (entries.length === 0) return;
      yield* entries;
    }
  }

  /** The record of an index as it lies on disk. */
  record(index: number): Uint8Array | undefined {
    return getRecord(this.environment.log, logKey(index));
  }

  /** Checksum in the chain of the entry before `index`; that of a record which is missing is 0. */
  checksumBefore(index: number, bounds: StoredState['bounds']): number {
    if (index - 1 === bounds.truncatedIndex) return bounds.truncatedChecksum;
    const before = this.record(index - 1);
    return before === undefined || before.length < CHECKSUM_BYTES ? 0 : checksumOf(before);
  }

  /** The applied state as of now, for a few reads. */
  view(): StateView {
    return new KeyspaceReader(() => this.environment.states[this.stored().keyspace]);
  }

  /**
   * Hands out the whole applied state as of one moment. While a node runs, its database grows by what it writes meanwhile.
   * @throws RaftctlError E_CORRUPT
   */
  async wholeState(begin: (mark: AppliedMark) => (record: StateRecord) => void): Promise<void> {
    const { root, states } = this.environment;
    root.resetReadTxn();
    const transaction = root.useReadTransaction();
    try {
      const applied = appliedRecord.read(this.environment, transaction);
      if (applied === undefined) return;
      const table = states[keyspaceNumber(applied)];
      const take = begin(markOf(applied));
      const reader = new KeyspaceReader(() => table, transaction);
      for (let after: Uint8Array | undefined; ; await nextTurn()) {
        let records = 0;
        for (const record of reader.following(after)) {
          take(record);
          after = record.key;
          if (++records === RECORDS_PER_VIEW) break;
        }
        if (records < RECORDS_PER_VIEW) return;
      }
    } finally {
      transaction.done();
    }
  }

  async close(): Promise<void> {
    await this.environment.root.close();
  }
}

/** Looks at a directory and lets go of it behind `use`. @throws RaftctlError as `DirectoryInspection.open`, and whatever `use` throws */
export async function inspectDirectory<T>(
  path: string,
  use: (inspection: DirectoryInspection) => Promise<T>,
  fileSystem?: FileSystemType,
): Promise<T> {
  const inspection = await DirectoryInspection.open(path, fileSystem);
  try {
    return await use(inspection);
  } finally {
    await inspection.close();
  }
}

/** Of a database that is written to, the two newest pages may be read in different moments: then they are read again. */
async function checkSteadily(path: string, isWrittenTo: boolean): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      return await checkDataFile(path, isWrittenTo ? 'meta pages' : 'pages');
    } catch (thrown) {
      if (!isWrittenTo || look === LOOKS_MAX) throw thrown;
      await nextTurn();
    }
  }
}
