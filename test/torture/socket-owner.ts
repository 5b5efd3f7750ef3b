import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/** Whether the system says whose a socket is. */
export const canTellOwners = process.platform === 'linux';

/**
 * Which of these processes has dialled a connection that was accepted here, both ends being on this machine; undefined: none of them, or it
 * is gone already. As Linux says, by the socket's inode: so a proxy knows who speaks without a word of the protocol.
 */
export function dialledBy(accepted: Socket, pids: readonly number[]): number | undefined {
  if (!canTellOwners) return undefined;
  const inode = inodeOf(hexOf(accepted.remotePort), hexOf(accepted.localPort));
  if (inode === undefined) return undefined;
  return pids.find((pid) => openFiles(pid).includes(`socket:[${inode}]`));
}

/** Columns of the table: number, local address, remote address, state, queues, timer, retransmits, user, timeout, inode. */
function inodeOf(localPort: string, remotePort: string): string | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(`:${localPort}`) && columns[2]?.endsWith(`:${remotePort}`)) return columns[9];
  }
  return undefined;
}

function hexOf(port: number | undefined): string {
  return (port ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** What the descriptors of a process lead to; nothing where it has ended. */
function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
  } catch {
    return [];
  }
}

/** Empty for a descriptor that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
