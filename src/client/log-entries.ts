import { RaftctlError } from '../base/errors.js';
import { type ListEntriesRequest, type ListEntriesResponse, LogServiceService as Log } from '../gen/raftctl/v1/log.js';
import type { Connection } from './connection.js';

/** Most of a log that is taken at once, in bytes. */
const logBytesMax = 256 * 1024 * 1024;
/** What an entry takes beside its data. */
const entryBytes = 256;

/** Entries of the log of a node, ascending. @throws RaftctlError E_TOO_LARGE where there are more than fit into memory */
export async function collectEntries(
  node: Connection,
  request: ListEntriesRequest,
  deadlineMs: number,
  bytesMax = logBytesMax,
): Promise<readonly ListEntriesResponse[]> {
  const entries: ListEntriesResponse[] = [];
  let bytes = 0;
  for await (const entry of node.serverStream(Log.listEntries, request, deadlineMs)) {
    bytes += entryBytes + (entry.entry?.data.length ?? 0);
    if (bytes > bytesMax) {
      throw new RaftctlError('E_TOO_LARGE', `${node.address} sends more of its log than ${bytesMax / 1024 ** 2} MiB`, {
        hint: 'ask for less of it: --from INDEX --to INDEX',
      });
    }
    entries.push(entry);
  }
  return entries;
}
