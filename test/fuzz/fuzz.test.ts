import { expect, test } from 'vitest';
import { replayOf } from './command.js';
import { doors } from './doors.js';
import { Budget, FuzzFailure } from './fuzzing.js';

/** Of each door in one run of the tests; `npm run fuzz` goes on for as long as it is told to. */
const seconds = 2;

test.each(Object.entries(doors))(
  '%s answers whatever comes with an error of its own, and goes on',
  async (name, door) => {
    const seed = Date.now() % 1_000_000;
    const report = await door(seed, new Budget(seconds)).catch((thrown: unknown) => {
      if (thrown instanceof FuzzFailure) throw new Error(`${thrown.message}\nagain: ${replayOf(name, thrown)}`);
      throw thrown;
    });
    expect(report.inputs).toBeGreaterThan(0);
  },
);

test('every input comes from a seed of its own', () => {
  expect([...new Budget(60, 3).seeds(7)]).toEqual([7, 8, 9]);
  expect([...new Budget(0).seeds(7)]).toEqual([7]);
});

test('a failure says how it is played again', () => {
  expect(replayOf('control', new FuzzFailure('', 7, 2))).toBe('npm run fuzz -- --door control --seed 7 --inputs 2');
});
