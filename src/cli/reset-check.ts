import { RaftctlError } from '../base/errors.js';
import type { ClusterView } from '../client/index.js';

/** Id of the risk that a node is reset that is a member still. */
export const STILL_MEMBER = 'still-member';

/** What a data directory says of itself. */
export interface DirectoryFacts {
  readonly nodeId: number;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly incarnation: number;
  readonly membership: 'voter' | 'learner' | 'none' | 'unknown';
  /** A reset of this directory was interrupted. */
  readonly isBegun: boolean;
  readonly isFenced: boolean;
}

/** `data` of `node reset`. */
export interface ResetData extends DirectoryFacts {
  readonly dataDir: string;
  /** Null where there is no copy. */
  readonly backup: string | null;
}

/** What is typed to confirm: the name of the cluster, or its id, or that of a node without a cluster. */
export function resetConfirmedBy({ clusterName, clusterId, nodeId }: DirectoryFacts): string {
  return clusterName || clusterId || `n${nodeId}`;
}

/**
 * Refuses to reset a node on which its cluster may count: wiping a voter takes one vote from every quorum.
 * @param view of the running cluster; undefined where no endpoints were given
 * @throws RaftctlError E_REFUSED, E_WRONG_CLUSTER
 */
export function checkRemoved(facts: DirectoryFacts, view: ClusterView | undefined, accepted: readonly string[]): void {
  const unknownRisk = accepted.find((risk) => risk !== STILL_MEMBER);
  if (unknownRisk !== undefined)
    throw new RaftctlError('E_USAGE', `--accept-risk ${unknownRisk}: there is no such risk`);
  const mayCount = !facts.isBegun && !facts.isFenced && facts.membership !== 'none';
  if (!mayCount || accepted.includes(STILL_MEMBER)) return;
  const { nodeId, membership } = facts;
  const last = membership === 'unknown' ? 'what it was last cannot be read' : `it was a ${membership} when it last ran`;
  if (view === undefined) {
    throw new RaftctlError('E_REFUSED', `node ${nodeId} may be a member of its cluster still`, {
      facts: [last],
      hint: `name the cluster, which says whether it was removed: --endpoints HOST:PORT; or --accept-risk ${STILL_MEMBER}`,
    });
  }
  if (view.clusterId !== facts.clusterId) {
    throw new RaftctlError(
      'E_WRONG_CLUSTER',
      `the endpoints are of cluster ${view.clusterId}, node ${nodeId} is of ${facts.clusterId}`,
    );
  }
  const { voters, votersOutgoing, learners, learnersNext } = view.confState;
  if (view.incarnation > facts.incarnation || ![voters, votersOutgoing, learners, learnersNext].flat().includes(nodeId))
    return;
  throw new RaftctlError('E_REFUSED', `node ${nodeId} is a member of its cluster still`, {
    facts: [`configuration @${view.configIndex}: voters ${voters.join(',')}`],
    hint: `raftctl member remove ${nodeId} first, or --accept-risk ${STILL_MEMBER}`,
  });
}

/** What was done, and what comes next. */
export function resetText({ dataDir, nodeId, clusterId, backup }: ResetData): string {
  const copy = backup === null ? 'there is no copy' : `copy: ${backup}`;
  const next =
    clusterId === ''
      ? ''
      : `\nid ${nodeId} cannot be used here again. next: raftctl node start --id NEW --data-dir ${dataDir}, and raftctl member add`;
  return `node ${nodeId}: ${dataDir} is empty; ${copy}${next}`;
}
