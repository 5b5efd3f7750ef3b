import type { FileHandle } from 'node:fs/promises';

// Layout of the pages that lmdb 3.5 writes (LMDB 0.9.90, 64 bit, little-endian).
const PAGE_NUMBER_AT = 0;
const PAGE_FLAGS_AT = 18;
const LOWER_AT = 20;
const HEADER_BYTES = 24;
const BRANCH = 0x01;
const LEAF = 0x02;

const NODE_HEADER_BYTES = 8;
const BIG_DATA = 0x01;
const SUB_TABLE = 0x02;
/** Within the record of a table: its root page. */
export const TABLE_ROOT_AT = 40;
/** Of a table without pages. */
const NO_PAGE = 0xffffffffffffffffn;

/** A file of pages. */
export interface PageFile {
  readonly handle: FileHandle;
  readonly pageSize: number;
  /** Whole pages that the file has. */
  readonly pages: number;
}

/**
 * Follows the trees of an LMDB file from their roots, and says whether all of their pages are in the file. The file may well be shorter
 * than its last page number says, where the last pages are free ones that were never written.
 */
export async function hasAllPages(file: PageFile, roots: readonly bigint[]): Promise<boolean> {
  const ahead = [...roots];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (next === NO_PAGE) continue;
    const page = await readPage(file, next);
    const found = page === undefined ? undefined : pagesBelow(page, file);
    if (found === undefined) return false;
    // Not spread into `push`: a leaf has few, but nobody promises it.
    for (const root of found) ahead.push(root);
  }
  return true;
}

async function readPage({ handle, pageSize, pages }: PageFile, number: bigint): Promise<Buffer | undefined> {
  if (number >= BigInt(pages)) return undefined;
  const page = Buffer.alloc(pageSize);
  const { bytesRead } = await handle.read(page, 0, pageSize, Number(number) * pageSize);
  return bytesRead === pageSize && page.readBigUInt64LE(PAGE_NUMBER_AT) === number ? page : undefined;
}

/** The tree pages that a page points to; undefined where it makes no sense, or its data lies outside the file. */
function pagesBelow(page: Buffer, file: PageFile): bigint[] | undefined {
  const flags = page.readUInt16LE(PAGE_FLAGS_AT);
  if ((flags & (BRANCH | LEAF)) === 0) return undefined;
  const found: bigint[] = [];
  try {
    const count = page.readUInt16LE(LOWER_AT) >> 1;
    for (let i = 0; i < count; i++) {
      const node = HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * i);
      const nodeFlags = page.readUInt16LE(node + 4);
      const data = node + NODE_HEADER_BYTES + page.readUInt16LE(node + 6);
      if ((flags & BRANCH) !== 0) found.push(BigInt(page.readUInt32LE(node)) | (BigInt(nodeFlags) << 32n));
      else if ((nodeFlags & SUB_TABLE) !== 0) found.push(page.readBigUInt64LE(data + TABLE_ROOT_AT));
      else if ((nodeFlags & BIG_DATA) !== 0 && !isWithin(page, data, file)) return undefined;
    }
  } catch {
    return undefined;
  }
  return found;
}

/** Whether a run of overflow pages, described by its first page, a transaction and its length, is in the file. */
function isWithin(page: Buffer, at: number, { pages }: PageFile): boolean {
  return page.readBigUInt64LE(at) + page.readBigUInt64LE(at + 16) <= BigInt(pages);
}
