import { RaftctlError } from '../base/errors.js';
import type {
  DrainRequest,
  DrainResponse,
  NodeServiceServer,
  SetElectionsRequest,
  SetElectionsResponse,
  UndrainRequest,
  UndrainResponse,
} from '../gen/raftctl/v1/node.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';

/** Settings of this one node: whether it may lead, and whether it is about to be stopped. */
export function nodeService(node: NodeApi, runner: CallRunner): NodeServiceServer {
  return {
    drain: runner.unary(
      'changes',
      ({ nodeId }: DrainRequest, { signal }): Promise<DrainResponse> => {
        requireSelf(node, nodeId);
        return node.drain({ signal });
      },
      ({ nodeId }) => ({ verb: 'node drain', target: `node ${nodeId}` }),
    ),
    undrain: runner.unary(
      'changes',
      ({ nodeId }: UndrainRequest): Promise<UndrainResponse> => {
        requireSelf(node, nodeId);
        return node.undrain();
      },
      ({ nodeId }) => ({ verb: 'node undrain', target: `node ${nodeId}` }),
    ),
    setElections: runner.unary(
      'changes',
      (request: SetElectionsRequest, { signal }): Promise<SetElectionsResponse> => {
        requireSelf(node, request.nodeId);
        return node.setElections(request.paused, { signal });
      },
      ({ nodeId, paused }) => ({ verb: `node election ${paused ? 'pause' : 'resume'}`, target: `node ${nodeId}` }),
    ),
  };
}

/** Somebody else may listen by now where the caller thinks that the node is. */
function requireSelf(node: NodeApi, id: number): void {
  if (id === node.id) return;
  throw new RaftctlError('E_WRONG_NODE', `node ${node.id} answers here, not node ${id}`, {
    hint: 'raftctl member list',
  });
}
