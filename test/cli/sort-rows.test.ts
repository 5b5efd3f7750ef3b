import { describe, expect, test } from 'vitest';
import { sortRows } from '../../src/cli/sort-rows.js';
import { toStatusData } from '../../src/cli/status-data.js';
import { oneDown } from './views.js';

describe('a list of nodes', () => {
  const view = oneDown();
  const rows = toStatusData(view, new Date()).nodes;
  const order = (key?: string) => sortRows(rows, key, view).map(({ id }) => id);

  test('stays as it is where nothing is said', () => expect(order()).toEqual([1, 2, 3, 4]));

  test.each([
    ['leader-last', [2, 3, 4, 1]],
    ['lag', [1, 2, 4, 3]],
    ['zone', [1, 2, 4, 3]],
    ['role', [2, 1, 4, 3]],
    ['version', [1, 2, 4, 3]],
  ])('is put in the order of %s, what is not known last', (key, ids) => expect(order(key)).toEqual(ids));

  test('has no order that nobody knows', () => {
    expect(() => order('roel')).toThrow('there is no field "roel"');
  });
});
