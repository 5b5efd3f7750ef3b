import { RaftctlError } from '../base/errors.js';
import type { CollectedNode } from './collected-node.js';
import { holdsCommitted, isFurther } from './log-order.js';

/** Id of the risk that a base is chosen although another survivor has more. */
export const NOT_LATEST_BASE = 'not-latest-base';

/**
 * Whose log goes on. It must hold every entry that any survivor knows to be committed; of those that do, it is the one that is furthest.
 *
 * The furthest of all is not always among them. A leader of term 6 that wrote an entry to its own disk alone is further than a follower
 * whose last entry is of term 5 and was committed in term 7 with the help of nodes that are lost now.
 *
 * @param wanted the operator's own choice
 * @throws RaftctlError E_REFUSED
 */
export function chooseBase(
  survivors: readonly CollectedNode[],
  wanted: number | undefined,
  acceptedRisks: readonly string[],
): CollectedNode {
  const complete = survivors.filter((node) => survivors.every((other) => holdsCommitted(node, other)));
  const best = complete.reduce<CollectedNode | undefined>(
    (further, node) => (further === undefined || isFurther(node.log, further.log) ? node : further),
    undefined,
  );
  if (best === undefined) {
    throw new RaftctlError('E_REFUSED', 'the survivors contradict each other: no log holds all that is committed', {
      facts: survivors.map(positionOf),
      hint: 'collect again from the nodes themselves: one of these files is of another time, or of a copy',
    });
  }
  if (wanted === undefined || wanted === best.nodeId) return best;
  const chosen = survivors.find(({ nodeId }) => nodeId === wanted);
  if (chosen === undefined) throw new RaftctlError('E_REFUSED', `node ${wanted} is not among the collected files`);
  if (!complete.includes(chosen)) throw lacksCommitted(chosen, survivors);
  if (isFurther(best.log, chosen.log) && !acceptedRisks.includes(NOT_LATEST_BASE)) {
    throw new RaftctlError(
      'E_REFUSED',
      `node ${wanted} is not the latest: node ${best.nodeId} has entries that it has not`,
      {
        facts: survivors.map(positionOf),
        hint: `leave --base out, or accept that they are lost: --accept-risk ${NOT_LATEST_BASE}`,
      },
    );
  }
  return chosen;
}

function lacksCommitted(chosen: CollectedNode, survivors: readonly CollectedNode[]): RaftctlError {
  const knowing = survivors.find((other) => !holdsCommitted(chosen, other));
  return new RaftctlError(
    'E_REFUSED',
    `node ${chosen.nodeId} cannot be the base: it lacks entries that node ${knowing?.nodeId} knows to be committed`,
    { facts: survivors.map(positionOf), hint: 'leave --base out' },
  );
}

/** `node 1: last 48, term 7, commit 44`. */
export function positionOf({ nodeId, log, hardState }: CollectedNode): string {
  return `node ${nodeId}: last ${log.last}, term ${log.lastTerm}, commit ${hardState.commit}`;
}
