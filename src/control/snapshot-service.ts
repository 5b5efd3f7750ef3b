import type {
  ListSnapshotsRequest,
  ListSnapshotsResponse,
  SaveSnapshotRequest,
  SaveSnapshotResponse,
  SnapshotServiceServer,
  TriggerSnapshotRequest,
  TriggerSnapshotResponse,
} from '../gen/raftctl/v1/snapshot.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';

/** Snapshots of the answering node. */
export function snapshotService(node: NodeApi, runner: CallRunner): SnapshotServiceServer {
  return {
    triggerSnapshot: runner.unary(
      'changes',
      async ({ keepEntries }: TriggerSnapshotRequest): Promise<TriggerSnapshotResponse> => {
        const { snapshot, logFirst } = await node.triggerSnapshot(keepEntries);
        return { nodeId: node.id, snapshot, logFirst };
      },
      () => ({ verb: 'snapshot trigger', target: `node ${node.id}` }),
    ),
    saveSnapshot: runner.serverStream(
      'reads',
      async function* ({ stale, reason }: SaveSnapshotRequest, { signal }) {
        const source = await node.saveSnapshot(stale, reason, { signal });
        yield part({ $case: 'snapshot', value: source.info });
        for await (const chunk of source.chunks()) yield part({ $case: 'chunk', value: chunk });
      },
      ({ reason }) => ({ verb: 'snapshot save', target: `node ${node.id}`, reason }),
    ),
    listSnapshots: runner.unary('reads', (_: ListSnapshotsRequest): ListSnapshotsResponse => {
      return { nodeId: node.id, snapshots: [...node.listSnapshots()] };
    }),
  };
}

function part(value: SaveSnapshotResponse['part']): SaveSnapshotResponse {
  return { part: value };
}
