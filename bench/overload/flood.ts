import { GetRequest, KvServiceService, PutRequest } from '../../src/gen/raftctl/v1/kv.js';
import { Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import { type LatencySummary, summarize } from '../latencies.js';
import { BareCaller } from './bare-caller.js';

/** Calls to one node, all at once. */
export interface FloodOrder {
  readonly kind: 'flood';
  readonly address: string;
  readonly connections: number;
  /** Open at once on each connection; each that ends is followed by the next one. */
  readonly callsPerConnection: number;
  /** Calls that follow each other in each place. */
  readonly rounds: number;
  /** Of a value that is written. */
  readonly valueBytes: number;
  /** Share of linearizable reads; the rest are writes. */
  readonly reads: number;
  readonly deadlineMs: number;
}

/** How the calls of a flood ended. */
export interface FloodReport {
  /** How many ended how: `ok`, or the code of the refusal. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Of those that succeeded, and of those that were refused. */
  readonly served: LatencySummary;
  readonly refused: LatencySummary;
  readonly elapsedMs: number;
}

/** Opens all connections, then makes all calls. */
export async function flood(order: FloodOrder): Promise<FloodReport> {
  const { address, connections, deadlineMs } = order;
  const opening = Array.from({ length: connections }, () => BareCaller.persist(address, deadlineMs));
  const callers = await Promise.all(opening);
  const outcomes: Record<string, number> = {};
  const servedMs: number[] = [];
  const refusedMs: number[] = [];
  const startedMs = performance.now();
  await Promise.all(
    callers.flatMap((caller, at) =>
      Array.from({ length: order.callsPerConnection }, async (_, place) => {
        const { path, message } = request(order, at, place);
        for (let round = 0; round < order.rounds; round++) {
          const beganMs = performance.now();
          const outcome = await caller.call(path, message, order.deadlineMs);
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
          (outcome === 'ok' ? servedMs : refusedMs).push(performance.now() - beganMs);
        }
      }),
    ),
  );
  for (const caller of callers) caller.close();
  return {
    outcomes,
    served: summarize(servedMs),
    refused: summarize(refusedMs),
    elapsedMs: performance.now() - startedMs,
  };
}

function request({ reads, valueBytes, callsPerConnection }: FloodOrder, at: number, place: number) {
  const key = `flood-${at}`;
  if ((place + 0.5) / callsPerConnection < reads) {
    const message = GetRequest.encode({ key, consistency: Consistency.LINEARIZABLE }).finish();
    return { path: KvServiceService.get.path, message };
  }
  const value = JSON.stringify('x'.repeat(valueBytes));
  const message = PutRequest.encode({ key, value, session: undefined }).finish();
  return { path: KvServiceService.put.path, message };
}
