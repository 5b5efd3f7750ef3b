import {
  type BeginStateHashResponse,
  ClusterServiceService as Cluster,
  type GetStateHashResponse,
  StateHashPhase,
} from '../gen/raftctl/v1/cluster.js';
import { callLeader, callNode } from './calls.js';
import { pauseBefore } from './pause.js';
import type { ClientContext } from './survey.js';

/** Has every node hash its state as of one index. @param at 0: the next one @param bytesPerSecond 0: as fast as it can */
export function beginStateHash(
  context: ClientContext,
  at: number,
  bytesPerSecond: number,
): Promise<BeginStateHashResponse> {
  return callLeader(context, {
    effect: 'single',
    unknownHint: 'raftctl cluster verify again: nothing is changed by it',
    attempt: (node, deadlineMs) => node.unary(Cluster.beginStateHash, { at, bytesPerSecond }, deadlineMs),
  });
}

/**
 * What a node says of its hash once there is no more to wait for, or the deadline (as `Date.now` counts) has passed.
 * @throws RaftctlError where the node does not answer
 */
export async function awaitStateHash(
  context: ClientContext,
  id: number,
  index: number,
  deadlineMs: number,
): Promise<GetStateHashResponse> {
  for (let attempt = 1; ; attempt++) {
    const answer = await callNode(context, id, {
      effect: 'read',
      attempt: (node, callDeadlineMs) => node.unary(Cluster.getStateHash, { index }, callDeadlineMs),
    });
    const isOver = answer.phase === StateHashPhase.DONE || answer.phase === StateHashPhase.MISSED;
    if (isOver || Date.now() >= deadlineMs) return answer;
    await pauseBefore(attempt, context.settings.random, deadlineMs);
  }
}
