import { resolve } from 'node:path';
import type { ConfState, HardState } from '../gen/raft/v1/raft.js';
import { Entry } from '../gen/raft/v1/raft.js';
import { summarize } from '../node/log-reading.js';
import { readMembers } from '../node/members.js';
import type { DescribedEntry } from '../node/node-api.js';
import type { NodeSettings } from '../node/ports.js';
import { ReplicatedState } from '../node/replicated-state.js';
import { SESSIONS_MAX } from '../node/sessions.js';
import { StateHash } from '../node/state-hash.js';
import {
  type CompactedDatabase,
  checkDirectory,
  compactDatabase,
  copyDataDirectory,
  copyInspected,
  type DatabaseDetails,
  type DatabaseReader,
  type DirectoryCheck,
  type DirectoryInspection,
  inspectDirectory,
  OfflineDirectory,
  readReaderTable,
  readSettings,
  refuseNetworkFolder,
  requireDataDirectory,
} from '../storage/offline.js';
import { loadStateMachine } from './load-state-machine.js';
import { backupPath } from './offline-backup.js';

/** Which database was looked at, and as of when. */
export interface LookedAt {
  readonly dataDir: string;
  readonly nodeId: number;
  /** Process of the node; null where it does not run. */
  readonly runningAs: number | null;
  readonly database: DatabaseDetails;
  /** Who read the database before it was opened. */
  readonly readers: readonly DatabaseReader[];
}

/** What a data directory says of its node. */
export interface OfflineInfo extends LookedAt {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly incarnation: number;
  readonly supersededBy: number | undefined;
  readonly instance: string;
  readonly stateMachine: string;
  readonly createdAt: string;
  readonly hardState: HardState;
  readonly applied: { readonly index: number; readonly term: number };
  readonly log: { readonly first: number; readonly last: number };
  readonly configIndex: number;
  readonly confState: ConfState;
  readonly members: readonly { readonly id: number; readonly name: string; readonly address: string }[];
  readonly settings: NodeSettings;
}

/** @throws RaftctlError as `DirectoryInspection.open` */
export function offlineInfo(dataDir: string): Promise<OfflineInfo> {
  return inspectDirectory(dataDir, async (inspection) => {
    const { clusterId, incarnation, supersededBy, instance, stateMachine, createdAt } = inspection.identity;
    const settings = await readSettings(dataDir);
    const { hardState, applied, bounds, bootstrapSpec } = inspection.stored();
    return {
      ...lookedAt(inspection),
      ...{ clusterId, incarnation, supersededBy, instance, stateMachine, createdAt, settings, hardState },
      clusterName: bootstrapSpec?.name ?? '',
      applied: { index: applied.index, term: applied.term },
      log: { first: bounds.truncatedIndex + 1, last: bounds.lastIndex },
      configIndex: applied.configIndex,
      confState: applied.confState,
      members: readMembers(inspection.view()).map(({ id, name, address }) => ({ id, name, address })),
    };
  });
}

/** Which entries; `last` counts from the end. */
export interface EntryWish {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly last: number | undefined;
}

export interface OfflineEntries extends LookedAt {
  readonly first: number;
  readonly lastIndex: number;
  readonly commit: number;
  readonly applied: number;
  readonly entries: readonly DescribedEntry[];
}

/** Entries of the log, each verified. @throws RaftctlError as `DirectoryInspection.open` */
export function offlineEntries(dataDir: string, { from, to, last }: EntryWish): Promise<OfflineEntries> {
  return inspectDirectory(dataDir, async (inspection) => {
    const { bounds, hardState, applied } = inspection.stored();
    const [first, lastIndex] = [bounds.truncatedIndex + 1, bounds.lastIndex];
    const start = last === undefined ? (from ?? first) : Math.max(first, lastIndex - last + 1);
    const state = await replicatedState(inspection.identity.stateMachine);
    const entries: DescribedEntry[] = [];
    for await (const entry of inspection.entries(start, to ?? lastIndex)) {
      const summary = state === undefined ? `${entry.data.length} bytes` : summarize(entry, state);
      const size = Entry.encode(entry).finish().length;
      entries.push({ entry, summary, size, committed: entry.index <= hardState.commit });
    }
    const { commit } = hardState;
    return { ...lookedAt(inspection), first, lastIndex, commit, applied: applied.index, entries };
  });
}

/** Only raftctl's own machines can say what an entry means: one of the user's own is not known by its name alone. */
async function replicatedState(machine: string): Promise<ReplicatedState | undefined> {
  if (machine !== 'kv' && machine !== 'register') return undefined;
  return new ReplicatedState(await loadStateMachine(machine), SESSIONS_MAX);
}

/** Reads everything and names what is damaged. @throws RaftctlError as `DirectoryInspection.open` */
export function offlineCheck(dataDir: string): Promise<LookedAt & DirectoryCheck> {
  return inspectDirectory(dataDir, async (inspection) => ({
    ...(await checkDirectory(inspection)),
    ...lookedAt(inspection),
  }));
}

export interface OfflineHash extends LookedAt {
  /** Where apply stands, and the hash that `cluster verify` would tell of a node which stands there; null on a node without a cluster. */
  readonly state: {
    readonly index: number;
    readonly hash: string;
    readonly records: number;
    readonly bytes: number;
  } | null;
}

/** The hash of the applied state. @throws RaftctlError as `DirectoryInspection.open`, E_CORRUPT */
export function offlineHash(dataDir: string): Promise<OfflineHash> {
  return inspectDirectory(dataDir, async (inspection) => {
    let found: { readonly index: number; readonly hash: StateHash } | undefined;
    await inspection.wholeState((mark) => {
      const hash = new StateHash(mark);
      found = { index: mark.index, hash };
      return (record) => hash.add(record);
    });
    const looked = lookedAt(inspection);
    if (found === undefined) return { ...looked, state: null };
    const { index, hash } = found;
    const { records, bytes } = hash;
    return { ...looked, state: { index, hash: hash.digest(), records, bytes } };
  });
}

/** Copies the directory, whether the node runs or not, and verifies the copy. @throws RaftctlError as `copyInspected` */
export function offlineCopy(
  dataDir: string,
  to: string,
  compact: boolean,
): Promise<LookedAt & { readonly to: string }> {
  return inspectDirectory(dataDir, async (inspection) => {
    await copyInspected(inspection, resolve(to), compact);
    return { ...lookedAt(inspection), to };
  });
}

export interface CompactOptions {
  readonly dataDir: string;
  /** Folder for a copy; undefined: the one that the data directory is in. */
  readonly backupDir: string | undefined;
  readonly now: Date;
  /** Throws where it must not be. */
  readonly permit: (facts: LookedAt & { readonly confirmedBy: string }) => Promise<void>;
}

/**
 * Writes the database of a stopped node anew, behind a copy of its directory.
 * @throws RaftctlError E_DATA_DIR_LOCKED while the node runs, and as `compactDatabase`
 */
export async function offlineCompact(
  options: CompactOptions,
): Promise<LookedAt & CompactedDatabase & { readonly backup: string }> {
  const { dataDir, backupDir, now, permit } = options;
  await refuseNetworkFolder(dataDir);
  const directory = await OfflineDirectory.open(dataDir);
  try {
    const facts = await inspectDirectory(dataDir, async (inspection) => {
      const { nodeId, clusterId } = inspection.identity;
      const confirmedBy = inspection.stored().bootstrapSpec?.name || clusterId || `n${nodeId}`;
      // The process that holds the directory is this one.
      return { ...lookedAt(inspection), runningAs: null, confirmedBy };
    });
    await permit(facts);
    const backup = backupPath(dataDir, 'compact', now, backupDir);
    await copyDataDirectory(resolve(dataDir), backup);
    const compacted = await compactDatabase(directory);
    const { confirmedBy: _, ...looked } = facts;
    return { ...looked, ...compacted, backup };
  } finally {
    await directory.close();
  }
}

/** Who reads the database of a directory. */
export interface OfflineReaders {
  readonly dataDir: string;
  readonly readers: readonly DatabaseReader[];
  /** Places of processes that are gone, which are free now; null where nobody asked for that. */
  readonly cleared: number | null;
}

/**
 * The table of readers, read without opening the database; LMDB clears it of those that are gone when it is opened.
 * @throws RaftctlError as `DirectoryInspection.open`
 */
export async function offlineReaders(dataDir: string, clear: boolean): Promise<OfflineReaders> {
  await requireDataDirectory(dataDir);
  await refuseNetworkFolder(dataDir);
  const readers = await readReaderTable(dataDir);
  if (!clear) return { dataDir, readers, cleared: null };
  await inspectDirectory(dataDir, async () => {});
  const after = await readReaderTable(dataDir);
  const left = after.filter(({ pid }) => readers.some((reader) => reader.isStale && reader.pid === pid));
  return { dataDir, readers: after, cleared: readers.filter(({ isStale }) => isStale).length - left.length };
}

function lookedAt({ path, identity, holder, readers, details }: DirectoryInspection): LookedAt {
  return {
    dataDir: path,
    nodeId: identity.nodeId,
    runningAs: holder ?? null,
    database: details,
    readers,
  };
}
