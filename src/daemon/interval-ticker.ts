import type { MonotonicClock, Ticker } from '../node/ports.js';

/**
 * Most ticks that are caught up with at once. After a long pause (the process was stopped, the machine slept) the messages of that
 * time are not read yet: a node that counted all of it as silence would campaign for nothing.
 */
export const ticksAtOnceMax = 2;

/** Ticks at a steady rate: what one timer is late, the next one is early. */
export class IntervalTicker implements Ticker {
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly tickMs: number,
    private readonly clock: MonotonicClock,
  ) {}

  start(onTick: () => void): void {
    let dueMs = this.clock() + this.tickMs;
    const beat = () => {
      const now = this.clock();
      for (let ticks = 0; ticks < ticksAtOnceMax && dueMs <= now; ticks++) {
        dueMs += this.tickMs;
        onTick();
      }
      // Further behind than that: those ticks never were.
      if (dueMs <= now) dueMs = now + this.tickMs;
      if (this.#timer !== undefined) this.#timer = setTimeout(beat, dueMs - now);
    };
    this.#timer = setTimeout(beat, this.tickMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
