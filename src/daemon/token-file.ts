import { readFile, stat } from 'node:fs/promises';
import { messageOf, RaftctlError } from '../base/errors.js';
import { TokenBook } from '../control/index.js';

/**
 * Reads the tokens that a node takes. Hashes may be read by others, but not written.
 * @throws RaftctlError E_USAGE naming the file and the line, or that others may write it
 */
export async function readTokenFile(path: string): Promise<TokenBook> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o022) !== 0) {
      throw new RaftctlError('E_USAGE', `${path} can be written by others than its owner`, {
        hint: `chmod 600 ${path}`,
      });
    }
    return TokenBook.parse(await readFile(path, 'utf8'), path);
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_USAGE', `cannot read ${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
