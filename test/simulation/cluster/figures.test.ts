import { expect, test } from 'vitest';
import { addFigures, describeFigures, newFigures } from './figures.js';

const amount = (runs: number) => ({
  ...{ runs, simulatedHours: runs / 2, cpuSeconds: runs },
  ...{ events: 10 * runs, checks: 20 * runs, faults: runs, operations: 3 * runs },
});

function figuresOf(runs: number, counters: Record<string, number>) {
  const failed = { seed: runs, profile: 'long', message: 'I4 equal state: node 1 at 7', again: 'npm run sim' };
  return {
    ...newFigures(1),
    ...{ total: amount(runs), profiles: { long: amount(runs) }, counters },
    ...{ playedTwice: { seeds: 2, differed: 0 }, failures: [failed] },
  };
}

test('figures of several processes are those of one that played all of their seeds', () => {
  const all = newFigures(1);
  addFigures(all, figuresOf(2, { 'leader elected': 3 }));
  addFigures(all, figuresOf(4, { 'leader elected': 1, 'fault: heal': 5 }));
  expect(all.total).toEqual(amount(6));
  expect(all.profiles).toEqual({ long: amount(6) });
  expect(all.counters).toEqual({ 'leader elected': 4, 'fault: heal': 5 });
  expect(all.playedTwice).toEqual({ seeds: 4, differed: 0 });
  expect(all.failures.map(({ seed }) => seed)).toEqual([2, 4]);
});

test('figures say how fast it went by the time of the processor, and how each failure comes again', () => {
  const text = describeFigures(figuresOf(2, {}));
  expect(text).toContain('1800 times real time');
  expect(text).toContain('seed 2 of long: I4 equal state');
  expect(text).toContain('again: npm run sim');
});
