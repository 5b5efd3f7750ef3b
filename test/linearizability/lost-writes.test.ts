import { describe, expect, test } from 'vitest';
import type { Answer, Call, HistoryStep } from './history.js';
import { lostWrites } from './lost-writes.js';

/** One call after the other, each by a client of its own, on one key. Undefined: nobody knows what came of it. */
function history(...calls: readonly (readonly [Call, Partial<Answer> | undefined])[]): HistoryStep[] {
  return calls.flatMap(([call, answer], process): HistoryStep[] => {
    const step = { process, key: 'a', time: process };
    const end: HistoryStep =
      answer === undefined
        ? { ...step, type: 'info', f: call.f }
        : { ...step, type: 'ok', f: call.f, version: 0, index: process + 1, ...answer };
    return [{ ...step, type: 'invoke', ...call }, end];
  });
}

const write = (value: string): Call => ({ f: 'write', value });
const cas = (from: string, to: string): Call => ({ f: 'cas', from, to });
const read: Call = { f: 'read' };

describe('nothing is lost', () => {
  test.each([
    ['where the last write is there', history([write('x'), { version: 1 }], [read, { value: 'x', version: 1 }])],
    [
      'where a write that nobody knows of came after it',
      history([write('x'), { version: 1 }], [write('y'), undefined], [read, { value: 'y', version: 2 }]),
    ],
    [
      'where that one came before it, or not at all',
      history([write('y'), undefined], [write('x'), { version: 1 }], [read, { value: 'x', version: 1 }]),
    ],
    [
      'where a compare-and-set did not write',
      history(
        [write('x'), { version: 1 }],
        [cas('z', 'y'), { swapped: false, version: 1 }],
        [read, { value: 'x', version: 1 }],
      ),
    ],
    ['where nothing was written', history([cas('x', 'y'), { swapped: false }], [read, { value: null }])],
  ])('%s', (_, steps) => expect(lostWrites(steps)).toBeUndefined());
});

describe('a write is lost', () => {
  test.each([
    [
      'that the last read does not have yet',
      history([write('x'), { version: 1 }], [write('y'), { version: 2 }], [read, { value: 'x', version: 1 }]),
      'y was acknowledged as version 2, and the last read has version 1',
    ],
    [
      'in whose place there is another',
      history([write('x'), { version: 1 }], [write('y'), undefined], [read, { value: 'y', version: 1 }]),
      'the last read has y, version 1 was acknowledged as x',
    ],
    [
      'where two were acknowledged as the same one',
      history([write('x'), { version: 1 }], [write('y'), { version: 1 }], [read, { value: 'y', version: 1 }]),
      'x and y were both acknowledged as version 1',
    ],
    [
      'or made twice',
      history([write('x'), { version: 1 }], [read, { value: 'x', version: 2 }]),
      'is at version 2, but 1 changes were acknowledged and 0 may have been made',
    ],
    ['or not looked for', history([write('x'), { version: 1 }]), 'was never read'],
  ])('%s', (_, steps, what) => expect(lostWrites(steps)).toBe(`key a: ${what}`));
});
