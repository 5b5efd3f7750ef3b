import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { CommitQueue } from './commit-queue.js';
import type { Table } from './environment.js';
import { SWEEP_KEYS_PER_TURN } from './limits.js';

/** Records to remove. */
export interface Sweep {
  readonly table: Table;
  /** Keys in [start, end); left out, from the first, or to the last. */
  readonly start?: Uint8Array;
  readonly end?: Uint8Array;
  /** Left out: none is. Asked just before the removal is queued. */
  readonly isLive?: (key: Uint8Array) => boolean;
}

/**
 * Removes in the background what no longer counts, a bounded number of keys a transaction and one sweep at a time, so that turns do not
 * wait behind it. What is not removed when the process ends is found again at the next start.
 */
export class Sweeper {
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(
    private readonly commits: CommitQueue,
    private readonly logger: Logger,
  ) {}

  /** Queues a sweep. Resolves when its records are gone, or the sweeper is closed; rejects when the disk fails. */
  sweep(sweep: Sweep): Promise<void> {
    const done = this.#last.then(() => this.#run(sweep));
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** The same, for whoever does not wait for it. */
  sweepInBackground(sweep: Sweep): void {
    this.sweep(sweep).catch((thrown: unknown) => {
      this.logger.warn('what no longer counts was not removed', { reason: messageOf(thrown) });
    });
  }

  /** Stops behind the transaction that runs. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#last;
  }

  async #run({ table, end, isLive, ...sweep }: Sweep): Promise<void> {
    let start = sweep.start;
    while (!this.#closed) {
      // Only what is flushed can be read, and only what is read is removed.
      await this.commits.settled();
      const keys = [
        ...table.getKeys({
          limit: SWEEP_KEYS_PER_TURN,
          ...(start === undefined ? {} : { start }),
          ...(end === undefined ? {} : { end }),
        }),
      ];
      const dead = isLive === undefined ? keys : keys.filter((key) => !isLive(key));
      await this.commits.commit((batch) => {
        for (const key of dead) batch.remove(table, key);
      });
      if (keys.length < SWEEP_KEYS_PER_TURN) return;
      start = keys[keys.length - 1];
      await setImmediate();
    }
  }
}
