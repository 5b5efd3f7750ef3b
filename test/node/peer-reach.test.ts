import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventRate } from '../../src/node/event-rate.js';
import { PeerReach, type ReachNews } from '../../src/node/peer-reach.js';

const times = { election: 10, minute: 600 };

/** Looks at node 2 at each tick from 0 on; `up` says whether it is connected then. */
function watch(up: (tick: number) => boolean, ticks: number, lost: number[] = []): (ReachNews & { tick: number })[] {
  const reach = new PeerReach(times, new Set(lost));
  return Array.from({ length: ticks }, (_, tick) =>
    reach.look(tick, [{ id: 2, connected: up(tick) }]).map((news) => ({ ...news, tick })),
  ).flat();
}

describe('who is in reach of a leader', () => {
  it('is lost after an election time-out without a link, and back at once', () => {
    const down = (tick: number) => tick < 5 || tick >= 40;
    expect(watch(down, 100)).toEqual([
      { tick: 15, id: 2, reachable: false, ticks: 10 },
      { tick: 40, id: 2, reachable: true, ticks: 35 },
    ]);
  });

  it('is not lost for a link that breaks for less', () => {
    expect(watch((tick) => tick % 20 < 11, 1000)).toEqual([]);
  });

  it('was lost before, by the history: only its return is news', () => {
    expect(watch((tick) => tick >= 50, 100, [2])).toEqual([{ tick: 50, id: 2, reachable: true, ticks: undefined }]);
    expect(watch(() => false, 100, [2])).toEqual([]);
  });

  it('makes two pieces of news at once, then one a minute, and in the end it is the truth', () => {
    const flapping = (tick: number) => tick >= 5000 || Math.floor(tick / 15) % 2 === 0;
    const told = watch(flapping, 8000);
    expect(told.slice(0, 3).map(({ tick }) => tick)).toEqual([25, 30, expect.any(Number)]);
    expect(told.length).toBeLessThanOrEqual(2 + Math.ceil(8000 / times.minute));
    expect(told.at(-1)?.reachable).toBe(true);
  });

  it('says the contrary of what it said last, never more often than it may, whatever the link does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 200 }), (spans) => {
        const links = spans.flatMap((span, i) => Array.from({ length: span }, () => i % 2 === 0));
        const told = watch((tick) => links[tick] ?? false, links.length);
        told.forEach((news, i) => {
          expect(news.reachable).toBe(i % 2 === 1);
          const third = told[i + 2];
          if (third !== undefined) expect(third.tick - news.tick).toBeGreaterThan(0);
        });
        expect(told.length).toBeLessThanOrEqual(2 + links.length / times.minute);
      }),
    );
  });

  it('forgets who is no peer any more', () => {
    const reach = new PeerReach(times, new Set());
    const down = [{ id: 2, connected: false }];
    for (let tick = 0; tick < 5; tick++) reach.look(tick, down);
    reach.look(5, []);
    for (let tick = 6; tick < 16; tick++) expect(reach.look(tick, down)).toEqual([]);
    expect(reach.look(16, down)).toHaveLength(1);
  });
});

describe('how often something may be written down', () => {
  it('is twice at once, and then once an interval; what is saved up is two', () => {
    const rate = new EventRate(600);
    const taken = (tick: number) => rate.take(tick);
    expect([taken(0), taken(1), taken(2), taken(599)]).toEqual([true, true, false, false]);
    expect([taken(600), taken(601), taken(1199), taken(1200)]).toEqual([true, false, false, true]);
    expect([taken(10_000), taken(10_000), taken(10_000)]).toEqual([true, true, false]);
  });
});
