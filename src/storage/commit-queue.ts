import { AssertionError } from '../base/assert.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Environment, Table } from './environment.js';

/** Takes the writes of one commit. Keys and values belong to the database until the commit is flushed. */
export class WriteBatch {
  #flushed: Promise<unknown> | undefined;

  /** Resolves when the writes are flushed; undefined where there are none. */
  get flushed(): Promise<unknown> | undefined {
    return this.#flushed;
  }

  put(table: Table, key: Uint8Array, value: Uint8Array): void {
    this.#flushed = table.put(key, value);
  }

  remove(table: Table, key: Uint8Array): void {
    this.#flushed = table.remove(key);
  }
}

/**
 * The one way to disk. Whatever is queued within one turn of the event loop becomes one transaction; transactions are flushed in order.
 * After the first write or flush that fails nothing is written any more: what a failed flush has left on disk nobody knows.
 */
export class CommitQueue {
  #failure: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly logger: Logger,
  ) {}

  /** Queues what `queue` puts and removes, synchronously. Resolves when it, and all that was queued before, is flushed. */
  commit(queue: (batch: WriteBatch) => void): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const batch = new WriteBatch();
    try {
      queue(batch);
    } catch (thrown) {
      // Part of the writes may be queued already.
      return Promise.reject(this.#fail(thrown));
    }
    if (batch.flushed === undefined) return this.settled();
    const flushed = batch.flushed.then(
      // A read that began before the commit must not hide it from what runs next.
      () => this.environment.root.resetReadTxn(),
      (thrown: unknown) => {
        throw this.#fail(thrown);
      },
    );
    this.#last = flushed;
    // Whoever waits for it sees the failure; nobody may be waiting.
    flushed.catch(() => undefined);
    return flushed;
  }

  /** Resolves when everything queued so far is flushed; rejects once the queue has failed. */
  settled(): Promise<void> {
    return this.#failure === undefined ? this.#last : Promise.reject(this.#failure);
  }

  /** Refuses everything from now on. */
  close(reason: RaftctlError): void {
    this.#failure ??= reason;
  }

  #fail(thrown: unknown): Error {
    this.#observe(thrown);
    if (thrown instanceof RaftctlError || thrown instanceof AssertionError) this.#failure ??= thrown;
    if (this.#failure === undefined) {
      const reason = messageOf(thrown);
      this.#failure = new RaftctlError('E_DISK', `a write to the data directory failed: ${reason}`, {
        changed: 'unknown',
        cause: thrown,
        facts: ['what is on disk after a failed write is unknown until the node starts again'],
      });
      this.logger.error('the disk cannot be trusted any more', { reason });
    }
    return this.#failure;
  }

  /** lmdb keeps the cause of a rejected write in a promise of its own, which ends the process where nobody looks at it. */
  #observe(thrown: unknown): void {
    if (!(thrown instanceof Error && 'commitError' in thrown && thrown.commitError instanceof Promise)) return;
    thrown.commitError.catch((cause: unknown) =>
      this.logger.error('why the write failed', { reason: messageOf(cause) }),
    );
  }
}
