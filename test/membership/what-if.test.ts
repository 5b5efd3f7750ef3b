import { describe, expect, test } from 'vitest';
import { STOPPED } from '../../src/membership/tolerance.js';
import { judgeSituation, type LogEnd, type Situation, smallLosses, without } from '../../src/membership/what-if.js';

const end = { term: 7, index: 100 };

function situation(sets: number[][], live: number[], more: Partial<Situation> = {}): Situation {
  const logs = new Map(sets.flat().map((id): [number, LogEnd] => [id, end]));
  return { sets, live: new Set(live), leader: 0, logs, declining: new Set(), ...more };
}

describe('what a situation allows', () => {
  test('three voters lose one, and then have no margin', () => {
    const now = situation([[1, 2, 3]], [1, 2, 3], { leader: 1 });
    expect(judgeSituation(now)).toMatchObject({ writes: true, keepsLeader: true, tolerates: 1 });
    expect(judgeSituation(without(now, [3]))).toMatchObject({ writes: true, tolerates: 0, minimalCuts: [[1], [2]] });
    expect(judgeSituation(without(now, [2, 3]))).toMatchObject({ writes: false, tolerates: STOPPED, winners: [] });
  });

  test('who may win is who has what a majority has: the one that lags cannot', () => {
    const logs = new Map([
      [1, { term: 7, index: 100 }],
      [2, { term: 7, index: 100 }],
      [3, { term: 7, index: 90 }],
    ]);
    const now = situation([[1, 2, 3]], [1, 2, 3], { leader: 1, logs });
    expect(judgeSituation(without(now, [1]))).toMatchObject({ writes: true, keepsLeader: false, winners: [2] });
    expect(judgeSituation(now).winners).toEqual([1, 2]);
  });

  test('a longer log of an older term does not win over a newer term', () => {
    const logs = new Map([
      [1, { term: 3, index: 500 }],
      [2, { term: 4, index: 10 }],
    ]);
    expect(judgeSituation(situation([[1, 2]], [1, 2], { logs })).winners).toEqual([2]);
  });

  test('a majority of voters that all decline has nobody to lead it', () => {
    const now = situation([[1, 2, 3]], [1, 2, 3], { leader: 1, declining: new Set([2, 3]) });
    expect(judgeSituation(without(now, [1]))).toMatchObject({ writes: false, winners: [], tolerates: 0 });
  });

  test('a joint configuration needs both halves, and may be led by a voter of either', () => {
    const now = situation(
      [
        [1, 2, 3],
        [3, 4, 5],
      ],
      [1, 2, 3, 4, 5],
      { leader: 1 },
    );
    expect(judgeSituation(now).tolerates).toBe(1);
    expect(judgeSituation(without(now, [4, 5])).writes).toBe(false);
    expect(judgeSituation(without(now, [1])).winners).toEqual([2, 3, 4, 5]);
  });

  test('small losses are all singles and all pairs of the living', () => {
    expect(smallLosses(situation([[1, 2, 3]], [1, 3]))).toEqual([[1], [3], [1, 3]]);
  });
});

/** Where a node may stand: in neither half, in one, or in both; dead or alive. */
const places = ['in', 'out', 'both'].flatMap((half) => [true, false].map((alive) => ({ half, alive })));

/** All configurations of up to `count` nodes, up to the names of the nodes: those of one kind are alike. */
function* configurations(count: number, from = 0): Iterable<{ half: string; alive: boolean }[]> {
  yield [];
  if (count === 0) return;
  for (let kind = from; kind < places.length; kind++) {
    const place = places[kind];
    if (place === undefined) continue;
    for (const rest of configurations(count - 1, kind)) yield [place, ...rest];
  }
}

describe('against counting it out, every configuration of up to seven nodes, joint ones too', () => {
  const majority = (voters: readonly number[], alive: (id: number) => boolean) =>
    voters.filter(alive).length * 2 > voters.length;

  test('writes, tolerance and smallest losses are those of majorities', () => {
    let looked = 0;
    for (const nodes of configurations(7)) {
      const ids = (halves: string[]) => nodes.flatMap(({ half }, at) => (halves.includes(half) ? [at + 1] : []));
      const sets = [ids(['in', 'both']), ids(['out', 'both'])].filter(({ length }) => length > 0);
      if (sets.length === 0) continue;
      const living = nodes.flatMap(({ alive }, at) => (alive ? [at + 1] : []));
      const goesOn = (left: (id: number) => boolean) => sets.every((voters) => majority(voters, left));
      const outcome = judgeSituation(situation(sets, living));
      expect(outcome.writes).toBe(goesOn((id) => living.includes(id)));
      const fatal: number[][] = [];
      for (let bits = 0; bits < 2 ** living.length; bits++) {
        const lost = living.filter((_, at) => (bits >> at) & 1);
        if (!goesOn((id) => living.includes(id) && !lost.includes(id))) fatal.push(lost);
      }
      const smallest = Math.min(Number.POSITIVE_INFINITY, ...fatal.map(({ length }) => length));
      expect(outcome.tolerates).toBe(outcome.writes ? smallest - 1 : STOPPED);
      if (outcome.writes) expect(new Set(outcome.minimalCuts.map(String))).toEqual(new Set(leastOf(fatal).map(String)));
      looked += 1;
    }
    expect(looked).toBe(1715);
  });

  /** Those of which nobody can be left out. */
  function leastOf(fatal: readonly number[][]): number[][] {
    return fatal.filter(
      (lost) => !fatal.some((other) => other.length < lost.length && other.every((id) => lost.includes(id))),
    );
  }
});
