import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import { ConfState } from '../gen/raft/v1/raft.js';
import type { BootstrapSpec } from '../gen/raftctl/v1/cluster.js';
import type { SnapshotFileHeader } from '../gen/raftctl/v1/storage.js';
import { KeyspacePrefix } from '../node/keyspace.js';
import { restoreRecords } from '../node/recovered-records.js';
import { decodeStoredRecord } from '../node/stored-records.js';
import type { RestorePlan, SnapshotFacts } from '../recovery/index.js';
import { readSnapshotFile, rewriteSnapshotFile } from '../storage/offline-snapshot.js';
import type { NewSnapshotHeader, SnapshotFileSink } from '../storage/snapshot-file.js';

/** What of a snapshot a restore changes lies behind the state machine's records and the sessions. */
const FIRST_CHANGED = Uint8Array.of(KeyspacePrefix.members);

/** What is said of a snapshot file that is to be restored, and what goes into the new one as it is. */
export interface RestorableSnapshot extends SnapshotFacts {
  readonly bootstrap: BootstrapSpec | undefined;
}

/**
 * Reads a whole snapshot file, verifies it, and says what a restore depends on.
 * @throws RaftctlError E_USAGE where it cannot be read, E_CORRUPT where it is damaged
 */
export async function readRestorable(path: string): Promise<RestorableSnapshot> {
  let header: SnapshotFileHeader | undefined;
  const members: SnapshotFacts['members'][number][] = [];
  const chunks = readSnapshotFile(path, (read) => {
    header = read;
  });
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) {
      const { info } = step.value;
      const { clusterId, stateMachine, incarnation, bootstrap, configIndex, confState } = header ?? step.value.header;
      return {
        ...{
          sha256: await sha256Of(path),
          bytes: info.bytes,
          index: info.index,
          term: info.term,
          clusterId,
          stateMachine,
        },
        createdAt: new Date(info.createdMs).toISOString(),
        clusterName: bootstrap?.name ?? '',
        incarnation: incarnation || null,
        configuration: { index: configIndex, confState: confState ?? ConfState.create() },
        ...{ members, bootstrap },
      };
    }
    for (const record of step.value) {
      if (record.key[0] !== KeyspacePrefix.members) continue;
      const stored = decodeStoredRecord(record);
      if (stored.type !== 'member') throw new RaftctlError('E_CORRUPT', `${path} has a member that makes no sense`);
      const { id, name, address } = stored.member;
      members.push({ id, name, address });
    }
  }
}

/** SHA-256, hex, of the snapshot file that every node of a plan begins with. @throws RaftctlError as `readRestorable` */
export function restoredSha256(path: string, plan: RestorePlan): Promise<string> {
  const nowhere = { appendFile: async () => {}, sync: async () => {} };
  return writeRestored(path, plan, nowhere);
}

/**
 * Writes the snapshot file that every node of a plan begins with: the state machine's records and the sessions of the one that is restored, and the
 * cluster's own records brought to the new configuration.
 * @returns its SHA-256, hex
 * @throws RaftctlError as `readRestorable`
 */
export async function writeRestored(path: string, plan: RestorePlan, sink: SnapshotFileSink): Promise<string> {
  const { bootstrap } = await readRestorable(path);
  const { lastConfiguration, start, members, by, reason, incarnation, snapshot } = plan;
  const header = restoredHeader(plan, bootstrap);
  const atMs = header.createdMs;
  const before = {
    index: snapshot.index,
    term: snapshot.term,
    confState: lastConfiguration.confState,
    configIndex: lastConfiguration.index,
  };
  const after = { ...start, configIndex: start.index };
  const text = `restored from a snapshot of index ${snapshot.index}, taken ${snapshot.createdAt}: incarnation ${incarnation.before} -> ${incarnation.after}, voters ${start.confState.voters.join(',')}`;
  return rewriteSnapshotFile(path, sink, header, FIRST_CHANGED, (txn) => {
    restoreRecords(txn, before, after, { atMs, text, by, reason, members });
  });
}

function restoredHeader(plan: RestorePlan, bootstrap: BootstrapSpec | undefined): NewSnapshotHeader {
  const { clusterId, stateMachine, start, incarnation, createdAt } = plan;
  const position = { ...start, configIndex: start.index };
  return {
    clusterId,
    stateMachine,
    ...position,
    incarnation: incarnation.after,
    createdMs: Date.parse(createdAt),
    bootstrap,
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
