import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { prepareFolder } from './data-directory.js';
import { DirectoryLock, LOCK_FILE } from './directory-lock.js';
import { syncFolder } from './durable-file.js';
import { DATA_FILE } from './environment.js';
import { IDENTITY_FILE, readIdentity, type StoredIdentity } from './identity-file.js';
import type { LmdbStore } from './lmdb-store.js';
import { refuseNetworkFolder } from './network-folder.js';
import { RECOVERY_FILE, RETIRED_FILE } from './offline-notes.js';
import { openUnderLock, SNAPSHOT_FOLDER, type StoreOptions } from './open-store.js';
import { READERS_FILE } from './reader-table.js';
import { SETTINGS_FILE } from './settings-file.js';

/** Where a new directory is made, within the one whose place it takes: on the same file system. */
const ASIDE = 'restore.partial';

/** A data directory whose content is to be replaced: that of a node which does not run, or an empty one. Held for this process alone. */
export class RestoredDirectory {
  private constructor(
    readonly path: string,
    /** Undefined where it is empty. */
    readonly identity: StoredIdentity | undefined,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * @throws RaftctlError E_REFUSED where it holds anything but a node's data, or is on a network file system, E_DATA_DIR_LOCKED while a node runs on it, E_USAGE where it
   * cannot be used
   */
  static async open(path: string): Promise<RestoredDirectory> {
    // Looked at before anything is changed there: a lock has no place in a folder of somebody else's.
    await refuseStrangers(path);
    await prepareFolder(path);
    await refuseNetworkFolder(path);
    const lock = await DirectoryLock.acquire(path);
    try {
      return new RestoredDirectory(path, await readIdentity(path), lock);
    } catch (thrown) {
      await lock.release();
      throw thrown;
    }
  }

  /** Makes an empty folder for the new content. */
  async emptyAside(): Promise<string> {
    const folder = join(this.path, ASIDE);
    await this.removeAside();
    await mkdir(folder, { mode: 0o700 });
    return folder;
  }

  /** Removes what was made aside and is not needed any more. */
  async removeAside(): Promise<void> {
    await rm(join(this.path, ASIDE), { recursive: true, force: true });
  }

  /** Opens the store of a folder as a node does, and closes it behind `use`. */
  async fill(
    folder: string,
    options: Omit<StoreOptions, 'dataDir'>,
    use: (store: LmdbStore) => Promise<void>,
  ): Promise<void> {
    const store = await openUnderLock({ ...options, dataDir: folder }, undefined);
    try {
      await use(store);
    } finally {
      await store.close();
    }
  }

  /** Puts what was made aside in the place of what is here. Interrupted, it can be done again as long as nothing here was used. */
  async install(folder: string): Promise<void> {
    const { path } = this;
    await syncFolder(folder);
    await rm(join(path, SNAPSHOT_FOLDER), { recursive: true, force: true });
    // Who was drained was so in another time.
    await rm(join(path, SETTINGS_FILE), { force: true });
    await rename(join(folder, DATA_FILE), join(path, DATA_FILE));
    await rm(join(path, READERS_FILE), { force: true });
    await rename(join(folder, SNAPSHOT_FOLDER), join(path, SNAPSHOT_FOLDER));
    await rename(join(folder, IDENTITY_FILE), join(path, IDENTITY_FILE));
    await syncFolder(path);
  }

  close(): Promise<void> {
    return this.lock.release();
  }
}

const ownNames = [LOCK_FILE, IDENTITY_FILE, RECOVERY_FILE, RETIRED_FILE, ASIDE];

/** What somebody else keeps in a folder is not replaced. */
async function refuseStrangers(path: string): Promise<void> {
  if ((await readIdentity(path)) !== undefined) return;
  const names = await readdir(path).catch((thrown: NodeJS.ErrnoException): string[] => {
    if (thrown.code === 'ENOENT') return [];
    throw new RaftctlError('E_USAGE', `the data directory ${path} cannot be used: ${thrown.message}`, {
      cause: thrown,
    });
  });
  const stranger = names.find((name) => !ownNames.some((own) => name.startsWith(own)));
  // A restore that was begun on an empty directory may have left any part of what it makes.
  if (stranger === undefined || names.includes(RECOVERY_FILE)) return;
  throw new RaftctlError('E_REFUSED', `${path} is neither empty nor the data directory of a node: it has ${stranger}`, {
    hint: 'name an empty directory, or the one that the node was started with',
  });
}
