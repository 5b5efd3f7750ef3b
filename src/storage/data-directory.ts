import { constants } from 'node:fs';
import { access, chmod, mkdir, stat } from 'node:fs/promises';
import { messageOf, RaftctlError } from '../base/errors.js';

/** Nobody but the owner. */
const FOLDER_MODE = 0o700;

/**
 * Makes sure that a folder is there, is a folder, and may be written to by us and read by nobody else.
 * @throws RaftctlError E_USAGE
 */
export async function prepareFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    const { mode } = await stat(path);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    if ((mode & 0o077) !== 0) await chmod(path, FOLDER_MODE);
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `the data directory ${path} cannot be used: ${reasonOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function reasonOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'it, or a part of its path, is a file';
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
