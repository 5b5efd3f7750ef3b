import { type FileHandle, open, rm } from 'node:fs/promises';
import { RaftctlError } from '../base/errors.js';
import type { SnapshotMetadata } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { SnapshotFileHeader, SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import type { SnapshotSink } from '../node/ports.js';
import { readSnapshot } from './snapshot-file.js';

/** What happens to a received file beyond its bytes. */
export interface SnapshotStaging {
  /** @throws RaftctlError where the snapshot is not the one that was announced, or not for this node */
  check(header: SnapshotFileHeader): void;
  /** Empties the keyspace that is not live. */
  clear(): Promise<void>;
  /** Loads records into it; flushed when it resolves. */
  load(records: readonly SnapshotRecord[]): Promise<void>;
  /** All of it is loaded: takes the file over, and makes the snapshot one that a turn may install. */
  complete(header: SnapshotFileHeader, info: SnapshotInfo, handle: FileHandle): Promise<void>;
}

/** A snapshot file being received. What is loaded is worth nothing until the trailer has been verified. */
export class IncomingSnapshot implements SnapshotSink {
  #state: 'open' | 'finishing' | 'done' | 'aborted' = 'open';
  #finishing: Promise<void> = Promise.resolve();

  private constructor(
    readonly metadata: SnapshotMetadata,
    private readonly path: string,
    private readonly handle: FileHandle,
    private readonly staging: SnapshotStaging,
  ) {}

  static async open(metadata: SnapshotMetadata, path: string, staging: SnapshotStaging): Promise<IncomingSnapshot> {
    await rm(path, { force: true });
    return new IncomingSnapshot(metadata, path, await open(path, 'wx+', 0o600), staging);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#expect('open');
    await this.handle.appendFile(chunk);
  }

  finish(): Promise<void> {
    this.#expect('open');
    this.#state = 'finishing';
    const finished = this.#stage();
    this.#finishing = finished.catch(() => undefined);
    return finished;
  }

  async abort(): Promise<void> {
    if (this.#state === 'done' || this.#state === 'aborted') return;
    const { path, handle } = this;
    const wasOpen = this.#state === 'open';
    this.#state = 'aborted';
    await this.#finishing;
    if (wasOpen) await discard(handle, path);
  }

  async #stage(): Promise<void> {
    const { staging, handle } = this;
    try {
      await handle.sync();
      let prepared = false;
      const { header, info } = await readSnapshot(handle, {
        onHeader: (read) => staging.check(read),
        onChunk: async (records) => {
          this.#expect('finishing');
          if (!prepared) await staging.clear();
          prepared = true;
          await staging.load(records);
        },
      });
      this.#expect('finishing');
      if (!prepared) await staging.clear();
      this.#expect('finishing');
      await staging.complete(header, info, handle);
      this.#state = 'done';
    } catch (thrown) {
      this.#state = 'aborted';
      await discard(handle, this.path);
      throw thrown;
    }
  }

  #expect(state: 'open' | 'finishing'): void {
    if (this.#state === state) return;
    throw new RaftctlError(
      'E_CONFLICT',
      `the snapshot of index ${this.metadata.index} is no longer received: another took its place`,
    );
  }
}

async function discard(handle: FileHandle, path: string): Promise<void> {
  await handle.close();
  await rm(path, { force: true });
}
