import { RaftctlError } from '../base/errors.js';
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
import { AnswerSlots, watchStatus } from './watch-status.js';

/**
 * Bootstrap and the node's own view of things; needs no leader.
 * @param certifiedId cluster for which the node's certificate is; undefined where there is no TLS
 */
export function clusterService(node: NodeApi, runner: CallRunner, certifiedId?: string): ClusterServiceServer {
  const slots = new AnswerSlots();
  return {
    prepareBootstrap: runner.unary('reads', (request: PrepareBootstrapRequest): PrepareBootstrapResponse => {
      const spec = checkSpec(request.spec, certifiedId);
      checkNodeId('node_id', request.nodeId);
      node.prepareBootstrap(spec, request.nodeId);
      return { nodeId: node.id, existing: node.bootstrapSpec(), stateMachine: node.stateMachine };
    }),
    bootstrap: runner.unary(
      'changes',
      async (request: BootstrapRequest): Promise<BootstrapResponse> => {
        const spec = checkSpec(request.spec, certifiedId);
        checkNodeId('node_id', request.nodeId);
        const changed = await node.bootstrap(spec, request.nodeId);
        return { configIndex: node.listMembers().configIndex, changed };
      },
      ({ nodeId, spec }) => ({
        verb: 'cluster bootstrap',
        target: `node ${nodeId} of cluster ${spec?.clusterId ?? ''}`,
      }),
    ),
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
    watchStatus: runner.serverStream('reads', (_: WatchStatusRequest, { signal }) => watchStatus(node, slots, signal)),
  };
}

function checkSpec(given: BootstrapSpec | undefined, certifiedId: string | undefined): BootstrapSpec {
  const spec = requirePresent('spec', given);
  if (!/^[0-9a-f]{32}$/.test(spec.clusterId)) throw badField('spec.cluster_id', 'must be 32 lower-case hex digits');
  if (certifiedId !== undefined && spec.clusterId !== certifiedId) {
    throw new RaftctlError(
      'E_WRONG_CLUSTER',
      `the certificate of this node is for cluster ${certifiedId}, not for cluster ${spec.clusterId}`,
      { hint: `raftctl cluster bootstrap --cluster-id ${certifiedId}` },
    );
  }
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
