import { readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { unsealRecord } from './sealed-record.js';

// Layout of the pages that lmdb 3.5 writes (LMDB 0.9.90, 64 bit, little-endian).
const TRANSACTION_AT = 8;
const FLAGS_AT = 18;
/** Of a page of keys: end of their list, counted from behind the header. Of the first page of a large value: how many pages it has. */
const LOWER_AT = 20;
const HEADER_BYTES = 24;
const BRANCH = 0x01;
const LEAF = 0x02;
const OVERFLOW = 0x04;

const NODE_HEADER_BYTES = 8;
const BIG_DATA = 0x01;
const SUB_TABLE = 0x02;

/** Of a table without pages. */
const NO_PAGE = 0xffffffffffffffffn;
const TABLE_BYTES = 48;
/** A tree of more levels than this has more records than a disk can hold. */
const DEPTH_MAX = 32;
/** Pages that are read before others have their turn. */
const PAGES_PER_TURN = 256;

/** Tables whose every record stands behind a checksum over key and value. */
const SEALED_TABLES = new Set(['meta', 'state-a', 'state-b']);

/** A file of pages, as its newest meta page says. */
export interface PageFile {
  readonly descriptor: number;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
  /** Records of the table of free pages and of the table of tables. */
  readonly tables: readonly [Buffer, Buffer];
  /** Whether records that carry a checksum are held against it. */
  readonly areRecordsChecked: boolean;
}

/** Why a file makes no sense, in words that follow its name. */
export class DamagedPagesError extends Error {}

/** A node of a page. */
interface PageNode {
  readonly key: Buffer;
  readonly flags: number;
  /** Of a branch: the page below. */
  readonly child: number;
  /** Bytes of the value, which may lie elsewhere. */
  readonly size: number;
  readonly dataAt: number;
}

/** What the record of a table says. */
interface TableRecord {
  readonly name: string;
  readonly flags: number;
  readonly depth: number;
  readonly counts: { branches: number; leaves: number; overflow: number; records: number };
  readonly root: bigint;
}

type Order = (a: Buffer, b: Buffer) => number;

/** Keys that a page may have: at least the first, less than the second. */
type KeyBounds = readonly [Buffer | undefined, Buffer | undefined];

/**
 * Follows the trees of an LMDB file from their roots, and holds every page, key and count against the others: LMDB believes what it reads,
 * and answers that a record is not there, brings back an old one, or ends the process, where a bit of a page has flipped. Records that
 * carry a checksum of their own are held against it. The file may well be shorter than its last page number says, where the last pages are
 * free ones that were never written.
 * @throws DamagedPagesError
 */
export async function checkPages(file: PageFile): Promise<void> {
  await new PageCheck(file).run();
}

class PageCheck {
  /** Pages that are in use or free: none is twice. */
  readonly #taken: Uint8Array;
  #read = 0;
  #newest = 0;

  constructor(private readonly file: PageFile) {
    // A last page that no file could have is damage, and no reason to ask for that much memory.
    const spare = 2 ** 32;
    if (file.lastPage > spare) throw new DamagedPagesError(`it claims to have ${file.lastPage} pages`);
    this.#taken = new Uint8Array(file.lastPage + 1);
  }

  async run(): Promise<void> {
    const { tables, transaction, areRecordsChecked } = this.file;
    const free = tableRecord('free pages', tables[0]);
    const main = tableRecord('tables', tables[1]);
    await this.#table(main, Buffer.compare, async (node, page) => {
      if ((node.flags & SUB_TABLE) === 0 || node.size !== TABLE_BYTES)
        throw damaged('its table of tables has a record');
      const name = node.key.toString().replace(/\0$/, '');
      const record = tableRecord(name, page.subarray(node.dataAt, node.dataAt + TABLE_BYTES));
      if (record.flags !== 0) throw damaged(`table ${name} is of another kind`);
      const isSealed = areRecordsChecked && SEALED_TABLES.has(name);
      await this.#table(record, Buffer.compare, async (inner, innerPage) => {
        const value = this.#value(inner, innerPage, isSealed);
        if (isSealed && unsealRecord(inner.key, value) === undefined) throw damagedRecord(name, inner.key);
      });
    });
    await this.#table(free, byNumber, async (node, page) => this.#freePages(this.#value(node, page, true)));
    // Each transaction writes at least the roots anew.
    if (main.root !== NO_PAGE && this.#newest !== transaction) {
      throw damaged(`its newest page is of transaction ${this.#newest}, not of ${transaction}: one is lost`);
    }
  }

  async #table(
    table: TableRecord,
    order: Order,
    visit: (node: PageNode, page: Buffer) => Promise<void>,
  ): Promise<void> {
    const found = { branches: 0, leaves: 0, overflow: 0, records: 0 };
    const descend = async (number: number, level: number, [low, high]: KeyBounds): Promise<void> => {
      const page = this.#page(number);
      if (++this.#read % PAGES_PER_TURN === 0) await nextTurn();
      const isBranch = level < table.depth;
      const nodes = nodesOf(page, number, isBranch);
      if (isBranch) found.branches++;
      else found.leaves++;
      let before = low;
      for (const [at, node] of nodes.entries()) {
        // The first key of a branch stands for everything below the second.
        const key = isBranch && at === 0 ? low : node.key;
        const isInOrder = before === undefined || key === undefined || order(before, key) < (at === 0 ? 1 : 0);
        if (!isInOrder || (key !== undefined && high !== undefined && order(key, high) >= 0)) {
          throw damaged(`the keys of page ${number}, of table ${table.name}, are out of order`);
        }
        before = key ?? before;
        if (isBranch) {
          await descend(node.child, level + 1, [key, nodes[at + 1]?.key ?? high]);
        } else {
          found.records++;
          if ((node.flags & BIG_DATA) !== 0) found.overflow += page.readUInt32LE(node.dataAt + 16);
          await visit(node, page);
        }
      }
    };
    if (table.root !== NO_PAGE) await descend(Number(table.root), 1, [undefined, undefined]);
    const { counts } = table;
    for (const what of ['branches', 'leaves', 'overflow', 'records'] as const) {
      if (found[what] === counts[what]) continue;
      throw damaged(`table ${table.name} has ${found[what]} ${whatCounts[what]} and should have ${counts[what]}`);
    }
  }

  /** Reads a page of keys, which belongs to one tree alone. */
  #page(number: number): Buffer {
    this.#take(number);
    const page = this.#bytes(number, this.file.pageSize);
    this.#checkHeader(page, number);
    return page;
  }

  #checkHeader(page: Buffer, number: number): void {
    const transaction = Number(page.readBigUInt64LE(TRANSACTION_AT));
    if (Number(page.readBigUInt64LE(0)) !== number) throw damaged(`page ${number} says that it is another one`);
    if (transaction > this.file.transaction) throw damaged(`page ${number} is of a transaction that never was`);
    this.#newest = Math.max(this.#newest, transaction);
  }

  /** @param isRead otherwise only its pages are looked at */
  #value(node: PageNode, page: Buffer, isRead: boolean): Buffer {
    if ((node.flags & BIG_DATA) === 0) return page.subarray(node.dataAt, node.dataAt + node.size);
    const first = Number(page.readBigUInt64LE(node.dataAt));
    const count = page.readUInt32LE(node.dataAt + 16);
    const length = HEADER_BYTES + node.size;
    // It may have more: of a longer value that it took the place of.
    if (count < Math.ceil(length / this.file.pageSize)) {
      throw damaged(`the large value in page ${first} has only ${count} pages`);
    }
    for (let i = 0; i < count; i++) this.#take(first + i);
    const bytes = this.#bytes(first, isRead ? length : HEADER_BYTES);
    this.#checkHeader(bytes, first);
    if (bytes.readUInt16LE(FLAGS_AT) !== OVERFLOW || bytes.readUInt32LE(LOWER_AT) !== count) {
      throw damaged(`page ${first} is not the beginning of a large value`);
    }
    return bytes.subarray(HEADER_BYTES);
  }

  /** A list of page numbers behind its length. A negative number says of how many pages from the next one on it speaks. */
  #freePages(list: Buffer): void {
    const numbers = list.length >= 8 ? Number(list.readBigInt64LE(0)) : -1;
    if (numbers < 0 || (numbers + 1) * 8 > list.length) throw damaged('its list of free pages is cut short');
    let count = 1;
    for (let i = 1; i <= numbers; i++) {
      const number = Number(list.readBigInt64LE(i * 8));
      if (number < 0) count = -number;
      else {
        if (number > 0) for (let page = number; page < number + count; page++) this.#take(page);
        count = 1;
      }
    }
  }

  #take(number: number): void {
    if (number < 2 || number > this.file.lastPage) throw damaged(`there is no page ${number}`);
    if (this.#taken[number] === 1) throw damaged(`page ${number} is used twice`);
    this.#taken[number] = 1;
  }

  #bytes(number: number, length: number): Buffer {
    const { descriptor, pageSize } = this.file;
    const bytes = Buffer.allocUnsafe(length);
    if (readSync(descriptor, bytes, 0, length, number * pageSize) !== length) {
      throw damaged(`page ${number} lies outside of the file, which is cut short`);
    }
    return bytes;
  }
}

const whatCounts = {
  branches: 'branch pages',
  leaves: 'leaf pages',
  overflow: 'pages of large values',
  records: 'records',
};

function nodesOf(page: Buffer, number: number, isBranch: boolean): PageNode[] {
  const flags = page.readUInt16LE(FLAGS_AT);
  const lower = page.readUInt16LE(LOWER_AT);
  if (flags !== (isBranch ? BRANCH : LEAF) || lower % 2 !== 0 || HEADER_BYTES + lower > page.length) {
    throw damaged(`page ${number} is not the page of keys that it should be`);
  }
  const nodes: PageNode[] = [];
  for (let at = HEADER_BYTES; at < HEADER_BYTES + lower; at += 2) {
    const node = nodeAt(page, HEADER_BYTES + page.readUInt16LE(at), isBranch);
    if (node === undefined) throw damaged(`a key of page ${number} lies outside of it`);
    nodes.push(node);
  }
  return nodes;
}

function nodeAt(page: Buffer, at: number, isBranch: boolean): PageNode | undefined {
  if (at + NODE_HEADER_BYTES > page.length) return undefined;
  const low = page.readUInt32LE(at);
  const flags = page.readUInt16LE(at + 4);
  const keyAt = at + NODE_HEADER_BYTES;
  const dataAt = keyAt + page.readUInt16LE(at + 6);
  if (dataAt > page.length) return undefined;
  const key = page.subarray(keyAt, dataAt);
  if (isBranch) return { key, flags: 0, child: low + flags * 2 ** 32, size: 0, dataAt };
  const isKnown = flags === 0 || flags === BIG_DATA || flags === SUB_TABLE;
  const end = dataAt + (flags === BIG_DATA ? 24 : low);
  return isKnown && end <= page.length ? { key, flags, child: 0, size: low, dataAt } : undefined;
}

function tableRecord(name: string, record: Buffer): TableRecord {
  const count = (at: number) => Number(record.readBigUInt64LE(at));
  const depth = record.readUInt16LE(6);
  const root = record.readBigUInt64LE(40);
  if (depth > DEPTH_MAX || (root === NO_PAGE) !== (depth === 0)) throw damaged(`table ${name} is ${depth} levels deep`);
  const counts = { branches: count(8), leaves: count(16), overflow: count(24), records: count(32) };
  return { name, flags: record.readUInt16LE(4), depth, counts, root };
}

function byNumber(a: Buffer, b: Buffer): number {
  return a.length !== 8 || b.length !== 8 ? 0 : Number(a.readBigUInt64LE(0) - b.readBigUInt64LE(0));
}

function damaged(reason: string): DamagedPagesError {
  return new DamagedPagesError(reason);
}

function damagedRecord(table: string, key: Buffer): DamagedPagesError {
  const [where, name] = table === 'meta' ? ['the database', key.toString()] : ['the state', key.toString('hex')];
  return damaged(`the record ${name} of ${where} is damaged`);
}
