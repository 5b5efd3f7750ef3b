import {
  HistoryEvent,
  type HistoryServiceServer,
  type ListEventsRequest,
  type ListEventsResponse,
  type RecordAuditRequest,
  type RecordAuditResponse,
  type WatchEventsRequest,
} from '../gen/raftctl/v1/history.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import { badField, requirePresent } from './request-checks.js';

/** Of one audit record. */
const auditBytesMax = 16 * 1024;

/** What happened to the cluster, from its log. */
export function historyService(node: NodeApi, runner: CallRunner): HistoryServiceServer {
  return {
    listEvents: runner.unary('reads', (request: ListEventsRequest): ListEventsResponse => node.listEvents(request)),
    watchEvents: runner.serverStream('reads', async function* (request: WatchEventsRequest, { signal }) {
      for await (const event of node.watchEvents(request, { signal })) yield { event };
    }),
    recordAudit: runner.unary(
      'changes',
      async (request: RecordAuditRequest, { signal }): Promise<RecordAuditResponse> => {
        const event = requirePresent('event', request.event);
        const bytes = HistoryEvent.encode(event).finish().length;
        if (event.audit === undefined || bytes > auditBytesMax) {
          throw badField('event', `must be an audit record of at most ${auditBytesMax} bytes`);
        }
        await node.recordAudit(event, { signal });
        return {};
      },
    ),
  };
}
