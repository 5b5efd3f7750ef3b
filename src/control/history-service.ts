import type {
  HistoryServiceServer,
  ListEventsRequest,
  ListEventsResponse,
  WatchEventsRequest,
} from '../gen/raftctl/v1/history.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';

/** What happened to the cluster, from its log. */
export function historyService(node: NodeApi, runner: CallRunner): HistoryServiceServer {
  return {
    listEvents: runner.unary('reads', (request: ListEventsRequest): ListEventsResponse => node.listEvents(request)),
    watchEvents: runner.serverStream('reads', async function* (request: WatchEventsRequest, { signal }) {
      for await (const event of node.watchEvents(request, { signal })) yield { event };
    }),
  };
}
