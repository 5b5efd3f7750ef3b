import { RaftctlError } from '../base/errors.js';
import {
  type EventType,
  HistoryServiceService as History,
  type HistoryEvent,
  type ListEventsRequest,
  type ListEventsResponse,
} from '../gen/raftctl/v1/history.js';
import { callAny } from './calls.js';
import { explainAbsence } from './no-leader.js';
import { pauseBefore } from './pause.js';
import { answersOf, type ClientContext, survey } from './survey.js';

/** Which events to watch. */
export interface WatchOptions {
  /** Only those after this sequence number; left out, what happens from now on. */
  readonly since?: number;
  /** Empty or left out: all but audit records. */
  readonly types?: readonly EventType[];
  /** Told when another node goes on, with its address and why the one before ended. */
  readonly onMove?: (address: string, reason: RaftctlError) => void;
}

/** Events that the cluster remembers, oldest first, from the leader where there is one. */
export function listEvents(context: ClientContext, request: ListEventsRequest): Promise<ListEventsResponse> {
  return callAny(context, (node, deadlineMs) => node.unary(History.listEvents, request, deadlineMs));
}

/**
 * Events as they happen, until the signal is aborted. Sequence numbers are the same on all nodes: when the node that tells them dies,
 * another one goes on where it stopped, and nothing is told twice.
 * @throws RaftctlError when no node has answered for `timeoutMs`
 */
export async function* watchEvents(
  context: ClientContext,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<HistoryEvent> {
  const types = [...(options.types ?? [])];
  let since = options.since ?? (await lastSeq(context, types));
  let lost: Lost | undefined;
  for (let attempt = 1; !signal.aborted; attempt++) {
    const address = await anyNode(context, lost);
    if (lost !== undefined && address !== lost.address) options.onMove?.(address, lost.reason);
    try {
      const connection = context.connections.to(address);
      const events = connection.serverStream(History.watchEvents, { since, types }, Number.POSITIVE_INFINITY, signal);
      for await (const { event } of events) {
        if (event === undefined || event.seq <= since) continue;
        since = event.seq;
        attempt = 1;
        yield event;
      }
      lost = { address, reason: new RaftctlError('E_STOPPED', `${address} ended the events`, { retryable: true }) };
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError) || !thrown.retryable) throw thrown;
      lost = { address, reason: thrown };
    }
    if (!signal.aborted) await pauseBefore(attempt, context.settings.random, Number.POSITIVE_INFINITY);
  }
}

/** The node that told the events last, and why it does not any more. */
interface Lost {
  readonly address: string;
  readonly reason: RaftctlError;
}

async function lastSeq(context: ClientContext, types: EventType[]): Promise<number> {
  const { events } = await listEvents(context, { since: 0, types, limit: 1 });
  return events.at(-1)?.seq ?? 0;
}

/** A node that answers, by preference another one than the one that was lost. @throws RaftctlError when nobody does for `timeoutMs` */
async function anyNode(context: ClientContext, lost: Lost | undefined): Promise<string> {
  const { settings } = context;
  const deadlineMs = Date.now() + settings.timeoutMs;
  const isBetter = (address: string) => address !== lost?.address;
  for (let attempt = 1; ; attempt++) {
    const probes = await survey(context, deadlineMs, (seen) =>
      answersOf(seen).some(({ address }) => isBetter(address)),
    );
    const answers = answersOf(probes).map(({ address }) => address);
    const found = answers.find(isBetter) ?? answers[0];
    if (found !== undefined) return found;
    if (Date.now() >= deadlineMs) throw explainAbsence(probes, settings.discover).error;
    await pauseBefore(attempt, settings.random, deadlineMs);
  }
}
