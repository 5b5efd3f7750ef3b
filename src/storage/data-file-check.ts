import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { checkPages, DamagedPagesError } from './data-file-pages.js';
import { DATA_FILE } from './environment.js';
import { REBUILD_HINT } from './rebuild-hint.js';

/** What one of the two meta pages of an LMDB file says. */
interface MetaPage {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
  /** Records of the table of free pages and of the table of tables. */
  readonly tables: readonly [Buffer, Buffer];
}

// Offsets within a meta page, of the format that lmdb 3.5 writes (LMDB 0.9.90, 64 bit, little-endian).
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const FREE_TABLE_AT = 48;
const MAIN_TABLE_AT = 96;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 160;

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];

/** Size of the database file; undefined where there is none. */
export async function dataFileSize(dataDir: string): Promise<number | undefined> {
  return withDataFile(dataDir, async (handle) => (await handle.stat()).size);
}

/**
 * How much is looked at: the two meta pages; all pages, how they hang together; the checksums of the records in them as well. A database
 * that is written to has no moment at which all of its pages could be read.
 */
export type CheckDepth = 'meta pages' | 'pages' | 'records';

/**
 * Looks at the database file before it is opened. LMDB trusts what it maps: a file that is cut short ends the process by a signal, and
 * an older meta page silently brings back an older state.
 * @throws RaftctlError E_CORRUPT
 */
export async function checkDataFile(dataDir: string, depth: CheckDepth = 'records'): Promise<void> {
  await withDataFile(dataDir, async (handle) => {
    const refuse = (reason: string): never => {
      throw new RaftctlError('E_CORRUPT', `${join(dataDir, DATA_FILE)} is damaged: ${reason}`, {
        hint: REBUILD_HINT,
      });
    };
    const first = (await readMetaPage(handle, 0)) ?? refuse('its first page is no LMDB page of this version');
    const second =
      (await readMetaPage(handle, first.pageSize)) ?? refuse('its second page is no LMDB page of this version');
    if (second.pageSize !== first.pageSize) refuse(`its pages are ${first.pageSize} or ${second.pageSize} bytes long`);
    const apart = Math.abs(first.transaction - second.transaction);
    if (apart > 1 || (apart === 0 && first.transaction > 0)) {
      refuse(`its two newest transactions are ${first.transaction} and ${second.transaction}: one is lost`);
    }
    const newest = first.transaction > second.transaction ? first : second;
    // Of a database that was made and never written to there is nothing to follow.
    if (newest.transaction === 0 || depth === 'meta pages') return;
    try {
      await checkPages({ ...newest, descriptor: handle.fd, areRecordsChecked: depth === 'records' });
    } catch (thrown) {
      if (!(thrown instanceof DamagedPagesError)) throw thrown;
      refuse(thrown.message);
    }
  });
}

async function readMetaPage(handle: FileHandle, at: number): Promise<MetaPage | undefined> {
  const page = Buffer.alloc(META_BYTES);
  const { bytesRead } = await handle.read(page, 0, META_BYTES, at);
  if (bytesRead < META_BYTES) return undefined;
  if (page.readUInt32LE(MAGIC_AT) !== MAGIC || (page.readUInt32LE(VERSION_AT) & 0xffff) !== FORMAT) return undefined;
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  if (!PAGE_SIZES.includes(pageSize)) return undefined;
  return {
    pageSize,
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: Number(page.readBigUInt64LE(TRANSACTION_AT)),
    tables: [page.subarray(FREE_TABLE_AT, MAIN_TABLE_AT), page.subarray(MAIN_TABLE_AT, LAST_PAGE_AT)],
  };
}

async function withDataFile<T>(dataDir: string, use: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  const path = join(dataDir, DATA_FILE);
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw new RaftctlError('E_DISK', `${path} cannot be read`, { cause: thrown });
  }
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
