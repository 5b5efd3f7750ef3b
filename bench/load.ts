import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { CommandKind, ProposalServiceClient } from '../src/gen/raftctl/v1/proposal.js';
import { type LatencySummary, summarize } from './latencies.js';

/** One measured run. */
export interface LoadResult extends LatencySummary {
  readonly perSecond: number;
}

/** What is proposed, how, and for how long. */
export interface LoadOptions {
  readonly leader: string;
  readonly inFlight: number;
  readonly payloadBytes: number;
  /** Not counted: the code is cold. */
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Counts what ends within the window after the warm-up. */
class Window {
  readonly latencies: number[] = [];
  private readonly from: number;
  readonly until: number;

  constructor(options: LoadOptions) {
    this.from = performance.now() + options.warmUpMs;
    this.until = this.from + options.measureMs;
  }

  record(startedMs: number): void {
    const now = performance.now();
    if (startedMs >= this.from && now <= this.until) this.latencies.push(now - startedMs);
  }

  get open(): boolean {
    return performance.now() < this.until;
  }

  result(measureMs: number): LoadResult {
    return { ...summarize(this.latencies), perSecond: (this.latencies.length * 1000) / measureMs };
  }
}

/** Closed loop of unary calls: as many callers as `inFlight`, each with one proposal at a time. */
export async function unaryLoad(options: LoadOptions): Promise<LoadResult> {
  const client = new ProposalServiceClient(options.leader, credentials.createInsecure());
  const window = new Window(options);
  const request = { kind: CommandKind.RAW, payload: Buffer.alloc(options.payloadBytes, 0x78), session: undefined };
  const proposeOnce = () =>
    new Promise<void>((resolve, reject) => {
      client.propose(request, (error: ServiceError | null) => (error ? reject(error) : resolve()));
    });
  const caller = async () => {
    while (window.open) {
      const startedMs = performance.now();
      await proposeOnce();
      window.record(startedMs);
    }
  };
  await Promise.all(Array.from({ length: options.inFlight }, caller));
  client.close();
  return window.result(options.measureMs);
}

/** Closed loop on one stream: each answer lets the next proposal go. */
export async function streamLoad(options: LoadOptions): Promise<LoadResult> {
  const client = new ProposalServiceClient(options.leader, credentials.createInsecure());
  const window = new Window(options);
  const payload = Buffer.alloc(options.payloadBytes, 0x78);
  const started = new Map<number, number>();
  const stream = client.proposeStream();
  let tag = 0;
  const proposeNext = () => {
    started.set(++tag, performance.now());
    stream.write({ tag, kind: CommandKind.RAW, payload, session: undefined });
  };
  stream.on('data', (answer) => {
    if (answer.outcome?.$case !== 'ok') throw new Error(`a proposal failed: ${JSON.stringify(answer.outcome)}`);
    window.record(started.get(answer.tag) ?? 0);
    started.delete(answer.tag);
    if (window.open) proposeNext();
    else if (started.size === 0) stream.end();
  });
  for (let i = 0; i < options.inFlight; i++) proposeNext();
  await once(stream, 'end');
  client.close();
  return window.result(options.measureMs);
}
