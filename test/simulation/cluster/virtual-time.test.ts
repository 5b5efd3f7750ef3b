import { expect, test } from 'vitest';
import { VirtualTime } from './virtual-time.js';

test('promises go on until none has anything left to do, before the next event happens', async () => {
  const time = new VirtualTime();
  const seen: string[] = [];
  time.in(1, async () => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    seen.push('promises of the first');
  });
  time.in(1, () => seen.push('second'));
  await time.run(10, () => seen.push('looked'));
  expect(seen).toEqual(['promises of the first', 'looked', 'second', 'looked']);
  expect([time.nowMs, time.count]).toEqual([10, 2]);
});

test('what is thrown while it is looked ends the run, and nothing happens behind it', async () => {
  const time = new VirtualTime();
  let happened = 0;
  for (const atMs of [1, 2, 3]) time.in(atMs, () => happened++);
  const look = () => {
    if (time.nowMs === 2) throw new Error('seen');
  };
  await expect(time.run(10, look)).rejects.toThrow('seen');
  await new Promise(setImmediate);
  expect(happened).toBe(2);
});

test('a program that turns in circles without time passing is noticed', async () => {
  const time = new VirtualTime();
  const again = () => time.in(0, again);
  again();
  await expect(time.run(10, () => {})).rejects.toThrow('time passes');
});
