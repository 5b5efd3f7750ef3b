import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from '../../src/client/index.js';

/** What a stretch of time looked like to those who write. Milliseconds. */
export interface Stretch {
  /** Longest time between two acknowledgements, of whichever writer. */
  readonly longestGapMs: number;
  /** Longest time that one write took, with all that its client tried. */
  readonly slowestWriteMs: number;
  readonly acknowledged: number;
}

/** One acknowledged write. Times of `performance.now()`. */
export interface Acknowledgement {
  readonly askedMs: number;
  readonly atMs: number;
}

/** A write that a client gives up on ends the measurement: no change may take that long. */
const writeMsMax = 30_000;
const lookMs = 5;

/**
 * Clients that write without a pause, each a key of its own: as soon as one write is acknowledged the next one is sent. Each has a session,
 * finds the leader by itself and sends a write that was not answered again, as every user of the client does.
 */
export class SteadyWriters {
  private readonly acknowledgements: Acknowledgement[] = [];
  private readonly writers: readonly { readonly client: Client; readonly done: Promise<number> }[];
  private stopping = false;
  private failure: unknown;

  constructor(endpoints: readonly string[], count: number) {
    this.writers = Array.from({ length: count }, (_, number) => {
      const client = createClient({ endpoints, timeoutMs: writeMsMax });
      const done = this.write(client, `writer-${number}`);
      done.catch((thrown: unknown) => {
        this.failure ??= thrown;
      });
      return { client, done };
    });
  }

  /** Resolves when `count` more writes are acknowledged. @throws what a writer ended with */
  async acknowledge(count: number): Promise<void> {
    const goal = this.acknowledgements.length + count;
    while (this.acknowledgements.length < goal) {
      if (this.failure !== undefined) throw this.failure;
      await pause(lookMs);
    }
  }

  /** Runs something, until writes are acknowledged after it as well, and tells what writing was like meanwhile. */
  async during(work: () => Promise<void>): Promise<Stretch> {
    const sinceMs = performance.now();
    await work();
    await this.acknowledge(this.writers.length * 10);
    return stretchOf(this.acknowledgements, sinceMs);
  }

  /**
   * Lets the last writes end, and counts what became of all.
   * @throws where the cluster has not just what was acknowledged: a write is missing, or was made twice
   */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const [number, { client, done }] of this.writers.entries()) {
      const written = await done;
      const { pair } = await client.kv.get(`writer-${number}`);
      client.close();
      if (pair?.version !== written || pair.value !== String(written)) {
        throw new Error(`writer ${number} was promised ${written} writes; the cluster has ${JSON.stringify(pair)}`);
      }
    }
  }

  private async write(client: Client, key: string): Promise<number> {
    for (let count = 1; ; count++) {
      const askedMs = performance.now();
      await client.kv.put(key, String(count));
      this.acknowledgements.push({ askedMs, atMs: performance.now() });
      if (this.stopping) return count;
    }
  }
}

/** What those acknowledgements tell of the time from `sinceMs` on; the one before begins the first gap. */
export function stretchOf(acknowledgements: readonly Acknowledgement[], sinceMs: number): Stretch {
  const first = acknowledgements.findIndex(({ atMs }) => atMs > sinceMs);
  const within = first === -1 ? [] : acknowledgements.slice(first);
  let before = acknowledgements[first - 1]?.atMs ?? sinceMs;
  let [longestGapMs, slowestWriteMs] = [0, 0];
  for (const { askedMs, atMs } of within) {
    longestGapMs = Math.max(longestGapMs, atMs - before);
    slowestWriteMs = Math.max(slowestWriteMs, atMs - askedMs);
    before = atMs;
  }
  return { longestGapMs, slowestWriteMs, acknowledged: within.length };
}
