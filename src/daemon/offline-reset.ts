import { resolve } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { copyDataDirectory, emptyDirectory, OfflineDirectory, readRetiredIds } from '../storage/offline.js';
import { backupPath } from './offline-backup.js';

/** Whose data directory is to be emptied, as far as it says. */
export interface ResetFacts {
  readonly nodeId: number;
  /** Empty where the node belongs to no cluster. */
  readonly clusterId: string;
  readonly clusterName: string;
  readonly incarnation: number;
  /** What it was when it last ran; `unknown` where the directory is damaged. */
  readonly membership: 'voter' | 'learner' | 'none' | 'unknown';
  /** A reset of this directory was interrupted. */
  readonly isBegun: boolean;
  /** It has heard that its cluster was recovered without it. */
  readonly isFenced: boolean;
}

export interface ResetOptions {
  readonly dataDir: string;
  /** Folder for a copy; undefined: the one that the data directory is in; null: no copy. */
  readonly backupDir?: string | undefined | null;
  readonly now: Date;
  /** Throws where it must not be. */
  readonly permit: (facts: ResetFacts) => Promise<void>;
}

/** What is left. */
export interface ResetNode extends ResetFacts {
  readonly dataDir: string;
  /** Null where there is no copy. */
  readonly backup: string | null;
}

/**
 * Empties the data directory of a node that does not run. What stays is a note of its id, under which no node starts there again.
 * @throws RaftctlError E_USAGE where it is no data directory, E_DATA_DIR_LOCKED, and whatever `permit` throws
 */
export async function resetNode({ dataDir, backupDir, now, permit }: ResetOptions): Promise<ResetNode> {
  const directory = await OfflineDirectory.open(dataDir);
  try {
    const facts = await factsOf(directory);
    await permit(facts);
    const path = resolve(dataDir);
    let backup: string | null = null;
    if (backupDir !== null) {
      backup = backupPath(path, 'reset', now, backupDir);
      await copyDataDirectory(path, backup);
    }
    await emptyDirectory(directory);
    return { ...facts, dataDir, backup };
  } finally {
    await directory.close();
  }
}

async function factsOf(directory: OfflineDirectory): Promise<ResetFacts> {
  const { nodeId, clusterId, incarnation, supersededBy } = directory.identity;
  const isBegun = (await readRetiredIds(directory.path)).includes(nodeId);
  const identity = { nodeId, clusterId, incarnation, isBegun, isFenced: supersededBy !== undefined };
  if (clusterId === '') return { ...identity, clusterName: '', membership: 'none' };
  try {
    return await directory.read(({ stored }) => {
      const { voters, votersOutgoing, learners, learnersNext } = stored.applied.confState;
      const isIn = (...sets: (readonly number[])[]) => sets.some((set) => set.includes(nodeId));
      const membership = isIn(voters, votersOutgoing) ? 'voter' : isIn(learners, learnersNext) ? 'learner' : 'none';
      return { ...identity, clusterName: stored.bootstrapSpec?.name ?? '', membership };
    });
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError) || thrown.code !== 'E_CORRUPT') throw thrown;
    return { ...identity, clusterName: '', membership: 'unknown' };
  }
}
