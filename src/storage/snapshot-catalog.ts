import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { SnapshotSource } from '../node/ports.js';
import { syncFolder } from './durable-file.js';
import { SNAPSHOT_CHUNK_BYTES, SNAPSHOTS_KEPT } from './limits.js';
import { readFully, type SnapshotSummary, summarise } from './snapshot-file.js';

/** Ending of the name of a complete file. */
export const COMPLETE = '.snap';
const PARTIAL = '.partial';
const REJECTED = '.rejected';

/** A complete file. It stays open, so that it can be read to its end after it was removed. */
interface CatalogEntry {
  readonly path: string;
  readonly handle: FileHandle;
  readonly info: SnapshotInfo;
  readers: number;
  removed: boolean;
}

/** The complete snapshot files of a node, newest first. */
export class SnapshotCatalog {
  #entries: CatalogEntry[] = [];

  private constructor(
    private readonly folder: string,
    private readonly logger: Logger,
  ) {}

  /** Looks through the folder: parts are removed, files that cannot be trusted put aside. */
  static async load(folder: string, clusterId: string, logger: Logger): Promise<SnapshotCatalog> {
    const catalog = new SnapshotCatalog(folder, logger);
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (name.endsWith(PARTIAL)) await rm(path);
      else if (name.endsWith(COMPLETE)) await catalog.#loadFile(path, clusterId);
    }
    await catalog.#prune();
    return catalog;
  }

  /** Where a file is written before it is complete. */
  partialPath(name: string): string {
    return join(this.folder, `${name}${PARTIAL}`);
  }

  list(): readonly SnapshotInfo[] {
    return this.#entries.map(({ info }) => info);
  }

  /** Names a file that is complete, verified and flushed by its index and term, and takes it in. The handle is the catalog's from now on. */
  async add(partialPath: string, handle: FileHandle, info: SnapshotInfo): Promise<void> {
    const path = join(this.folder, `${info.index}-${info.term}${COMPLETE}`);
    await rename(partialPath, path);
    await syncFolder(this.folder);
    const same = this.#entries.filter((entry) => entry.path === path);
    this.#insert({ path, handle, info, readers: 0, removed: false });
    for (const entry of same) await this.#forget(entry);
    await this.#prune();
  }

  /** The newest of at least `index`. */
  open(index: number): SnapshotSource | undefined {
    const entry = this.#entries[0];
    if (entry === undefined || entry.info.index < index) return undefined;
    return { info: entry.info, chunks: () => this.#chunks(entry) };
  }

  async close(): Promise<void> {
    for (const entry of this.#entries.splice(0)) await this.#forget(entry);
  }

  async #loadFile(path: string, clusterId: string): Promise<void> {
    const handle = await open(path, 'r');
    let summary: SnapshotSummary;
    try {
      summary = await summarise(handle);
      if (summary.header.clusterId !== clusterId) throw new Error(`it is of cluster ${summary.header.clusterId}`);
    } catch (thrown) {
      await handle.close();
      await this.#putAside(path, messageOf(thrown));
      return;
    }
    this.#insert({ path, handle, info: summary.info, readers: 0, removed: false });
  }

  #insert(entry: CatalogEntry): void {
    this.#entries = [...this.#entries, entry].sort((a, b) => b.info.index - a.info.index || b.info.term - a.info.term);
  }

  async #prune(): Promise<void> {
    for (const entry of this.#entries.slice(SNAPSHOTS_KEPT)) {
      await rm(entry.path, { force: true });
      await this.#forget(entry);
    }
  }

  async #putAside(path: string, reason: string): Promise<void> {
    this.logger.warn('a snapshot file is put aside', { path, reason });
    await rename(path, `${path}${REJECTED}`);
  }

  /** Takes an entry out; its handle is closed behind the last one that reads it. */
  async #forget(entry: CatalogEntry): Promise<void> {
    this.#entries = this.#entries.filter((other) => other !== entry);
    entry.removed = true;
    if (entry.readers === 0) await entry.handle.close();
  }

  async *#chunks(entry: CatalogEntry): AsyncGenerator<Uint8Array> {
    const { handle, info } = entry;
    if (entry.removed && entry.readers === 0) {
      throw new RaftctlError('E_NOT_FOUND', `the snapshot of index ${info.index} was removed`, { retryable: true });
    }
    entry.readers++;
    try {
      let checksum = 0;
      for (let at = 0; at < info.bytes; ) {
        const chunk = await readFully(handle, at, Math.min(SNAPSHOT_CHUNK_BYTES, info.bytes - at));
        at += chunk.length;
        checksum = crc32(chunk, checksum);
        // The last chunk is held back, so that a damaged file is not complete anywhere.
        if (at === info.bytes && checksum !== info.checksum) await this.#reject(entry);
        yield chunk;
      }
    } finally {
      entry.readers--;
      if (entry.removed && entry.readers === 0) await handle.close();
    }
  }

  async #reject(entry: CatalogEntry): Promise<never> {
    const reason = 'its checksum does not match';
    if (!entry.removed) {
      await this.#forget(entry);
      await this.#putAside(entry.path, reason);
    }
    throw new RaftctlError('E_CORRUPT', `the snapshot file ${entry.path} is damaged: ${reason}`, { retryable: true });
  }
}
