import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  minimalCuts,
  quorumNeeded,
  quorumSets,
  STOPPED,
  tolerance,
  type VoterSets,
  voterSets,
} from '../../src/membership/index.js';

/** `12` stands for nodes 1 and 2. */
const ids = (digits: string) => Array.from(digits, Number);
const cutsOf = (sets: VoterSets, live: Iterable<number>) => minimalCuts(sets, new Set(live)).map((cut) => cut.join(''));

describe('what configurations stand', () => {
  it.each([
    [['123'], '123', 1, '12 13 23'],
    [['123', '13'], '123', 0, '1 3'],
    [['13'], '13', 0, '1 3'],
    [['123', '134'], '1234', 1, '12 13 14 23 34'],
    [['123', '345'], '12345', 1, '12 13 23 34 35 45'],
    [['123', '12345'], '12345', 1, '12 13 23 145 245 345'],
    [['1234'], '1234', 1, '12 13 14 23 24 34'],
    [['123', '345'], '123', STOPPED, ''],
    [['1'], '1', 0, '1'],
    [['123'], '12', 0, '1 2'],
    [['12345'], '12345', 2, '123 124 125 134 135 145 234 235 245 345'],
  ])('%j with %s live tolerates %d', (halves, live, tolerates, cuts) => {
    const sets = halves.map(ids);
    expect(tolerance(sets, new Set(ids(live)))).toBe(tolerates);
    expect(cutsOf(sets, ids(live)).join(' ')).toBe(cuts);
  });

  it('a half without voters needs nothing', () => {
    expect(tolerance([[1, 2, 3], []], new Set([1, 2, 3]))).toBe(1);
    expect(quorumSets([[1, 2, 3], []], new Set([1, 3]))).toEqual([{ voters: [1, 2, 3], needed: 2, live: 2 }]);
  });

  it('a joint configuration has two halves, any other one', () => {
    expect(voterSets({ voters: [1, 2], votersOutgoing: [] })).toEqual([[1, 2]]);
    expect(voterSets({ voters: [1, 2], votersOutgoing: [2, 3] })).toEqual([
      [1, 2],
      [2, 3],
    ]);
  });

  it('a quorum is the least number that is more than half', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map(quorumNeeded)).toEqual([1, 2, 2, 3, 3, 4, 4]);
  });

  it('a very large configuration is answered, if not with every cut', () => {
    const voters = Array.from({ length: 63 }, (_, at) => at + 1);
    expect(tolerance([voters], new Set(voters))).toBe(31);
    expect(minimalCuts([voters], new Set(voters)).every((cut) => cut.length === 32)).toBe(true);
  });
});

/** Sets of nodes as bits of a number, and the definition taken at its word. */
const bitsOf = (set: readonly number[]) => set.reduce((bits, id) => bits | (1 << (id - 1)), 0);
const idsOf = (bits: number) => [1, 2, 3, 4, 5, 6, 7].filter((id) => bits & (1 << (id - 1)));
const countOf = (bits: number) => idsOf(bits).length;

/** Whether these nodes can commit: more than half of each half's voters. */
function writes(halves: readonly number[], live: number): boolean {
  return halves.every((half) => countOf(half & live) * 2 > countOf(half));
}

function bruteForce(halves: readonly number[], live: number): { tolerates: number; cuts: string[] } {
  if (!writes(halves, live)) return { tolerates: STOPPED, cuts: [] };
  const voters = halves.reduce((all, half) => all | half, 0) & live;
  const stopping: number[] = [];
  for (let lost = 1; lost <= voters; lost += 1) {
    if ((lost & ~voters) === 0 && !writes(halves, live & ~lost)) stopping.push(lost);
  }
  const minimal = stopping.filter((cut) => !stopping.some((other) => other !== cut && (other & cut) === other));
  return {
    tolerates: Math.min(...stopping.map(countOf)) - 1,
    cuts: minimal.map((cut) => idsOf(cut).join('')).toSorted(),
  };
}

/** Compares without the cost of a matcher where nothing differs. */
function agrees(halves: readonly number[], live: number): void {
  const sets = halves.map(idsOf);
  const liveIds = idsOf(live);
  const expected = bruteForce(halves, live);
  const actual = { tolerates: tolerance(sets, new Set(liveIds)), cuts: cutsOf(sets, liveIds).toSorted() };
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect({ sets, liveIds, ...actual }).toEqual(expected);
}

describe('against every way to lose nodes', () => {
  it('all configurations of up to 7 voters, with every subset of the nodes live', () => {
    let compared = 0;
    for (let voters = 1; voters < 2 ** 7; voters += 1) {
      for (let live = 0; live < 2 ** 7; live += 1) {
        agrees([voters], live);
        compared += 1;
      }
    }
    expect(compared).toBe(127 * 128);
  });

  it('all joint configurations of up to 5 nodes, with every subset of the nodes live', () => {
    let compared = 0;
    for (let outgoing = 1; outgoing < 2 ** 5; outgoing += 1) {
      for (let incoming = 1; incoming < 2 ** 5; incoming += 1) {
        for (let live = 0; live < 2 ** 5; live += 1) {
          agrees([outgoing, incoming], live);
          compared += 1;
        }
      }
    }
    expect(compared).toBe(31 * 31 * 32);
  });

  it('all joint configurations of up to 7 nodes but for the names of the nodes, with every subset of them live', () => {
    let compared = 0;
    for (let nodes = 0; nodes <= 7; nodes += 1) {
      for (let onlyOutgoing = 0; onlyOutgoing <= nodes; onlyOutgoing += 1) {
        for (let both = 0; onlyOutgoing + both <= nodes; both += 1) {
          const outgoing = 2 ** (onlyOutgoing + both) - 1;
          const incoming = (2 ** nodes - 1) & ~(2 ** onlyOutgoing - 1);
          if (outgoing === 0 || incoming === 0) continue;
          for (let live = 0; live < 2 ** nodes; live += 1) {
            agrees([outgoing, incoming], live);
            compared += 1;
          }
        }
      }
    }
    expect(compared).toBe(6914);
  });

  it('joint configurations of up to 7 nodes, named by chance', () => {
    const half = fc.integer({ min: 1, max: 127 });
    const property = fc.property(half, half, fc.integer({ min: 0, max: 127 }), (outgoing, incoming, live) => {
      agrees([outgoing, incoming], live);
      expect(writes([outgoing, incoming], live)).toBe(
        tolerance([idsOf(outgoing), idsOf(incoming)], new Set(idsOf(live))) !== STOPPED,
      );
    });
    fc.assert(property, { numRuns: 5000 });
  });

  it('losing a minimal cut stops writes, and sparing one of it does not', () => {
    const half = fc.integer({ min: 1, max: 127 });
    fc.assert(
      fc.property(half, half, (outgoing, incoming) => {
        for (const cut of minimalCuts([idsOf(outgoing), idsOf(incoming)], new Set(idsOf(127)))) {
          expect(writes([outgoing, incoming], 127 & ~bitsOf(cut))).toBe(false);
          for (const spared of cut) {
            expect(writes([outgoing, incoming], (127 & ~bitsOf(cut)) | bitsOf([spared]))).toBe(true);
          }
        }
      }),
    );
  });
});
