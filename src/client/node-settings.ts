import {
  type DrainResponse,
  NodeServiceService as Nodes,
  type SetElectionsResponse,
  type UndrainResponse,
} from '../gen/raftctl/v1/node.js';
import { callNode } from './calls.js';
import type { ClientContext } from './survey.js';

// Each of these says how the node shall be, so that saying it twice does no harm.

/** Drains a node: it hands over, does not campaign, and answers when no call is running any more. */
export function drain(context: ClientContext, nodeId: number): Promise<DrainResponse> {
  return callNode(context, nodeId, {
    effect: 'recognised',
    unknownHint: `raftctl node drain ${nodeId}`,
    attempt: (node, deadlineMs) => node.unary(Nodes.drain, { nodeId }, deadlineMs),
  });
}

/** Ends the draining of a node. */
export function undrain(context: ClientContext, nodeId: number): Promise<UndrainResponse> {
  return callNode(context, nodeId, {
    effect: 'recognised',
    unknownHint: `raftctl node undrain ${nodeId}`,
    attempt: (node, deadlineMs) => node.unary(Nodes.undrain, { nodeId }, deadlineMs),
  });
}

/** Says whether a node may campaign; a leader that may not hands over first. */
export function setElections(context: ClientContext, nodeId: number, paused: boolean): Promise<SetElectionsResponse> {
  return callNode(context, nodeId, {
    effect: 'recognised',
    unknownHint: `raftctl node election ${paused ? 'pause' : 'resume'} ${nodeId}`,
    attempt: (node, deadlineMs) => node.unary(Nodes.setElections, { nodeId, paused }, deadlineMs),
  });
}
