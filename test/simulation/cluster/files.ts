import { type Random, randomInt } from '../../../src/base/random.js';

/** A file, whatever its names are. */
export interface Inode {
  content: Buffer;
  /** What a crash leaves at least. */
  durable: Buffer;
}

/** A change of a name that is not durable before its folder is flushed. */
interface Renaming {
  readonly folder: string;
  readonly path: string;
  readonly inode: Inode | undefined;
}

/**
 * The files of a machine. What is written is there at once and durable only once the file is flushed; names are durable once their folder
 * is. A crash leaves any beginning of what was not: names in the order in which they were changed, contents torn anywhere, the last block
 * of them perhaps garbage.
 */
export class Files {
  readonly names = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #pending: Renaming[] = [];

  constructor(private readonly random: Random) {}

  get(path: string): Inode | undefined {
    return this.names.get(path);
  }

  /** Names in a folder. */
  list(folder: string): string[] {
    const start = `${folder}/`;
    return [...this.names.keys()].filter((path) => path.startsWith(start)).map((path) => path.slice(start.length));
  }

  /** Gives a path a file, or takes it away. */
  name(path: string, inode: Inode | undefined): void {
    if (inode === undefined) this.names.delete(path);
    else this.names.set(path, inode);
    this.#pending.push({ folder: folderOf(path), path, inode });
  }

  flush(inode: Inode): void {
    inode.durable = inode.content;
  }

  flushFolder(folder: string): void {
    for (const renaming of this.#pending) if (renaming.folder === folder) this.#keep(renaming);
    this.#pending = this.#pending.filter((renaming) => renaming.folder !== folder);
  }

  crash(): void {
    for (const renaming of this.#pending.slice(0, randomInt(this.random, 0, this.#pending.length + 1))) {
      this.#keep(renaming);
    }
    this.#pending = [];
    this.names.clear();
    for (const [path, inode] of this.#durable) {
      inode.content = this.#left(inode);
      inode.durable = inode.content;
      this.names.set(path, inode);
    }
  }

  wipe(): void {
    this.names.clear();
    this.#durable.clear();
    this.#pending = [];
  }

  #keep({ path, inode }: Renaming): void {
    if (inode === undefined) this.#durable.delete(path);
    else this.#durable.set(path, inode);
  }

  #left({ content, durable }: Inode): Buffer {
    if (content.length <= durable.length) return durable;
    const left = Buffer.from(content.subarray(0, randomInt(this.random, durable.length, content.length + 1)));
    if (this.random() < 0.3) left.fill(0, Math.max(durable.length, left.length - 512));
    return left;
  }
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
