import { statfs } from 'node:fs/promises';
import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';

/** File systems over a network, by the number that Linux gives them. LMDB's locks and memory maps do not work there. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

/** The number of the file system that a folder is on. */
export type FileSystemType = (path: string) => Promise<number>;

/**
 * Refuses a data directory on a file system over a network.
 * @throws RaftctlError E_REFUSED
 */
export async function refuseNetworkFolder(path: string, typeOf: FileSystemType = fileSystemType): Promise<void> {
  const name = networkTypes.get(await typeOf(path));
  if (name === undefined) return;
  throw new RaftctlError('E_REFUSED', `${path} is on ${name}: a database cannot be opened over a network`, {
    hint: 'use a disk of this machine; a directory that is there already is used on the machine that has its disk',
  });
}

/** File systems in memory: what is acknowledged there is gone with the machine's next start. */
const memoryTypes: ReadonlyMap<number, string> = new Map([
  [0x01021994, 'tmpfs'],
  [0x858458f6, 'ramfs'],
]);

/**
 * Holds the folder of a node that is to run against what the node promises.
 * @throws RaftctlError E_REFUSED on a file system over a network
 */
export async function checkFileSystem(path: string, logger: Logger, typeOf: FileSystemType = fileSystemType) {
  await refuseNetworkFolder(path, typeOf);
  const name = memoryTypes.get(await typeOf(path));
  if (name === undefined) return;
  logger.warn(`the data directory is on ${name}, in memory: all of it is gone when this machine ends`, {
    dataDir: path,
  });
}

async function fileSystemType(path: string): Promise<number> {
  // What cannot be asked is not known to be over a network.
  return statfs(path).then(
    ({ type }) => type >>> 0,
    () => 0,
  );
}
