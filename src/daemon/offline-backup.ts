import { basename, dirname, join, resolve } from 'node:path';

/**
 * Where a data directory is copied to before something is done to it: beside it, unless another folder is named.
 * @param what is done to it
 */
export function backupPath(dataDir: string, what: string, now: Date, folder: string | undefined): string {
  const path = resolve(dataDir);
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return join(resolve(folder ?? dirname(path)), `${basename(path)}.${what}-${stamp}`);
}
