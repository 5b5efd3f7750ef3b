import { join } from 'node:path';
import { expect, test } from 'vitest';
import { transpiledRooms } from '../storage/child-process.js';
import { examineBitRot, isBad } from './bit-rot.js';

test('no damage to the files of a node makes it give out a wrong value', async () => {
  const seed = Date.now() % 1_000_000;
  const examiner = join(transpiledRooms(), 'test', 'bit-rot', 'examiner.js');
  const examined = await examineBitRot({ seed, damages: 60, examiner });
  expect(examined.filter(isBad), `again: npm run bitrot -- --seed ${seed} --damages 60`).toEqual([]);
  // What a node refuses to start on or to read, a look at its directory names.
  const isMissed = examined.filter(({ result, isChecked }) => result.startsWith('refused') && !isChecked);
  expect(isMissed, `seed ${seed}`).toEqual([]);
  const noticed = examined.filter(({ result }) => result !== 'unnoticed');
  expect(noticed.length).toBeGreaterThan(10);
});
