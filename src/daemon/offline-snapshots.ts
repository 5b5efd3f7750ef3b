import { open } from 'node:fs/promises';
import { RaftctlError } from '../base/errors.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import { readSnapshot } from '../storage/snapshot-file.js';

/** What a verified snapshot file says of itself. */
export interface VerifiedSnapshot extends SnapshotInfo {
  readonly clusterId: string;
  readonly stateMachine: string;
  /** Records of the whole keyspace: the state machine's, and those of the cluster itself. */
  readonly records: number;
}

/**
 * Reads a snapshot file from its first byte to its last and verifies every frame, the order of the records and the trailer.
 * @throws RaftctlError E_USAGE where the file cannot be opened, E_CORRUPT where it is damaged or not a snapshot
 */
export async function verifySnapshotFile(path: string): Promise<VerifiedSnapshot> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RaftctlError('E_USAGE', `the snapshot cannot be opened: ${reason}`, { cause });
  });
  try {
    let records = 0;
    const { header, info } = await readSnapshot(handle, {
      onChunk: async (chunk) => {
        records += chunk.length;
      },
    });
    return { ...info, clusterId: header.clusterId, stateMachine: header.stateMachine, records };
  } finally {
    await handle.close();
  }
}
