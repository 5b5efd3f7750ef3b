import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedKeys } from '../../src/storage/sorted-keys.js';

const aKey = fc.nat({ max: 3000 }).map((number) => String(number).padStart(4, '0'));

describe('sorted keys', () => {
  it('find the neighbours of any key as a sorted array does, whatever was added and removed before', () => {
    const model = new Set<string>();
    const keys = new SortedKeys();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), aKey), { minLength: 200, maxLength: 2000 }), aKey, (steps, probe) => {
        for (const [adds, key] of steps) {
          if (adds && !model.has(key)) keys.add(key);
          if (!adds) keys.delete(key);
          if (adds) model.add(key);
          else model.delete(key);
        }
        const sorted = [...model].sort();
        expect(keys.atOrAfter(probe)).toBe(sorted.find((key) => key >= probe));
        expect(keys.before(probe)).toBe(sorted.findLast((key) => key < probe));
        expect(keys.before(undefined)).toBe(sorted.at(-1));
      }),
    );
  });

  it('have every key once, in order, after as many as need several blocks', () => {
    const keys = new SortedKeys();
    const numbers = Array.from({ length: 5000 }, (_, position) => (position * 2_654_435_761) % 2 ** 32);
    const expected = numbers.map((number) => String(number).padStart(10, '0'));
    for (const key of expected) keys.add(key);
    const walked: string[] = [];
    for (let key = keys.atOrAfter(''); key !== undefined; key = keys.atOrAfter(`${key}\0`)) walked.push(key);
    expect(walked).toEqual(expected.toSorted());
    for (const key of expected) keys.delete(key);
    expect(keys.before(undefined)).toBeUndefined();
  });
});
