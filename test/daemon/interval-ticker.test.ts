import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IntervalTicker, ticksAtOnceMax } from '../../src/daemon/interval-ticker.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A clock that a test can move without the timers noticing: that is what a pause of the process looks like. */
function pausableClock() {
  let pausedMs = 0;
  return { clock: () => performance.now() + pausedMs, pause: (ms: number) => (pausedMs += ms) };
}

test('ticks at its rate, also where each timer comes late', () => {
  const { clock, pause } = pausableClock();
  let ticks = 0;
  const ticker = new IntervalTicker(100, clock);
  ticker.start(() => ticks++);
  for (let at = 0; at < 50; at++) {
    vi.advanceTimersByTime(90);
    pause(10);
  }
  expect(ticks).toBeGreaterThanOrEqual(48);
  expect(ticks).toBeLessThanOrEqual(50);
  ticker.stop();
});

test('catches up with a few ticks at most after a long pause, and goes on at its rate', () => {
  const { clock, pause } = pausableClock();
  let ticks = 0;
  const ticker = new IntervalTicker(100, clock);
  ticker.start(() => ticks++);
  vi.advanceTimersByTime(100);
  expect(ticks).toBe(1);
  pause(60_000);
  vi.advanceTimersByTime(100);
  expect(ticks).toBe(1 + ticksAtOnceMax);
  vi.advanceTimersByTime(1000);
  expect(ticks).toBe(1 + ticksAtOnceMax + 10);
  ticker.stop();
});

test('does not tick any more once stopped, not even from within a tick', () => {
  let ticks = 0;
  const ticker = new IntervalTicker(100, () => performance.now());
  ticker.start(() => {
    ticks++;
    ticker.stop();
  });
  vi.advanceTimersByTime(1000);
  expect(ticks).toBe(1);
});
