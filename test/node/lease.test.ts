import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IntervalTicker } from '../../src/daemon/interval-ticker.js';
import { leaseMs } from '../../src/node/reading.js';

const tickMs = 100;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * Milliseconds in which a voter counts an election time-out from the moment at which it heard from the leader, where the turn of the event
 * loop that brought the leader's word came `lateMs` after the tick that was due.
 */
function shortestTimeout(electionTicks: number, lateMs: number): number {
  let lag = 0;
  let heardAt: number | undefined;
  let counted = 0;
  let overAt: number | undefined;
  const clock = () => Date.now() + lag;
  const ticker = new IntervalTicker(tickMs, clock);
  ticker.start(() => {
    // Within a turn messages are taken in before ticks.
    heardAt ??= clock();
    counted++;
    if (counted === electionTicks) overAt = clock();
  });
  lag = lateMs;
  while (overAt === undefined) vi.advanceTimersByTime(1);
  ticker.stop();
  return overAt - (heardAt ?? 0);
}

describe('a lease', () => {
  it('is over before any voter that confirmed it may elect another leader, however late its event loop was', () => {
    for (const electionTicks of [2, 3, 4, 5, 10, 20]) {
      for (const lateMs of [0, 1, 50, 99, 100, 101, 150, 198, 199, 200, 201, 250, 350]) {
        const timeout = shortestTimeout(electionTicks, lateMs);
        expect(leaseMs({ electionTicks, tickMs }), `${electionTicks} ticks, ${lateMs} ms late`).toBeLessThanOrEqual(
          timeout,
        );
      }
    }
  });

  it('lasts for most of an election time-out with the usual settings, and not at all with very short ones', () => {
    expect(leaseMs({ electionTicks: 10, tickMs })).toBe(630);
    expect(leaseMs({ electionTicks: 3, tickMs })).toBe(0);
  });
});
