import { expect, test } from 'vitest';
import { measuredChanges } from '../../bench/membership/changes.js';
import { stretchOf } from '../../bench/membership/steady-writers.js';

/** What the measurement of the changes makes of its acknowledgements; the clusters themselves are started by `npm run bench:membership` alone. */

const acknowledgements = [
  { askedMs: 0, atMs: 10 },
  { askedMs: 10, atMs: 20 },
  { askedMs: 20, atMs: 520 },
  { askedMs: 15, atMs: 530 },
  { askedMs: 520, atMs: 560 },
];

test('a gap counts from the last acknowledgement before it, whichever writer that was', () => {
  const stretch = stretchOf(acknowledgements, 25);
  expect(stretch).toEqual({ longestGapMs: 500, slowestWriteMs: 515, acknowledged: 3 });
  expect(stretchOf(acknowledgements, 525)).toEqual({ longestGapMs: 30, slowestWriteMs: 515, acknowledged: 2 });
});

test('a stretch without an acknowledgement before it begins when it begins', () => {
  expect(stretchOf(acknowledgements, 0)).toMatchObject({ longestGapMs: 500, acknowledged: 5 });
  expect(stretchOf([], 0)).toEqual({ longestGapMs: 0, slowestWriteMs: 0, acknowledged: 0 });
});

test('a leader that is said to leave leaves, and one that stays leads before and after', () => {
  for (const { name, leader, voters, killed } of measuredChanges) {
    expect({ name, stays: voters.includes(leader) }).toEqual({ name, stays: !name.endsWith('the leader leaves') });
    expect(killed).not.toContain(leader);
  }
});
