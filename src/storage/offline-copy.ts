import { constants, copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import { LOCK_FILE } from './directory-lock.js';
import { syncFolder } from './durable-file.js';
import { READERS_FILE } from './reader-table.js';

/** Ending of a copy that is not complete. */
const PARTIAL = '.partial';

/**
 * Copies a data directory that nobody writes to: complete and flushed under its name, or not there. One that is there already is left as it is.
 * @throws RaftctlError E_DISK
 */
export async function copyDataDirectory(from: string, to: string): Promise<void> {
  if (await exists(to)) return;
  const partial = `${to}${PARTIAL}`;
  try {
    await rm(partial, { recursive: true, force: true });
    await copyFolder(from, partial);
    await rename(partial, to);
    await syncFolder(dirname(to));
  } catch (thrown) {
    throw new RaftctlError('E_DISK', `${from} cannot be copied to ${to}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** Whether something of this name is there. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    // What is not complete is nobody's.
    const isUnfinished = entry.name.endsWith(PARTIAL);
    if (isUnfinished || entry.name.startsWith(LOCK_FILE) || entry.name === READERS_FILE) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyFolder(source, target);
    else if (entry.isFile()) await copyDurably(source, target);
  }
  await syncFolder(to);
}

async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  const handle = await open(to, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
