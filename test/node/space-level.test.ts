import { describe, expect, it, test } from 'vitest';
import { SpaceLevel } from '../../src/gen/raftctl/v1/member.js';
import { spaceLevel } from '../../src/node/space-watch.js';

const { AMPLE, LOW, FULL } = SpaceLevel;
const reserves = { spaceReserveBytes: 8000, appendReserveBytes: 800 };

describe('the level of a disk', () => {
  const rows: [number, SpaceLevel, SpaceLevel][] = [
    [8000, AMPLE, AMPLE],
    [7999, AMPLE, LOW],
    [800, AMPLE, LOW],
    [799, AMPLE, FULL],
    [8999, LOW, LOW],
    [9000, LOW, AMPLE],
    [899, FULL, FULL],
    [900, FULL, LOW],
    [8999, FULL, LOW],
    [9000, FULL, AMPLE],
  ];
  test.each(rows)('with %i bytes free, after %i, is %i: worse at the bound, better an eighth above it', (...row) => {
    const [free, before, after] = row;
    expect(spaceLevel(free, before, reserves)).toBe(after);
  });

  it('is ample whatever is free where nothing is to be kept', () => {
    expect(spaceLevel(0, AMPLE, { spaceReserveBytes: 0, appendReserveBytes: 0 })).toBe(AMPLE);
  });
});
