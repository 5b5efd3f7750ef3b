import { type Deferred, deferred } from '../base/deferred.js';

interface Waiter {
  /** True once it is settled. */
  check(): boolean;
  fail(reason: unknown): void;
}

/** How a wait may end without its condition. */
export interface WaitLimits {
  readonly signal?: AbortSignal | undefined;
  /** What a wait rejects with when the signal is aborted. */
  readonly onAbort: () => unknown;
}

/**
 * Waits for things that become true in the course of turns. Each turn of the loop ends with `check()`; nobody polls.
 */
export class Conditions {
  private waiters: Waiter[] = [];

  /**
   * Resolves with the first value other than `undefined` that `probe` returns; rejects with what it throws.
   * It is asked at once, and then at the end of each turn.
   */
  until<T>(probe: () => T | undefined, limits: WaitLimits): Promise<T> {
    const result: Deferred<T> = deferred();
    const waiter: Waiter = {
      check: () => {
        try {
          const value = probe();
          if (value === undefined) return false;
          result.resolve(value);
        } catch (thrown) {
          result.reject(thrown);
        }
        limits.signal?.removeEventListener('abort', onAbort);
        return true;
      },
      fail: (reason) => {
        limits.signal?.removeEventListener('abort', onAbort);
        result.reject(reason);
      },
    };
    const onAbort = () => {
      this.waiters = this.waiters.filter((other) => other !== waiter);
      result.reject(limits.onAbort());
    };
    if (limits.signal?.aborted === true) {
      result.reject(limits.onAbort());
    } else if (!waiter.check()) {
      limits.signal?.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
    }
    return result.promise;
  }

  /** Asks all waiters once. */
  check(): void {
    if (this.waiters.length === 0) return;
    this.waiters = this.waiters.filter((waiter) => !waiter.check());
  }

  /** Ends all waits with this reason. */
  failAll(reason: unknown): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter.fail(reason);
  }
}
