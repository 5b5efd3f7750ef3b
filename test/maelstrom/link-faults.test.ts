import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { LinkFaults, type LinkProfile, perfect } from './link-faults.js';

function sent(
  profile: Partial<LinkProfile>,
  seed = 1,
): { readonly lines: readonly string[]; readonly faults: LinkFaults } {
  const faults = new LinkFaults(seededRandom(seed));
  faults.set('a', 'b', { ...perfect, ...profile });
  const arriving = Array.from({ length: 1000 }, (_, at) =>
    faults.deliveries('a', 'b', String(at)).map(({ line, afterMs }) => ({ line, at: at + afterMs })),
  ).flat();
  return { faults, lines: arriving.sort((left, right) => left.at - right.at).map(({ line }) => line) };
}

const all = Array.from({ length: 1000 }, (_, at) => String(at));

test('a link without faults carries everything once and in order', () => expect(sent({}).lines).toEqual(all));

test('a link loses, duplicates, replays and reorders as it is told', () => {
  expect(sent({ lose: 0.5 }).lines.length).toBeLessThan(600);
  expect(new Set(sent({ duplicate: 0.5 }).lines).size).toBe(1000);
  expect(sent({ duplicate: 0.5 }).lines.length).toBeGreaterThan(1400);
  const replayed = sent({ replay: 0.5 });
  expect(replayed.lines.length).toBe(1000 + replayed.faults.counts.replayed);
  expect(replayed.faults.counts.replayed).toBeGreaterThan(400);
  const reordered = sent({ jitterMs: 50 }).lines;
  expect(reordered).not.toEqual(all);
  expect(reordered.toSorted((left, right) => Number(left) - Number(right))).toEqual(all);
});

test('the same seed does the same', () => {
  const profile = { lose: 0.2, duplicate: 0.2, replay: 0.2, jitterMs: 30 };
  expect(sent(profile, 5).lines).toEqual(sent(profile, 5).lines);
  expect(sent(profile, 5).lines).not.toEqual(sent(profile, 6).lines);
});

test('a cut goes one way, until it is healed', () => {
  const faults = new LinkFaults(seededRandom(1));
  faults.cut('a', 'b');
  expect(faults.deliveries('a', 'b', 'x')).toEqual([]);
  expect(faults.deliveries('b', 'a', 'x')).toEqual([{ line: 'x', afterMs: 0 }]);
  faults.heal();
  expect(faults.deliveries('a', 'b', 'x')).toEqual([{ line: 'x', afterMs: 0 }]);
});
