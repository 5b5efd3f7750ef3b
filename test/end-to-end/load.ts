import { setTimeout as pause } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { type KvPair, PlainClient } from './plain-client.js';

/** What a writer was promised: how often each of its keys was written, by acknowledged writes alone. */
export interface Acknowledged {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

/** One attempt is given this long; then the writer asks another node, with the same session and sequence. */
const attemptMs = 1500;
const betweenRoundsMs = 20;

/**
 * Writers that go on whatever happens to the nodes. Each writes a key of its own again and again, and a new key each time; it retries a
 * write until it is acknowledged, always as the same proposal, so that each must be applied exactly once: the version of a new key is 1,
 * and that of the repeated one is the number of its writes.
 */
export class Load {
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Times of acknowledgements, by `performance.now()`. */
  readonly times: number[] = [];
  readonly #clients: readonly PlainClient[];
  readonly #writers: readonly Promise<void>[];
  #stopping = false;
  #leader = 0;

  private constructor(addresses: readonly string[], writers: number) {
    this.#clients = addresses.map((address) => new PlainClient(address));
    this.#writers = Array.from({ length: writers }, (_, number) => this.#write(`writer-${number}`));
  }

  static start(addresses: readonly string[], writers = 4): Load {
    return new Load(addresses, writers);
  }

  /** Resolves when `count` more writes are acknowledged from now on; rejects when a writer failed. */
  async acknowledges(count: number): Promise<void> {
    const goal = this.times.length + count;
    while (this.times.length < goal) await Promise.race([pause(betweenRoundsMs), this.#failure()]);
  }

  /** Ends when each writer's last write is acknowledged. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#writers);
    for (const client of this.#clients) client.close();
  }

  /** Longest time without an acknowledgement that began or ended after `since`. */
  longestGapMs(since: number): number {
    const before = this.times.findLast((time) => time <= since) ?? since;
    const times = [before, ...this.times.filter((time) => time > since)].sort((a, b) => a - b);
    return Math.max(...times.slice(1).map((time, at) => time - (times[at] ?? time)));
  }

  #failure(): Promise<never> {
    return Promise.all(this.#writers).then(() => {
      throw new Error('the writers have stopped');
    });
  }

  async #write(writer: string): Promise<void> {
    for (let count = 1, sequence = 1; !this.#stopping; count += 1) {
      await this.#put(`${writer}/repeated`, JSON.stringify(count), writer, sequence++, count);
      await this.#put(`${writer}/${String(count).padStart(6, '0')}`, JSON.stringify(count), writer, sequence++, 1);
    }
  }

  async #put(key: string, value: string, writer: string, sequence: number, version: number): Promise<void> {
    const request = { key, value, session: { clientId: writer, sequence, lowestPending: sequence } };
    for (let asked = 0; ; asked += 1) {
      const client = this.#clients[this.#leader % this.#clients.length];
      if (client === undefined) throw new Error('a load needs an address');
      const answer = await client
        .call<{ version: number }>('raftctl.v1.KvService', 'Put', request, attemptMs)
        .catch(retryable);
      if (answer !== undefined) {
        if (answer.version !== version)
          throw new Error(`${key} is at version ${answer.version}, not ${version}: written twice or lost`);
        this.acknowledged.set(key, { key, value, version });
        this.times.push(performance.now());
        return;
      }
      this.#leader += 1;
      if (asked % this.#clients.length === 0) await pause(betweenRoundsMs);
    }
  }
}

/** Errors after which the same write, as the same proposal, is tried elsewhere. */
function retryable(error: { readonly code?: number }): undefined {
  const definite: readonly (number | undefined)[] = [
    status.INVALID_ARGUMENT,
    status.UNIMPLEMENTED,
    status.DATA_LOSS,
    undefined,
  ];
  if (definite.includes(error.code)) throw error;
}

/** Acknowledged writes that a node does not have, or has otherwise. */
export function missingWrites(acknowledged: Iterable<Acknowledged>, pairs: ReadonlyMap<string, KvPair>): string[] {
  return [...acknowledged]
    .filter(({ key, value, version }) => pairs.get(key)?.value !== value || pairs.get(key)?.version !== version)
    .map(
      ({ key, value, version }) =>
        `${key} = ${value} at version ${version}: ${JSON.stringify(pairs.get(key) ?? 'missing')}`,
    );
}
