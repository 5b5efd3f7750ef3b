import type {
  BeginStateHashRequest,
  BeginStateHashResponse,
  BootstrapRequest,
  BootstrapResponse,
  BootstrapSpec,
  ClusterServiceServer,
  GetStateHashRequest,
  GetStateHashResponse,
  GetStatusRequest,
  GetStatusResponse,
  PrepareBootstrapRequest,
  PrepareBootstrapResponse,
  WatchStatusRequest,
} from '../gen/raftctl/v1/cluster.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import { badField, checkMembers, checkName, checkNodeId, checkNodeIds, requirePresent } from './request-checks.js';
import { watchStatus } from './watch-status.js';

/** Bootstrap and the node's own view of things; needs no leader. */
export function clusterService(node: NodeApi, runner: CallRunner): ClusterServiceServer {
  return {
    prepareBootstrap: runner.unary('reads', (request: PrepareBootstrapRequest): PrepareBootstrapResponse => {
      const spec = checkSpec(request.spec);
      checkNodeId('node_id', request.nodeId);
      node.prepareBootstrap(spec, request.nodeId);
      return { nodeId: node.id, existing: node.bootstrapSpec(), stateMachine: node.stateMachine };
    }),
    bootstrap: runner.unary('changes', async (request: BootstrapRequest): Promise<BootstrapResponse> => {
      const spec = checkSpec(request.spec);
      checkNodeId('node_id', request.nodeId);
      const changed = await node.bootstrap(spec, request.nodeId);
      return { configIndex: node.listMembers().configIndex, changed };
    }),
    getStatus: runner.unary('reads', (_: GetStatusRequest): GetStatusResponse => ({ status: node.status() })),
    beginStateHash: runner.unary(
      'changes',
      ({ at, bytesPerSecond }: BeginStateHashRequest, { signal }): Promise<BeginStateHashResponse> =>
        node.stateHashes.begin({ at, bytesPerSecond }, { signal }),
    ),
    getStateHash: runner.unary('reads', ({ index }: GetStateHashRequest): GetStateHashResponse => {
      if (index === 0) throw badField('index', 'must be the index of an entry');
      return node.stateHashes.result(index);
    }),
    watchStatus: runner.serverStream('reads', (_: WatchStatusRequest, { signal }) => watchStatus(node, signal)),
  };
}

function checkSpec(given: BootstrapSpec | undefined): BootstrapSpec {
  const spec = requirePresent('spec', given);
  if (!/^[0-9a-f]{32}$/.test(spec.clusterId)) throw badField('spec.cluster_id', 'must be 32 lower-case hex digits');
  checkName('spec.name', spec.name);
  checkMembers('spec.members', spec.members);
  if (spec.voters.length === 0) throw badField('spec.voters', 'must name a node');
  const placed = [...spec.voters, ...spec.learners];
  checkNodeIds('spec.voters and spec.learners', placed);
  const members = new Set(spec.members.map((member) => member.id));
  if (members.size !== placed.length || !placed.every((id) => members.has(id))) {
    throw badField('spec.members', 'must be the nodes of spec.voters and spec.learners, no more and no fewer');
  }
  return spec;
}
