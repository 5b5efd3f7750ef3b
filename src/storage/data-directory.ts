import { constants } from 'node:fs';
import { access, chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';

/** Nobody but the owner. */
const FOLDER_MODE = 0o700;

/**
 * Makes sure that a folder is there, is a folder, and may be written to by us and read by nobody else. One into which others could write is
 * closed to them where it is empty, and refused where it is not: nobody knows who put there what is in it.
 * @throws RaftctlError E_USAGE
 */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await makeFolder(resolve(path));
    const { mode } = await stat(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((mode & 0o022) !== 0 && (await readdir(path)).length > 0) throw writableByOthers(path);
    if ((mode & 0o077) !== 0) await chmod(path, FOLDER_MODE);
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_USAGE', `the data directory ${path} cannot be used: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
}

/** Makes a folder and those above it. Node's own way to do so tries for ever where a parent is there and takes nothing, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw thrown;
    const isThere = await stat(dirname(path)).then(
      () => true,
      () => false,
    );
    if (isThere) throw thrown;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: FOLDER_MODE });
  }
}

function writableByOthers(path: string): RaftctlError {
  return new RaftctlError('E_USAGE', `the data directory ${path} can be written to by others than its owner`, {
    facts: ['what is in it may have been put there by somebody else'],
    hint: `chmod 700 ${path}, if nobody has`,
  });
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'it, or a part of its path, is a file';
    case 'ENOENT':
      return 'no folder can be made there';
    case 'EACCES':
    case 'EPERM':
      return 'it may not be written to by this user';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOSPC':
      return 'the file system is full';
    default:
      return messageOf(thrown);
  }
}
