import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { transpiledRooms } from '../storage/child-process.js';
import { missingForPowerCuts, playPowerCuts } from './power-cut.js';

const missing = missingForPowerCuts();
const [cycles, operationsMax] = [20, 200];
const play = (seed: number, isLying = false) => {
  const writer = join(transpiledRooms(), 'test', 'power-cut', 'turn-writer.js');
  return playPowerCuts({ seed, cycles, operationsMax, writer, lyingDisk: isLying });
};

const again = (seed: number) =>
  `again: npm run powercut -- --seed ${seed} --cycles ${cycles} --operations ${operationsMax}`;

// What is not run says so in its name.
describe.skipIf(missing !== undefined)(
  `a power cut under the store${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    test('loses nothing that was acknowledged, and leaves nothing in part', async () => {
      const seed = Date.now() % 1_000_000;
      const { failure, acknowledged, sectors } = await play(seed);
      expect(failure, again(seed)).toBeUndefined();
      expect([acknowledged > 0, sectors > 0]).toEqual([true, true]);
    });

    test('under a disk that says it has flushed and has not is noticed: the test can fail', async () => {
      expect((await play(1, true)).failure).toMatch(/lacks what was acknowledged|damaged|is not there/);
    });
  },
);
