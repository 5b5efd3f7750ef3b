import type { Random } from '../base/random.js';

/**
 * Pauses between attempts to dial: the first are short, all have jitter, so that peers that lost each other at once do not come back at once.
 */
export class BackOff {
  private failures = 0;

  constructor(
    private readonly minMs: number,
    private readonly maxMs: number,
    private readonly random: Random,
  ) {}

  /** Milliseconds until the next attempt, from [minMs, maxMs]; grows with each call. */
  next(): number {
    this.failures += 1;
    const highest = Math.min(this.maxMs, this.minMs * 2 ** this.failures);
    return this.minMs + this.random() * (highest - this.minMs);
  }

  /** An attempt succeeded. */
  reset(): void {
    this.failures = 0;
  }
}
