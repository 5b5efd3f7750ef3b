import { crc32 } from 'node:zlib';
import { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import { SnapshotFileChunk, SnapshotFileHeader, SnapshotFileTrailer } from '../../src/gen/raftctl/v1/storage.js';
import type { StateRecord } from '../../src/node/ports.js';
import { encodeFrame } from '../../src/storage/snapshot-frames.js';

export const clusterSpec = BootstrapSpec.create({
  clusterId: '0123456789abcdef0123456789abcdef',
  name: 'test',
  members: [{ id: 1, name: 'n1', address: 'localhost:1', addedIndex: 1 }],
  voters: [1],
  learners: [],
});

/** A snapshot file of the test's cluster, as bytes. */
export function snapshotFile(header: Partial<SnapshotFileHeader>, chunks: readonly StateRecord[][]): Uint8Array {
  const full = SnapshotFileHeader.create({
    clusterId: clusterSpec.clusterId,
    stateMachine: 'kv',
    confState: { voters: clusterSpec.voters },
    configIndex: 1,
    bootstrap: clusterSpec,
    ...header,
  });
  const frames = [encodeFrame(SnapshotFileHeader.encode(full).finish())];
  for (const records of chunks) frames.push(encodeFrame(SnapshotFileChunk.encode({ records: [...records] }).finish()));
  const checksum = crc32(Buffer.concat(frames));
  const trailer = { chunks: chunks.length, records: chunks.flat().length, checksum };
  return Buffer.concat([...frames, encodeFrame(SnapshotFileTrailer.encode(trailer).finish())]);
}
