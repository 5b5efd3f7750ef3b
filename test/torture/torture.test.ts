import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../end-to-end/binary.js';
import { mutate } from '../simulation/cluster/mutants.js';
import { faultKinds } from './nemesis.js';
import { plantedBugs, setupWithBug } from './planted-bugs.js';
import { machineOf, playRound, type RoundOptions, type RoundResult } from './round.js';

const folder = temporaryFolder();
afterEach(folder.remove);

/** A short round of three nodes. */
function play(options: Pick<RoundOptions, 'seed' | 'seconds' | 'faults' | 'setup'>): Promise<RoundResult> {
  const { seed } = options;
  const path = join(folder.path, `seed-${seed}`);
  return playRound({
    ...{ nodes: 3, machine: machineOf(seed), folder: path, keyPrefix: '', processesBefore: 0 },
    ...options,
  });
}

const minutes = 60_000;

test('three real nodes lose nothing that was acknowledged, and agree, whatever is done to them', {
  timeout: 4 * minutes,
}, async () => {
  const [seed, seconds] = [Date.now() % 1_000_000, 8];
  const { failure, acknowledged, compared, harm, leaders } = await play({ seed, seconds, faults: faultKinds });
  const again = `again: npm run torture -- --minutes 0 --seed ${seed} --round-seconds ${seconds}`;
  expect(failure, again).toBeUndefined();
  // A run in which nothing happens says nothing.
  expect(acknowledged, again).toBeGreaterThan(0);
  expect([...harm.faults.keys()]).not.toEqual([]);
  expect(leaders).toBeGreaterThan(0);
  expect(compared).toBe(3);
});

describe('the torture can fail', () => {
  test('on nodes that answer reads without asking a quorum', { timeout: 8 * minutes }, async () => {
    const setup = setupWithBug('unconfirmed-reads');
    const found: string[] = [];
    for (let seed = 1; found.length === 0 && seed <= 8; seed++) {
      const { failure } = await play({ seed, seconds: 6, faults: ['partition', 'one-way', 'pause'], setup });
      if (failure !== undefined) found.push(failure);
    }
    expect(found).toEqual([expect.stringMatching(/^key .*(a read was answered from index|is not linearizable)/)]);
  });

  test.each(plantedBugs)('on nodes with other bugs, whose place in the code is still there: $what', ({ changes }) => {
    for (const change of changes) {
      const path = fileURLToPath(new URL(`../../dist/src/${change.file}.js`, import.meta.url));
      expect(mutate(readFileSync(path, 'utf8'), [change])).toContain(change.to);
    }
  });
});
