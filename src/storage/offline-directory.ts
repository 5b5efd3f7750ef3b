import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { NodeSettings } from '../node/ports.js';
import { dataFileSize } from './data-file-check.js';
import { DirectoryLock } from './directory-lock.js';
import { readIdentity, type StoredIdentity, writeIdentity } from './identity-file.js';
import type { LmdbStore } from './lmdb-store.js';
import { type OfflineReading, readOffline } from './offline-reading.js';
import { openUnderLock } from './open-store.js';
import { readSettings, writeSettings } from './settings-file.js';

/**
 * The data directory of a node that does not run, held for this process alone: what is read of it, and what is done to it, is done
 * between the same two moments. Let go of it with `close`.
 */
export class OfflineDirectory {
  #identity: StoredIdentity;

  private constructor(
    readonly path: string,
    identity: StoredIdentity,
    private readonly lock: DirectoryLock,
  ) {
    this.#identity = identity;
  }

  /**
   * @throws RaftctlError E_USAGE where it is no data directory of a node, E_DATA_DIR_LOCKED while a node runs on it, E_CORRUPT, E_IDENTITY
   */
  static async open(path: string): Promise<OfflineDirectory> {
    // Looked at before anything is written there: a lock has no place in a folder of somebody else's.
    await requireDataDirectory(path);
    const lock = await DirectoryLock.acquire(path);
    try {
      return new OfflineDirectory(path, await requireDataDirectory(path), lock);
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  get identity(): StoredIdentity {
    return this.#identity;
  }

  /** Writes another identity; flushed when it resolves. */
  async setIdentity(identity: StoredIdentity): Promise<void> {
    await writeIdentity(this.path, identity);
    this.#identity = identity;
  }

  /** What is set for the node. @throws RaftctlError E_CORRUPT where its file makes no sense, E_DISK */
  settings(): Promise<NodeSettings> {
    return readSettings(this.path);
  }

  /** Writes other settings; flushed when it resolves. @throws RaftctlError E_DISK */
  setSettings(settings: NodeSettings): Promise<void> {
    return writeSettings(this.path, settings);
  }

  /** Whether there is a database in it. */
  async hasDatabase(): Promise<boolean> {
    return ((await dataFileSize(this.path)) ?? 0) > 0;
  }

  /**
   * Opens the database to look at it, and closes it behind `use`. Nothing in the directory is changed.
   * @throws RaftctlError E_CORRUPT for whatever is damaged
   */
  read<T>(use: (reading: OfflineReading) => T | Promise<T>): Promise<T> {
    return readOffline(this.path, use);
  }

  /**
   * Opens the store as the node itself does, and closes it behind `use`.
   * @throws RaftctlError as `openStore`
   */
  async withStore<T>(logger: Logger, use: (store: LmdbStore) => Promise<T>): Promise<T> {
    const { nodeId, stateMachine } = this.#identity;
    const store = await openUnderLock({ dataDir: this.path, nodeId, stateMachine, logger }, undefined);
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  }

  close(): Promise<void> {
    return this.lock.release();
  }
}

/** Refuses a folder that is anybody else’s. @throws RaftctlError E_USAGE, E_CORRUPT, E_IDENTITY */
export async function requireDataDirectory(path: string): Promise<StoredIdentity> {
  const identity = await readIdentity(path);
  if (identity === undefined) throw notADirectory(path);
  return identity;
}

function notADirectory(path: string): RaftctlError {
  return new RaftctlError('E_USAGE', `${path} is no data directory of a node: it does not say whose it is`, {
    hint: 'name the folder that the node was started with: --data-dir DIR',
  });
}
