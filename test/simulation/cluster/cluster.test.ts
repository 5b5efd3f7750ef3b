import { describe, expect, test, vi } from 'vitest';
import { simulateCluster } from './cluster-simulation.js';
import { Counters } from './counters.js';
import { FAULTS } from './faults.js';
import { PROFILES, profileOf } from './profile.js';
import { missedSometimes } from './sometimes.js';
import { checkSuccession } from './succession.js';

vi.mock('lmdb', () => import('./substitutes/lmdb.js'));
vi.mock('node:fs/promises', async (original) => ({
  ...(await original<typeof import('node:fs/promises')>()),
  ...(await import('./substitutes/fs-promises.js')),
}));
vi.mock('node:timers/promises', () => import('./substitutes/timers-promises.js'));

const SEEDS = 10;
const CHAOS_MS = 5000;

describe('a cluster of whole nodes under faults', () => {
  test(`keeps the rules over ${SEEDS} seeds, and comes to agree in peace`, async () => {
    const counters = new Counters();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const profile = profileOf(seed);
      const outcome = await simulateCluster({ seed, profile, chaosMs: CHAOS_MS });
      const again = `npm run sim -- --seed ${seed} --profile ${profile} --seconds ${CHAOS_MS / 1000}`;
      expect(outcome.failure?.error.message, again).toBeUndefined();
      counters.addAll(outcome.counters);
    }
    // A simulation in which nothing happens would keep every rule.
    for (const what of ['leader elected', 'change acknowledged', 'read answered', 'agreed in peace', 'hello refused']) {
      expect(counters.of(what), what).toBeGreaterThan(0);
    }
  });

  test('goes the same way again for the same seed, and another for another', async () => {
    const digests = async () => {
      const found: string[] = [];
      for (const seed of [3, 4]) {
        const { digest } = await simulateCluster({ seed, profile: 'swarm', chaosMs: 3000 });
        found.push(digest);
      }
      return found;
    };
    const first = await digests();
    expect(await digests()).toEqual(first);
    expect(new Set(first).size).toBe(2);
  });

  test('keeps them through half an hour of a cluster with long time-outs and little to do, of which months can be played', async () => {
    const { failure, virtualMs, counters, history } = await simulateCluster({
      ...{ seed: 2, profile: 'long', chaosMs: 1_800_000 },
    });
    expect(failure?.error.message).toBeUndefined();
    expect(virtualMs).toBeGreaterThan(1_800_000);
    expect([counters.of('agreed in peace'), history.length > 100]).toEqual([1, true]);
  });

  test('goes on without the faults that are left out, which is how a failing run is made smaller', async () => {
    const options = { seed: 5, profile: 'network', chaosMs: 3000 } as const;
    const whole = await simulateCluster(options);
    const withoutFaults = new Set(Array.from({ length: whole.faultNumbers }, (_, number) => number));
    const bare = await simulateCluster({ ...options, withoutFaults });
    expect(whole.faults).toBeGreaterThan(0);
    expect([bare.faults, bare.failure]).toEqual([0, undefined]);
  });
});

describe('the profiles', () => {
  test('have all faults between them, and every seed has one', () => {
    expect(PROFILES.length).toBeGreaterThan(3);
    for (let seed = 0; seed < 20; seed++) expect(PROFILES).toContain(profileOf(seed));
    expect(Object.keys(FAULTS).length).toBeGreaterThan(15);
  });

  test('are mixed: a seed always has the same one, and most are long where all are asked for', () => {
    const names = Array.from({ length: 100 }, (_, seed) => profileOf(seed, 'all'));
    expect(names.filter((name) => name === 'long').length).toBe(80);
    expect(names).toEqual(Array.from({ length: 100 }, (_, seed) => profileOf(seed, 'all')));
    expect(profileOf(7, 'disk')).toBe('disk');
  });

  test('are told which rare paths were never met', () => {
    const counters = new Counters();
    const countOf = (what: string) => counters.of(what);
    const all = missedSometimes(countOf).length;
    counters.add('election lost');
    expect(missedSometimes(countOf).length).toBe(all - 1);
  });
});

describe('two configurations', () => {
  const configuration = (voters: number[], votersOutgoing: number[] = [], learners: number[] = []) => ({
    ...{ voters, votersOutgoing, learners },
    learnersNext: [],
    autoLeave: false,
  });

  test.each([
    ['differ in one voter', configuration([1, 2]), configuration([1, 2, 3])],
    ['share a half', configuration([1, 2]), configuration([3, 4], [1, 2])],
    ['are a joint one and where it leads to', configuration([3, 4], [1, 2]), configuration([3, 4])],
    ['are a joint one and where it came from', configuration([3, 4], [1, 2]), configuration([1, 2])],
  ])('may follow each other where they %s', (_, before, after) => {
    expect(() => checkSuccession(before, after, 9)).not.toThrow();
  });

  test.each([
    ['differ in two voters', configuration([1, 2]), configuration([3, 4])],
    ['share no half', configuration([1, 2]), configuration([3, 4], [1, 3])],
    ['have a learner that votes', configuration([1, 2]), configuration([1, 2], [], [2])],
    ['are joint both, and not the same', configuration([3, 4], [1, 2]), configuration([3, 5], [1, 2])],
    ['leave nobody', configuration([1]), configuration([])],
  ])('may not where they %s', (_, before, after) => {
    expect(() => checkSuccession(before, after, 9)).toThrow('I8');
  });
});
