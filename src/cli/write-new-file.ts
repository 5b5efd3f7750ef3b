import { closeSync, fchmodSync, openSync, writeFileSync } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import { reasonOf } from './file-reason.js';

/**
 * Writes a file that is not there yet: a key that is in use is never written over.
 * @param mode 0o600 for what nobody else may read
 * @throws RaftctlError E_CONFLICT where it is there, E_USAGE where it cannot be written
 */
export function writeNewFile(path: string, text: string, mode: 0o600 | 0o644): void {
  try {
    const file = openSync(path, 'wx', mode);
    try {
      // What the process takes off the mode of new files is not asked: a key is its owner's, and its owner can read it.
      fchmodSync(file, mode);
      writeFileSync(file, text);
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') {
      throw new RaftctlError('E_CONFLICT', `${path} is there already, and is not written over`);
    }
    throw new RaftctlError('E_USAGE', `cannot write ${path}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}
