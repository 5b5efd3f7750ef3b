import { join } from 'node:path';
import { type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { messageOf, RaftctlError } from '../base/errors.js';
import { REBUILD_HINT } from './rebuild-hint.js';

/** A named sub-database of plain bytes. */
export type Table = Database<Uint8Array, Uint8Array>;

/** A held view of the environment as of one moment. */
export type ReadTransaction = Transaction;

/** The LMDB environment of a node. Nothing is ever kept in its unnamed root. */
export interface Environment {
  readonly root: RootDatabase<Uint8Array, Uint8Array>;
  readonly log: Table;
  readonly meta: Table;
  /** The two keyspaces; the applied state says which one is live. */
  readonly states: readonly [Table, Table];
}

/** Which of the two keyspaces. */
export type KeyspaceNumber = 0 | 1;

/** Name of the database file within the data directory. */
export const DATA_FILE = 'data.mdb';

const binary = { keyEncoding: 'binary', encoding: 'binary', cache: false } as const;

/**
 * Opens, or creates, the environment in a folder. The sub-databases are created in synchronous transactions: this is the one place
 * where that is no harm, since nothing is served yet.
 * @param mode opened for reading, nothing is created and nothing can be written
 * @throws RaftctlError E_CORRUPT
 */
export function openEnvironment(dataDir: string, mode: 'reading' | 'writing' = 'writing'): Environment {
  // Files that LMDB creates get their mode from the umask alone.
  const umask = process.umask(0o077);
  try {
    const root = open<Uint8Array, Uint8Array>({
      path: dataDir,
      // A folder whose name has a dot in it would be taken for the name of a file.
      noSubdir: false,
      // Commits resolve when they are flushed, and what was rejected stays gone; by default neither holds, and a meta page may reach the
      // disk before the pages it speaks of: that lasted 4 simulated power cuts, this lost nothing in hundreds (docs/durability.md). What
      // makes LMDB faster by leaving flushes out (noSync, noMetaSync, useWritemap) is never set.
      overlappingSync: false,
      readOnly: mode === 'reading',
      ...binary,
    });
    const table = (name: string): Table => root.openDB<Uint8Array, Uint8Array>({ name, ...binary });
    return { root, log: table('log'), meta: table('meta'), states: [table('state-a'), table('state-b')] };
  } catch (thrown) {
    throw new RaftctlError('E_CORRUPT', `${join(dataDir, DATA_FILE)} cannot be opened: ${messageOf(thrown)}`, {
      cause: thrown,
      hint: REBUILD_HINT,
    });
  } finally {
    process.umask(umask);
  }
}

/**
 * The record of a key.
 * @throws RaftctlError E_CORRUPT where LMDB finds that its own pages make no sense
 */
export function getRecord(table: Table, key: Uint8Array, transaction?: ReadTransaction): Uint8Array | undefined {
  try {
    return table.get(key, transaction === undefined ? undefined : { transaction });
  } catch (thrown) {
    throw unreadable(thrown);
  }
}

/** Which records, as lmdb has it. */
export type RangeOptions = Parameters<Table['getRange']>[0];

/**
 * The records of a range, one at a time.
 * @throws RaftctlError E_CORRUPT, as `getRecord`
 */
export function* rangeOf(table: Table, options: RangeOptions): Generator<{ key: Uint8Array; value: Uint8Array }> {
  let records: Iterator<{ key: Uint8Array; value: Uint8Array }> | undefined;
  const next = () => {
    try {
      records ??= table.getRange(options)[Symbol.iterator]();
      return records.next();
    } catch (thrown) {
      throw unreadable(thrown);
    }
  };
  try {
    for (let step = next(); step.done !== true; step = next()) yield step.value;
  } finally {
    records?.return?.();
  }
}

function unreadable(thrown: unknown): RaftctlError {
  if (messageOf(thrown).includes('closed database')) return new RaftctlError('E_STOPPED', 'the store is closed');
  return new RaftctlError('E_CORRUPT', `the database cannot be read: ${messageOf(thrown)}`, {
    cause: thrown,
    hint: REBUILD_HINT,
  });
}

/** Sizes of the environment. */
export interface DatabaseStats {
  readonly dbBytes: number;
  readonly mapBytes: number;
  readonly readers: number;
}

/** What else is known of an environment, for who looks at it from outside. */
export interface DatabaseDetails extends DatabaseStats {
  readonly lastTransaction: number;
  readonly pageBytes: number;
  /** Pages that hold the list of free pages, in bytes. */
  readonly freeListBytes: number;
}

export function databaseDetails(environment: Environment): DatabaseDetails {
  const { root } = environment;
  const stats: { readonly free?: Partial<Record<string, unknown>> } = root.getStats();
  const free = (name: string) => Number(stats.free?.[name] ?? 0);
  const pageBytes = statOf(root, 'pageSize');
  const freePages = free('treeBranchPageCount') + free('treeLeafPageCount') + free('overflowPages');
  return {
    ...databaseStats(environment),
    lastTransaction: statOf(root, 'lastTxnId'),
    pageBytes,
    freeListBytes: freePages * pageBytes,
  };
}

export function databaseStats({ root }: Environment): DatabaseStats {
  return {
    dbBytes: (statOf(root, 'lastPageNumber') + 1) * statOf(root, 'pageSize'),
    mapBytes: statOf(root, 'mapSize'),
    readers: statOf(root, 'numReaders'),
  };
}

/** Bytes of the pages that hold a table's records: about what the records have. */
export function tableBytes(table: Table): number {
  return (statOf(table, 'treeLeafPageCount') + statOf(table, 'overflowPages')) * statOf(table, 'pageSize');
}

/** One of lmdb's statistics, which it types as an empty object. */
function statOf(table: Table, name: string): number {
  const stats: Partial<Record<string, unknown>> = table.getStats();
  const value = stats[name];
  return typeof value === 'number' ? value : 0;
}
