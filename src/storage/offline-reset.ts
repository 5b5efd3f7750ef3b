import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LOCK_FILE } from './directory-lock.js';
import { syncFolder } from './durable-file.js';
import { IDENTITY_FILE } from './identity-file.js';
import type { OfflineDirectory } from './offline-directory.js';
import { RETIRED_FILE, retireId } from './offline-notes.js';

/**
 * Removes everything of a node from its data directory but the note that its id must not be used again. The identity goes last, so that
 * what a crash has left can be reset again.
 */
export async function emptyDirectory(directory: OfflineDirectory): Promise<void> {
  const { path, identity } = directory;
  // A node of no cluster has promised nothing to anybody.
  if (identity.clusterId !== '') await retireId(path, identity.nodeId);
  const kept = (name: string) => name === RETIRED_FILE || name === IDENTITY_FILE || name.startsWith(LOCK_FILE);
  for (const name of await readdir(path)) {
    if (!kept(name)) await rm(join(path, name), { recursive: true, force: true });
  }
  await syncFolder(path);
  await rm(join(path, IDENTITY_FILE), { force: true });
  await syncFolder(path);
}
