import { describe, expect, test } from 'vitest';
import { toOkToStopData } from '../../src/cli/ok-to-stop.js';
import { plainStyle } from '../../src/cli/style.js';
import { toWhatIfData, type WhatIfWishes, whatIfError } from '../../src/cli/what-if-data.js';
import type { Assumption } from '../../src/cli/what-if-phases.js';
import { whatIfText } from '../../src/cli/what-if-text.js';
import { joint, leaderless, oneDown, steady } from './views.js';

const nothing: Assumption = { down: [], zones: [], leaderLost: false, partition: [], addDead: 0, during: undefined };
const suppose = (
  what: Partial<Assumption>,
  view = steady(),
  wishes: WhatIfWishes = { matrix: false, requireTolerance: 0 },
) => toWhatIfData(view, { ...nothing, ...what }, wishes);

describe('cluster what-if', () => {
  test('shows what the loss of a voter leaves, and what would then be fatal', async () => {
    const data = suppose({ down: [3] });
    const seenAt = new Date(2026, 8, 15, 10, 22, 31);
    const text = await whatIfText(data, { style: plainStyle, exitCode: 0, seenAt, headers: true, width: 80 });
    expect(text).toBe(
      [
        'ASSUME n3 down; everything else as seen at 10:22:31',
        '       QUORUM  LIVE  WRITES  ELECTION  TOLERATES  THEN FATAL',
        '  now  2/3     2     yes     yes       0          1 or 2',
        'SAFE, NO MARGIN — exit 0',
      ].join('\n'),
    );
  });

  test('answers no where writes would stop, and where less is tolerated than asked for', () => {
    expect(whatIfError(suppose({ down: [2, 3] }), 0)?.exitCode).toBe(5);
    expect(suppose({ down: [2, 3] })).toMatchObject({ verdict: 'writes-stop', tolerates: null });
    const wished = suppose({ down: [3] }, steady(), { matrix: false, requireTolerance: 1 });
    expect(wished.verdict).toBe('too-little-margin');
    expect(whatIfError(wished, 1)?.exitCode).toBe(5);
    expect(whatIfError(suppose({}), 0)).toBeUndefined();
  });

  test('starts from what is: a voter that is down already counts', () => {
    expect(suppose({ down: [2] }, oneDown()).verdict).toBe('writes-stop');
  });

  test('the loss of the leader is an election, and says who may win it', () => {
    const { phases, verdict } = suppose({ leaderLost: true });
    expect(verdict).toBe('no-margin');
    expect(phases).toMatchObject([{ writes: true, keepsLeader: false, election: true, mayWin: [2, 3] }]);
  });

  test('of a partition one side goes on, wherever the leader is', () => {
    const { phases, verdict } = suppose({ partition: [[1], [2, 3]] });
    expect(phases.map(({ name, writes, mayWin }) => [name, writes, mayWin])).toEqual([
      ['now {1}', false, []],
      ['now {2,3}', true, [2, 3]],
      ['now {4}', false, []],
    ]);
    expect(verdict).toBe('no-margin');
    expect(suppose({ partition: [[1], [2], [3]] }).verdict).toBe('writes-stop');
  });

  test('a zone fails with all that is in it', () => {
    expect(suppose({ zones: ['b'] }).verdict).toBe('no-margin');
    expect(suppose({ zones: ['a'] }).verdict).toBe('writes-stop');
    expect(() => suppose({ zones: ['c'] })).toThrow('no member is in zone "c"; there are a, b');
  });

  test('adding a voter that is not there costs a failure', () => {
    expect(suppose({ addDead: 1 }).phases.map(({ name, tolerates }) => [name, tolerates])).toEqual([
      ['now', 1],
      ['after', 0],
    ]);
    expect(suppose({ addDead: 2 }).phases.map(({ name, tolerates }) => [name, tolerates])).toEqual([
      ['now', 1],
      ['joint', 0],
      ['after', 0],
    ]);
    expect(() => suppose({ addDead: 1 }, joint())).toThrow('no voter can be added');
  });

  test('during a plan the worst phase counts; voters to come have caught up when they are needed', () => {
    const during = [
      { name: 'now', sets: [[1, 2, 3]] },
      {
        name: 'joint',
        sets: [
          [1, 2, 3],
          [1, 9],
        ],
      },
      { name: 'after', sets: [[1, 9]] },
    ];
    const data = suppose({ during });
    expect(data.phases.map(({ name, tolerates }) => [name, tolerates])).toEqual([
      ['now', 1],
      ['joint', 0],
      ['after', 0],
    ]);
    expect(suppose({ during, down: [1] }).verdict).toBe('writes-stop');
    expect(suppose({ during, down: [2] }).verdict).toBe('no-margin');
  });

  test('the matrix groups every loss of one and of two by what comes of it', () => {
    const { matrix } = suppose({}, steady(), { matrix: true, requireTolerance: 0 });
    expect(matrix).toEqual([
      { failures: 1, writes: true, tolerates: 0, losses: [[1], [2], [3]] },
      {
        failures: 2,
        writes: false,
        tolerates: null,
        losses: [
          [1, 2],
          [1, 3],
          [2, 3],
        ],
      },
    ]);
  });

  test('knows no node that there is not', () => {
    expect(() => suppose({ down: [9] })).toThrow('there is no node 9; there are 1, 2, 3, 4');
  });
});

describe('node ok-to-stop', () => {
  test('says yes while a majority stays, and what is left', () => {
    expect(toOkToStopData(steady(), [2])).toMatchObject({ ok: true, toleratesNow: 1, toleratesThen: 0 });
    expect(toOkToStopData(steady(), [4])).toMatchObject({ ok: true, toleratesThen: 1 });
    expect(toOkToStopData(steady(), [1])).toMatchObject({ ok: true, movesLeader: true });
  });

  test('says no where writes would stop, or have', () => {
    expect(toOkToStopData(steady(), [1, 2])).toMatchObject({
      ok: false,
      reasons: ['without 1,2 there is no majority'],
    });
    expect(toOkToStopData(oneDown(), [2])).toMatchObject({ ok: false });
    expect(toOkToStopData(leaderless(), [4])).toMatchObject({ ok: false, reasons: ['writes have stopped already'] });
  });

  test('says no where all that could lead then are drained', () => {
    const view = steady();
    const nodes = view.nodes.map((node) =>
      node.status && node.id !== 1 ? { ...node, status: { ...node.status, drained: true } } : node,
    );
    expect(toOkToStopData({ ...view, nodes }, [1])).toMatchObject({ ok: false });
  });
});
