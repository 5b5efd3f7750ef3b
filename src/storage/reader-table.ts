import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';

/** LMDB's table of who reads; made anew by the first process that opens the database. */
export const READERS_FILE = 'lock.mdb';

// Layout of the file that lmdb 3.5 writes (LMDB 0.9.90, 64 bit, little-endian).
const MAGIC = 0xbeefc0de;
const READERS_AT = 208;
const READER_BYTES = 64;
const COUNT_AT = 16;
const PID_AT = 8;
const NO_TRANSACTION = 0xffffffffffffffffn;
/** More than any environment of this project has. */
const READERS_MAX = 4096;

/** A process that has, or had, the database open. */
export interface DatabaseReader {
  readonly pid: number;
  /** What it reads as of; undefined where it reads nothing now. Pages that were freed later than that cannot be reused. */
  readonly transaction: number | undefined;
  /** The process is gone, as far as this one can see: processes of another container it cannot. */
  readonly isStale: boolean;
}

/**
 * Who reads the database of a data directory, without opening it: LMDB itself clears the table of those that are gone when it is opened.
 * @throws RaftctlError E_CORRUPT where the file is of another form
 */
export async function readReaderTable(dataDir: string): Promise<DatabaseReader[]> {
  const path = join(dataDir, READERS_FILE);
  const handle = await open(path, 'r').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw new RaftctlError('E_DISK', `${path} cannot be read: ${thrown.message}`, { cause: thrown });
  });
  if (handle === undefined) return [];
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, READERS_AT + READERS_MAX * READER_BYTES));
    await handle.read(bytes, 0, bytes.length, 0);
    if (bytes.length === 0) return [];
    if (bytes.length < READERS_AT || bytes.readUInt32LE(0) !== MAGIC) {
      throw new RaftctlError('E_CORRUPT', `${path} is no table of readers of this version`);
    }
    const slots = Math.min(bytes.readUInt32LE(COUNT_AT), Math.floor((bytes.length - READERS_AT) / READER_BYTES));
    return Array.from({ length: slots }, (_, slot) => READERS_AT + slot * READER_BYTES).flatMap((at) => {
      const pid = bytes.readUInt32LE(at + PID_AT);
      if (pid === 0) return [];
      const transaction = bytes.readBigUInt64LE(at);
      return [
        { pid, transaction: transaction === NO_TRANSACTION ? undefined : Number(transaction), isStale: !isAlive(pid) },
      ];
    });
  } finally {
    await handle.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Not allowed to signal it: then it is there.
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}
