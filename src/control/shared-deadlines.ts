import { setMaxListeners } from 'node:events';
import { RaftctlError } from '../base/errors.js';

/** Proposals that start within this time share a signal. */
const sliceMs = 1000;

interface Slice {
  readonly controller: AbortController;
  readonly timer: NodeJS.Timeout;
}

/**
 * Deadlines for the proposals of one stream. A timer and a signal for each would cost more than the proposal: those that start within
 * a second share both, and end up to a second late.
 */
export class SharedDeadlines {
  readonly #slices = new Set<Slice>();
  #current: Slice | undefined;
  #currentUntil = 0;

  /** @param parent aborts them all, with its own reason */
  constructor(
    private readonly deadlineMs: number,
    private readonly parent: AbortSignal,
  ) {
    parent.addEventListener('abort', () => this.#abortAll(), { once: true });
  }

  /** Aborted with E_OUTCOME_UNKNOWN `deadlineMs` from now, or up to a second later. */
  signal(): AbortSignal {
    const now = performance.now();
    if (this.#current === undefined || now >= this.#currentUntil) {
      this.#current = this.#open();
      this.#currentUntil = now + sliceMs;
    }
    return this.#current.controller.signal;
  }

  /** Stops the timers. */
  close(): void {
    for (const { timer } of this.#slices) clearTimeout(timer);
    this.#slices.clear();
  }

  #open(): Slice {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const onTimeout = () => {
      this.#slices.delete(slice);
      controller.abort(
        new RaftctlError('E_OUTCOME_UNKNOWN', `the proposal has no outcome after ${this.deadlineMs} ms`, {
          changed: 'unknown',
        }),
      );
    };
    const slice = { controller, timer: setTimeout(onTimeout, this.deadlineMs + sliceMs) };
    if (this.parent.aborted) controller.abort(this.parent.reason);
    this.#slices.add(slice);
    return slice;
  }

  #abortAll(): void {
    for (const { controller } of this.#slices) controller.abort(this.parent.reason);
    this.close();
  }
}
