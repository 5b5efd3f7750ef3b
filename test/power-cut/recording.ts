import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Random, randomInt } from '../../src/base/random.js';

const SECTOR_BYTES = 512;
const HEADER_BYTES = 48;

/** What a record of `disk-recorder.c` is of. */
const Kind = { WRITE: 1, FLUSHED: 2, WRITTEN_THROUGH: 3, RENAMED: 4, REMOVED: 5, MADE: 6, FOLDER_FLUSHED: 7 } as const;

interface DiskRecord {
  readonly kind: number;
  /** Its place among the operations; of a flush, its beginning. */
  readonly number: number;
  readonly inode: number;
  readonly offset: number;
  /** Bytes of the file before. */
  readonly size: number;
  readonly content: Buffer;
}

/** A sector as it was before an unflushed write. */
interface OldSector {
  readonly number: number;
  readonly bytes: Buffer;
}

/** What is not flushed of a file. */
interface UnflushedFile {
  /** By sector number, oldest first. */
  readonly sectors: Map<number, OldSector[]>;
  sizes: { readonly number: number; readonly size: number }[];
}

/** A change of names in a folder that is not flushed. */
interface UnflushedName {
  readonly kind: number;
  readonly number: number;
  readonly path: string;
  readonly from: string;
}

/** Which of the unflushed writes a power cut loses: all of them, or any of them, each sector for itself. */
export type Loss = 'all' | 'some';

/** What a power cut has taken away. */
export interface Lost {
  readonly sectors: number;
  readonly names: number;
}

/** What a recorded process has written and not flushed when it ended. */
export class Recording {
  readonly #files = new Map<number, UnflushedFile>();
  #names: UnflushedName[] = [];

  private constructor(private readonly folder: string) {}

  static read(folder: string): Recording {
    const recording = new Recording(folder);
    for (const record of recordsOf(readFileSync(join(folder, 'log')))) recording.#take(record);
    return recording;
  }

  /** Makes of the directory what a power cut at the end of the recording may have left. */
  cutPower(dataDir: string, loss: Loss, random: Random): Lost {
    const names = this.#undoNames(loss, random);
    const paths = new Map(filesBelow(dataDir).map((path) => [statSync(path).ino, path]));
    let sectors = 0;
    for (const [inode, file] of this.#files) {
      const path = paths.get(inode);
      if (path !== undefined) sectors += undoWrites(path, file, loss, random);
    }
    return { sectors, names };
  }

  #take(record: DiskRecord): void {
    const { kind, number, inode, content } = record;
    if (kind === Kind.WRITE) this.#write(record);
    else if (kind === Kind.FLUSHED) this.#flush(inode, (other) => other < number);
    else if (kind === Kind.WRITTEN_THROUGH) this.#writeThrough(inode, number);
    else if (kind === Kind.FOLDER_FLUSHED) {
      const folder = content.toString();
      this.#names = this.#names.filter((name) => dirname(name.path) !== folder || name.number > number);
    } else {
      const [path = '', from = ''] = content.toString().split('\n');
      this.#names.push({ kind, number, path, from });
    }
  }

  #write({ number, inode, offset, size, content }: DiskRecord): void {
    const file: UnflushedFile = this.#files.get(inode) ?? { sectors: new Map(), sizes: [] };
    this.#files.set(inode, file);
    file.sizes.push({ number, size });
    for (let at = 0; at < content.length; at += SECTOR_BYTES) {
      const sector = (offset + at) / SECTOR_BYTES;
      const versions = file.sectors.get(sector) ?? [];
      file.sectors.set(sector, [...versions, { number, bytes: content.subarray(at, at + SECTOR_BYTES) }]);
    }
  }

  #flush(inode: number, isCovered: (number: number) => boolean): void {
    const file = this.#files.get(inode);
    if (file === undefined) return;
    file.sizes = file.sizes.filter(({ number }) => !isCovered(number));
    for (const [sector, versions] of file.sectors) {
      const left = versions.filter(({ number }) => !isCovered(number));
      if (left.length === 0) file.sectors.delete(sector);
      else file.sectors.set(sector, left);
    }
  }

  /** A write through to the disk takes its sectors there as they are, and nothing else. */
  #writeThrough(inode: number, number: number): void {
    const file = this.#files.get(inode);
    if (file === undefined) return;
    file.sizes = file.sizes.filter((size) => size.number > number);
    for (const [sector, versions] of file.sectors) {
      if (versions.some((version) => version.number === number)) {
        const left = versions.filter((version) => version.number > number);
        if (left.length === 0) file.sectors.delete(sector);
        else file.sectors.set(sector, left);
      }
    }
  }

  /** The changes of a folder reach the disk in their order: a power cut takes the last ones away. */
  #undoNames(loss: Loss, random: Random): number {
    let undone = 0;
    for (const folder of new Set(this.#names.map(({ path }) => dirname(path)))) {
      const changes = this.#names.filter(({ path }) => dirname(path) === folder);
      const left = loss === 'all' ? 0 : randomInt(random, 0, changes.length + 1);
      for (const change of changes.slice(left).reverse()) this.#undoName(change);
      undone += changes.length - left;
    }
    return undone;
  }

  #undoName({ kind, number, path, from }: UnflushedName): void {
    const kept = join(this.folder, String(number));
    if (kind === Kind.MADE) rmSync(path, { force: true });
    if (kind === Kind.RENAMED && existsSync(path)) renameSync(path, from);
    if (kind !== Kind.MADE && existsSync(kept)) renameSync(kept, path);
  }
}

function* recordsOf(log: Buffer): Generator<DiskRecord> {
  for (let at = 0; at + HEADER_BYTES <= log.length; ) {
    const field = (number: number) => Number(log.readBigUInt64LE(at + 8 * number));
    const length = field(5);
    const content = log.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
    if (content.length < length) return;
    yield { kind: field(0), number: field(1), inode: field(2), offset: field(3), size: field(4), content };
    at += HEADER_BYTES + length;
  }
}

/** @returns how many sectors are not as they were last written */
function undoWrites(path: string, { sectors, sizes }: UnflushedFile, loss: Loss, random: Random): number {
  const file = openSync(path, 'r+');
  let undone = 0;
  try {
    const isSizeLost = loss === 'all' || random() < 0.5;
    const size = isSizeLost ? (sizes[0]?.size ?? fstatSync(file).size) : fstatSync(file).size;
    for (const [sector, versions] of sectors) {
      const kept = loss === 'all' ? 0 : randomInt(random, 0, 2 * versions.length);
      const version = versions[kept];
      if (version === undefined) continue;
      writeSync(file, version.bytes, 0, SECTOR_BYTES, sector * SECTOR_BYTES);
      undone++;
    }
    ftruncateSync(file, size);
  } finally {
    closeSync(file);
  }
  return undone;
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
