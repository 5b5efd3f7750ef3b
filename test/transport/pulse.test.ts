import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { BackOff } from '../../src/transport/back-off.js';
import { Pulse } from '../../src/transport/pulse.js';

describe('the pulse of a stream', () => {
  it('is lost after two whole intervals in which nothing came', () => {
    const pulse = new Pulse();
    expect([pulse.beat(), pulse.beat(), pulse.beat()]).toEqual([false, false, true]);
  });

  it('is kept by one frame an interval', () => {
    const pulse = new Pulse();
    for (let interval = 0; interval < 10; interval++) {
      expect(pulse.beat()).toBe(false);
      pulse.heard();
    }
  });

  it('is not lost because this process stood still: one overdue beat is one interval', () => {
    const pulse = new Pulse();
    pulse.beat();
    expect(pulse.beat()).toBe(false);
    pulse.heard();
    expect(pulse.beat()).toBe(false);
  });

  it('measures the round trip, smoothed, and believes no echo but that of its last ping', () => {
    const pulse = new Pulse();
    const first = pulse.ping(0);
    const second = pulse.ping(100);
    pulse.echoed(first, 150);
    expect(pulse.rttMs).toBeUndefined();
    pulse.echoed(second, 108);
    expect(pulse.rttMs).toBe(8);
    pulse.echoed(second, 500);
    expect(pulse.rttMs).toBe(8);
    pulse.echoed(pulse.ping(1000), 1016);
    expect(pulse.rttMs).toBe(9);
  });
});

describe('the pauses before dialling again', () => {
  it('stay within their bounds, and grow no more than twofold from one to the next', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const backOff = new BackOff(100, 500, seededRandom(seed));
        for (let failure = 1; failure <= 10; failure++) {
          const pauseMs = backOff.next();
          expect(pauseMs).toBeGreaterThanOrEqual(100);
          expect(pauseMs).toBeLessThanOrEqual(Math.min(500, 100 * 2 ** failure));
        }
        backOff.reset();
        expect(backOff.next()).toBeLessThanOrEqual(200);
      }),
    );
  });
});
