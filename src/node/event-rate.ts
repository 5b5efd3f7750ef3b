/** Events of one kind that may come at once. */
const BURST = 2;

/** How often something may be written down: twice at once, and then once an interval. */
export class EventRate {
  private left = BURST;
  private refilledAt = 0;

  /** @param interval in ticks */
  constructor(private readonly interval: number) {}

  /** Whether it may be written down at this tick; if so, it counts. */
  take(tick: number): boolean {
    const refills = Math.floor((tick - this.refilledAt) / this.interval);
    this.left = Math.min(BURST, this.left + refills);
    this.refilledAt = this.left === BURST ? tick : this.refilledAt + refills * this.interval;
    if (this.left === 0) return false;
    this.left--;
    return true;
  }
}
