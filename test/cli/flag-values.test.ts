import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseAddressList,
  parseDuration,
  parseId,
  parseIdSet,
  parseMemberAddress,
  parsePromotion,
  parseSize,
} from '../../src/cli/flag-values.js';

const ids = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { minLength: 1, maxLength: 9 });
const usage = expect.objectContaining({ code: 'E_USAGE', exitCode: 2 });

/** Calls and gives back what was thrown; fails where nothing was. */
function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('expected a refusal');
}

describe('a set of ids', () => {
  test('is read as written, in ascending order', () => {
    fc.assert(
      fc.property(ids, (set) => {
        expect(parseIdSet(set.join(','))).toEqual([...set].sort((a, b) => a - b));
      }),
    );
  });

  test('may be empty, which has a word of its own', () => {
    expect(parseIdSet('none')).toEqual([]);
  });

  test.each(
    [
      '',
      ',',
      '1,',
      ',1',
      '1,,3',
      '1,1',
      '3,1,3',
      '0',
      '1,0',
      '-1',
      '+1',
      '01',
      '1.0',
      '1e9',
      '0x1',
      '1 ,3',
      ' 1',
      'all',
    ].concat([
      'None',
      'none,1',
      '1,none',
      '9007199254740992',
      '1,9007199254740993',
      '١',
      '1;3',
      '1\n3',
      'n1',
      '∞',
      'NaN',
    ]),
  )('is refused: %j', (text) => {
    expect(thrownBy(() => parseIdSet(text))).toEqual(usage);
  });

  test('is refused with any one letter too many, whatever it is', () => {
    const foreign = fc.string({ minLength: 1, maxLength: 1 }).filter((letter) => !/[0-9]/.test(letter));
    fc.assert(
      fc.property(ids, foreign, fc.nat(), (set, letter, place) => {
        const text = set.join(',');
        const at = place % (text.length + 1);
        const damaged = text.slice(0, at) + letter + text.slice(at);
        // A comma may part one id into two good ones; everything else is no set any more.
        fc.pre(letter !== ',');
        expect(thrownBy(() => parseIdSet(damaged))).toEqual(usage);
      }),
    );
  });

  test('is refused when an id stands there twice, wherever', () => {
    fc.assert(
      fc.property(ids, fc.nat(), (set, pick) => {
        const twice = [...set, set[pick % set.length]];
        expect(thrownBy(() => parseIdSet(twice.join(',')))).toEqual(usage);
      }),
    );
  });
});

describe('an id', () => {
  test('reaches to 2^53-1, where numbers are still exact', () => {
    expect(parseId('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(thrownBy(() => parseId('9007199254740992'))).toEqual(usage);
  });
});

describe('a duration', () => {
  test.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['5', '', 's', '-1s', '1 s', '1S', '1d', '1m30s', '1e3ms', '.5s', '1.s', '9999h'])(
    'is refused: %j',
    (text) => {
      expect(thrownBy(() => parseDuration(text))).toEqual(usage);
    },
  );
});

describe('when to promote', () => {
  test.each([
    ['ready', { when: 'ready', voterDownMs: 0 }],
    ['manual', { when: 'manual', voterDownMs: 0 }],
    ['voter-down>30s', { when: 'voter-down', voterDownMs: 30_000 }],
    ['voter-down=1.5m', { when: 'voter-down', voterDownMs: 90_000 }],
  ])('%s', (text, meaning) => {
    expect(parsePromotion(text)).toEqual(meaning);
  });

  test.each(['', 'later', 'voter-down>', 'voter-down>30', 'voter-down>0', 'voter-downs>3s'])(
    'is refused: %j',
    (text) => {
      expect(thrownBy(() => parsePromotion(text))).toEqual(usage);
    },
  );

  test('is refused with a word about quotes where the shell has taken the rest', () => {
    expect(thrownBy(() => parsePromotion('voter-down'))).toMatchObject({ hint: expect.stringContaining('quotes') });
  });
});

describe('a size', () => {
  test.each([
    ['64KiB', 65_536],
    ['1GB', 1_000_000_000],
    ['1.5MiB', 1_572_864],
    ['0B', 0],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each(['64', '64k', '64 KiB', '-1B', '1PB', 'KiB', '99999999TB'])('is refused: %j', (text) => {
    expect(thrownBy(() => parseSize(text))).toEqual(usage);
  });
});

describe('addresses', () => {
  test('are taken in every form that people paste, and dialled in one', () => {
    expect(parseAddressList('a:1,http://a:1/,[::1]:2,unix:/run/raft.sock')).toEqual([
      'a:1',
      '[::1]:2',
      'unix:/run/raft.sock',
    ]);
  });

  test('may have an id in front', () => {
    expect(parseMemberAddress('4=10.0.0.4:7400')).toEqual({ id: 4, address: '10.0.0.4:7400' });
  });

  test.each(['4', '4=', '=a:1', '4=a', '0=a:1', '4:a:1', '4=a:1,5=b:1'])('are refused: %j', (text) => {
    expect(thrownBy(() => parseMemberAddress(text))).toEqual(usage);
  });
});
