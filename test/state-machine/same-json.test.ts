import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sameJson } from '../../src/state-machine/same-json.js';

describe('two JSON texts are the same', () => {
  it.each([
    ['{"a":1,"b":[2,3]}', ' { "b" : [ 2 , 3 ] , "a" : 1 } '],
    ['"\\u0061/"', '"a\\/"'],
    ['[1.0, -0, 10, 0.5]', '[1, 0, 1e1, 5E-1]'],
    ['1e400', '10e399'],
    ['{"a":1,"a":2}', '{"a":2}'],
    ['{"__proto__":1}', '{"__proto__":1.0}'],
    ['"\\""', '"\\u0022"'],
  ])('%s and %s', (left, right) => {
    expect(sameJson(left, right)).toBe(true);
    expect(sameJson(right, left)).toBe(true);
  });

  it.each([
    ['1', '"1"'],
    ['"n1e0"', '1'],
    ['9007199254740993', '9007199254740992'],
    ['1e400', '1e401'],
    ['1', '-1'],
    ['[1,2]', '[2,1]'],
    ['[1]', '{"0":1}'],
    ['[]', '{}'],
    ['null', '{}'],
    ['null', 'false'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['{"__proto__":1}', '{}'],
    ['{"toString":null}', '{"valueOf":null}'],
    ['"Straße"', '"Strasse"'],
  ])('but not %s and %s', (left, right) => {
    expect(sameJson(left, right)).toBe(false);
    expect(sameJson(right, left)).toBe(false);
  });

  it('where a power is too long to calculate with only if it is written the same', () => {
    const long = '9'.repeat(16);
    expect(sameJson(`[1e${long}]`, `[ 1e${long} ]`)).toBe(true);
    expect(sameJson(`1e${long}`, `1.0e${long}`)).toBe(false);
    expect(sameJson(`0e${long}`, '0')).toBe(true);
  });

  it('whatever the order of the keys and the white space', () => {
    const reordered = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reordered);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).map(([key, inner]) => [key, reordered(inner)] as const);
      return Object.fromEntries(entries.toReversed());
    };
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(sameJson(JSON.stringify(value), JSON.stringify(reordered(value), null, 2))).toBe(true);
      }),
    );
  });

  it('as a comparison of the values says, where no number is too long for one', () => {
    const small = fc.jsonValue({ maxDepth: 2 });
    fc.assert(
      fc.property(small, small, (left, right) => {
        const normal = (value: unknown) => JSON.parse(JSON.stringify(value));
        const [leftText, rightText] = [JSON.stringify(left), JSON.stringify(right)];
        let equal = true;
        try {
          expect(normal(left)).toEqual(normal(right));
        } catch {
          equal = false;
        }
        expect(sameJson(leftText, rightText)).toBe(equal);
      }),
    );
  });
});
