import { AssertionError } from '../base/assert.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Environment, Table } from './environment.js';

/** Takes the writes of one transaction. Keys and values belong to the database until it is flushed. */
export class WriteBatch {
  readonly #writes: { readonly table: Table; readonly key: Uint8Array; readonly value: Uint8Array | undefined }[] = [];

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  put(table: Table, key: Uint8Array, value: Uint8Array): void {
    this.#writes.push({ table, key, value });
  }

  remove(table: Table, key: Uint8Array): void {
    this.#writes.push({ table, key, value: undefined });
  }

  /** Hands the writes to the database, all at once. Resolves when they are flushed. */
  async write(): Promise<void> {
    const written = this.#writes.map(({ table, key, value }) =>
      value === undefined ? table.remove(key) : table.put(key, value),
    );
    // All of them, as each rejects by itself where the flush fails.
    await Promise.all(written);
  }
}

/**
 * The one way to disk. Whatever is queued within one turn of the event loop becomes one transaction, and so does whatever is queued while one is
 * being flushed; the next one begins when that is done. After the first write or flush that fails nothing is written any more: what a failed
 * flush has left on disk nobody knows, and LMDB would go on with what it was given meanwhile, which stands on what was lost.
 */
export class CommitQueue {
  /** Why nothing more is taken. */
  #refusal: Error | undefined;
  /** Why nothing more is written. */
  #failure: Error | undefined;
  /** Not handed to the database yet. */
  #gathering: { readonly batch: WriteBatch; readonly flushed: Promise<void> } | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly environment: Environment,
    private readonly logger: Logger,
  ) {}

  /** Queues what `queue` puts and removes, synchronously. Resolves when it, and all that was queued before, is flushed. */
  commit(queue: (batch: WriteBatch) => void): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const batch = this.#gathering?.batch ?? new WriteBatch();
    try {
      queue(batch);
    } catch (thrown) {
      // Part of the writes may be in the batch already.
      return Promise.reject(this.#fail(thrown));
    }
    if (batch.isEmpty) return this.settled();
    this.#gathering ??= { batch, flushed: this.#flushBehind(this.#last, batch) };
    return this.#gathering.flushed;
  }

  /** Resolves when everything queued so far is flushed; rejects once the queue has failed. */
  settled(): Promise<void> {
    return this.#refusal === undefined ? this.#last : Promise.reject(this.#refusal);
  }

  /** Refuses everything from now on. What was queued is flushed. */
  close(reason: RaftctlError): void {
    this.#refusal ??= reason;
  }

  #flushBehind(before: Promise<void>, batch: WriteBatch): Promise<void> {
    const flushed = before.then(async () => {
      this.#gathering = undefined;
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await batch.write();
      } catch (thrown) {
        throw this.#fail(thrown);
      }
      // A read that began before the commit must not hide it from what runs next.
      this.environment.root.resetReadTxn();
    });
    this.#last = flushed;
    // Whoever waits for it sees the failure; nobody may be waiting.
    flushed.catch(() => undefined);
    return flushed;
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
    this.#refusal = this.#failure;
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
