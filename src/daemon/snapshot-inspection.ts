import { assert } from '../base/assert.js';
import type { SnapshotFileHeader, SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import { readSnapshotFile, verifySnapshotFile } from '../storage/offline-snapshot.js';
import type { SnapshotSummary } from '../storage/snapshot-file.js';
import { type ReadableRecord, readableRecord } from './readable-records.js';

/** Prefixes that are told apart; the keys of further ones are counted together. */
const PREFIXES_MAX = 1000;

/** Keys of one kind. */
export interface KeyGroup {
  readonly type: string;
  /** What the keys of the hash table begin with, `app/`; empty for those without a slash, and for all other types; null for what was too much to tell apart. */
  readonly prefix: string | null;
  readonly keys: number;
  /** Of keys and values. */
  readonly bytes: number;
}

/** What a snapshot file says of itself, and what it holds. */
export interface InspectedSnapshot extends SnapshotSummary {
  /** By type, the largest first within one. */
  readonly groups: readonly KeyGroup[];
}

/**
 * Reads a whole snapshot file, verifies it, and counts what is in it.
 * @param depth parts of a key, parted by slashes, by which the keys of the hash table are told apart
 * @throws RaftctlError E_USAGE where it cannot be read, E_CORRUPT where it is damaged
 */
export async function inspectSnapshot(path: string, depth: number): Promise<InspectedSnapshot> {
  const records = new OrderedRecords(path);
  const groups = new Map<string, KeyGroup>();
  for (let record = await records.next(); record !== undefined; record = await records.next()) {
    const { name, bytes, content } = readableRecord(records.header.stateMachine, record);
    const { type } = content;
    const named = type === 'kv' ? prefixOf(name, depth) : '';
    const prefix = groups.has(groupKey(type, named)) || groups.size < PREFIXES_MAX ? named : null;
    const group = groups.get(groupKey(type, prefix)) ?? { type, prefix, keys: 0, bytes: 0 };
    groups.set(groupKey(type, prefix), { ...group, keys: group.keys + 1, bytes: group.bytes + bytes });
  }
  const sorted = [...groups.values()].sort((a, b) => compareText(a.type, b.type) || b.bytes - a.bytes);
  return { ...records.summary, groups: sorted };
}

const groupKey = (type: string, prefix: string | null) => JSON.stringify([type, prefix]);

/** `a/b/` of `a/b/c` at depth 2 and more. */
function prefixOf(key: string, depth: number): string {
  const parts = key.split('/').slice(0, -1).slice(0, depth);
  return parts.length === 0 ? '' : `${parts.join('/')}/`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The records of a snapshot file, in the order of their keys, for people to read. Of a damaged file none is given out.
 * @throws RaftctlError as `inspectSnapshot`
 */
export async function* decodeSnapshot(path: string): AsyncGenerator<ReadableRecord> {
  await verifySnapshotFile(path);
  const records = new OrderedRecords(path);
  for (let record = await records.next(); record !== undefined; record = await records.next()) {
    yield readableRecord(records.header.stateMachine, record);
  }
}

/** A key in which two snapshots differ. */
export interface KeyDifference {
  readonly change: 'added' | 'removed' | 'changed';
  /** Undefined where the key is not there. */
  readonly before: ReadableRecord | undefined;
  readonly after: ReadableRecord | undefined;
}

/**
 * The keys in which two snapshot files differ, in their order, while both are read side by side: of each file one chunk is held at a
 * time. The end says what the files say of themselves.
 * @throws RaftctlError as `inspectSnapshot`, perhaps behind differences that were given out already
 */
export async function* diffSnapshots(
  pathBefore: string,
  pathAfter: string,
): AsyncGenerator<KeyDifference, { readonly before: SnapshotSummary; readonly after: SnapshotSummary }> {
  const [before, after] = [new OrderedRecords(pathBefore), new OrderedRecords(pathAfter)];
  let [left, right] = [await before.next(), await after.next()];
  const readable = (records: OrderedRecords, record: SnapshotRecord | undefined) =>
    record === undefined ? undefined : readableRecord(records.header.stateMachine, record);
  while (left !== undefined || right !== undefined) {
    const order = left === undefined ? 1 : right === undefined ? -1 : Math.sign(Buffer.compare(left.key, right.key));
    const isSame = order === 0 && Buffer.compare(left?.value ?? nothing, right?.value ?? nothing) === 0;
    if (!isSame) {
      const change = order < 0 ? 'removed' : order > 0 ? 'added' : 'changed';
      yield {
        change,
        before: readable(before, order <= 0 ? left : undefined),
        after: readable(after, order >= 0 ? right : undefined),
      };
    }
    if (order <= 0) left = await before.next();
    if (order >= 0) right = await after.next();
  }
  return { before: before.summary, after: after.summary };
}

const nothing = new Uint8Array();

/** Takes the records of a file one by one. */
class OrderedRecords {
  readonly #chunks: AsyncGenerator<readonly SnapshotRecord[], SnapshotSummary>;
  #header: SnapshotFileHeader | undefined;
  #summary: SnapshotSummary | undefined;
  #chunk: readonly SnapshotRecord[] = [];
  #at = 0;

  constructor(path: string) {
    this.#chunks = readSnapshotFile(path, (header) => {
      this.#header = header;
    });
  }

  /** Known once the first record was asked for. */
  get header(): SnapshotFileHeader {
    assert(this.#header !== undefined, 'no record was asked for');
    return this.#header;
  }

  /** Known once there is no record any more. */
  get summary(): SnapshotSummary {
    assert(this.#summary !== undefined, 'the file is not read to its end');
    return this.#summary;
  }

  /** The next one; undefined behind the last. */
  async next(): Promise<SnapshotRecord | undefined> {
    while (this.#at === this.#chunk.length && this.#summary === undefined) {
      const step = await this.#chunks.next();
      if (step.done === true) this.#summary = step.value;
      else [this.#chunk, this.#at] = [step.value, 0];
    }
    return this.#chunk[this.#at++];
  }
}
