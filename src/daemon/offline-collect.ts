import { messageOf, RaftctlError } from '../base/errors.js';
import { type Entry, EntryType } from '../gen/raft/v1/raft.js';
import { readMembers } from '../node/members.js';
import type { CollectedNode, EntryFacts, TermRange } from '../recovery/index.js';
import { configurationsAlong } from '../recovery/index.js';
import { OfflineDirectory, type OfflineReading } from '../storage/offline.js';

/** Entries behind the commit index that are described one by one, the newest of them. */
const TAIL_ENTRIES_MAX = 1000;

/**
 * What a node that does not run has on its disk, all of it read and verified.
 * @throws RaftctlError E_DATA_DIR_LOCKED while it runs, E_USAGE, E_NOT_BOOTSTRAPPED, E_CORRUPT naming what is damaged
 */
export async function collectNode(dataDir: string, now: Date): Promise<CollectedNode> {
  const directory = await OfflineDirectory.open(dataDir);
  try {
    return await collectFrom(directory, now);
  } finally {
    await directory.close();
  }
}

/** The same of a directory that is held already. */
export function collectFrom(directory: OfflineDirectory, now: Date): Promise<CollectedNode> {
  const { nodeId, clusterId } = directory.identity;
  if (clusterId === '') {
    throw new RaftctlError(
      'E_NOT_BOOTSTRAPPED',
      `node ${nodeId} belongs to no cluster: it has nothing to recover from`,
    );
  }
  return directory.read(async (reading) => {
    const snapshots = await reading.snapshots();
    const { incarnation, supersededBy, instance, stateMachine } = directory.identity;
    const { hardState, applied, bootstrapSpec } = reading.stored;
    const { changes, ...logFacts } = readLog(reading);
    return {
      ...{ clusterId, clusterName: bootstrapSpec?.name ?? '', incarnation, nodeId, instance, stateMachine },
      ...(supersededBy === undefined ? {} : { supersededBy }),
      dataDir: directory.path,
      collectedAt: now.toISOString(),
      hardState,
      applied: { index: applied.index, term: applied.term },
      ...logFacts,
      configurations: along(applied, changes),
      members: readMembers(reading.view).map(({ id, name, address }) => ({ id, name, address })),
      snapshots: snapshots.map(({ index, term, bytes }) => ({ index, term, bytes })),
      logDigest: reading.logDigest(),
      stateDigest: reading.stateDigest(),
    };
  });
}

function along(applied: OfflineReading['stored']['applied'], changes: readonly Entry[]) {
  const { configIndex: index, confState } = applied;
  try {
    return configurationsAlong({ index, confState }, changes);
  } catch (cause) {
    throw new RaftctlError('E_CORRUPT', `the log has a configuration change that makes no sense: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** One walk over the log: runs of terms, the entries behind the commit index, and the changes behind the applied one. */
function readLog(reading: OfflineReading): Pick<CollectedNode, 'log' | 'tail'> & { changes: Entry[] } {
  const { bounds, hardState, applied } = reading.stored;
  const ranges: TermRange[] = [];
  const tail: EntryFacts[] = [];
  const changes: Entry[] = [];
  for (const entry of reading.entries()) {
    const { index, term, entryType } = entry;
    const run = ranges.at(-1);
    if (run?.term === term) ranges[ranges.length - 1] = { ...run, last: index };
    else ranges.push({ term, first: index, last: index });
    if (index > applied.index && entryType !== EntryType.NORMAL) changes.push(entry);
    if (index <= hardState.commit) continue;
    tail.push(factsOf(entry));
    if (tail.length > TAIL_ENTRIES_MAX) tail.shift();
  }
  const { truncatedIndex, truncatedTerm, lastIndex: last } = bounds;
  const log = { truncatedIndex, truncatedTerm, last, lastTerm: ranges.at(-1)?.term ?? truncatedTerm, ranges };
  return { log, tail, changes };
}

function factsOf({ index, term, entryType, data }: Entry): EntryFacts {
  if (entryType !== EntryType.NORMAL) return { index, term, type: 'configuration', size: data.length };
  return { index, term, type: data.length === 0 ? 'nothing' : 'command', size: data.length };
}
