import type {
  GetLogInfoRequest,
  GetLogInfoResponse,
  ListEntriesRequest,
  ListEntriesResponse,
  LogServiceServer,
} from '../gen/raftctl/v1/log.js';
import type { DescribedEntry, NodeApi } from '../node/node-api.js';
import type { CallRunner } from './call-runner.js';
import { badField } from './request-checks.js';

/** Entries and bytes that are read from the log at once, and held while the caller takes them. */
const pageEntriesMax = 256;
const pageBytesMax = 1024 * 1024;

/** The answering node's own log. */
export function logService(node: NodeApi, runner: CallRunner): LogServiceServer {
  return {
    getLogInfo: runner.unary('reads', (_: GetLogInfoRequest): GetLogInfoResponse => {
      const newest = node.listSnapshots()[0];
      return {
        nodeId: node.id,
        ...node.logInfo(),
        snapshotIndex: newest?.index ?? 0,
        snapshotTerm: newest?.term ?? 0,
      };
    }),
    listEntries: runner.serverStream('reads', (request: ListEntriesRequest) => {
      if (request.to !== 0 && request.to < request.from) throw badField('to', 'must not be below from');
      return listEntries(node, request);
    }),
  };
}

/**
 * Entries in pages: between two of them the log may be compacted or grow, and no reader is held open while a slow caller takes its
 * time. Ends at what was the last entry when the call began.
 */
async function* listEntries(node: NodeApi, request: ListEntriesRequest): AsyncGenerator<ListEntriesResponse> {
  const last = request.to === 0 ? node.logInfo().log.last : request.to;
  let from = request.from;
  let left = request.limit === 0 ? Number.POSITIVE_INFINITY : request.limit;
  while (left > 0 && from <= last) {
    const page = readPage(node, from, last, Math.min(left, pageEntriesMax));
    for (const { entry, committed, summary, size } of page) yield { entry, committed, summary, size };
    const end = page.at(-1);
    if (end === undefined) return;
    from = end.entry.index + 1;
    left -= page.length;
  }
}

function readPage(node: NodeApi, from: number, to: number, entriesMax: number): DescribedEntry[] {
  const page: DescribedEntry[] = [];
  let bytes = 0;
  for (const described of node.logEntries(from, to, entriesMax)) {
    page.push(described);
    bytes += described.size;
    if (bytes >= pageBytesMax || page.length === entriesMax) break;
  }
  return page;
}
