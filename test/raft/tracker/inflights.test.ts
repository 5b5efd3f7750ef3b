import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inflights } from '../../../src/raft/tracker/inflights.js';

/** What the window is, written as plainly as can be. */
class Model {
  messages: { index: number; bytes: number }[] = [];
  constructor(
    public limit: number,
    readonly bytesLimit: number,
  ) {}
  get bytes(): number {
    return this.messages.reduce((sum, { bytes }) => sum + bytes, 0);
  }
  full(): boolean {
    return this.messages.length >= this.limit || this.bytes >= this.bytesLimit;
  }
}

type Step =
  | { do: 'add'; gap: number; bytes: number }
  | { do: 'free'; back: number }
  | { do: 'reset' | 'freeBuffer' }
  | { do: 'setCap'; limit: number };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('add' as const), gap: fc.integer({ min: 1, max: 3 }), bytes: fc.nat(9) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('free' as const), back: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('reset' as const, 'freeBuffer' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('setCap' as const), limit: fc.nat(20) }) },
);

test('the ring does what a list would', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(anyStep, { maxLength: 80 }),
      (limit, bytesLimit, steps) => {
        const ring = new Inflights(limit, bytesLimit);
        const model = new Model(limit, bytesLimit);
        let last = 0;
        for (const step of steps) {
          last = apply(step, ring, model, last);
          expect([ring.count, ring.bytes, ring.full()]).toEqual([model.messages.length, model.bytes, model.full()]);
        }
      },
    ),
  );
});

/** Does the step to both; returns the index of the newest message. */
function apply(step: Step, ring: Inflights, model: Model, last: number): number {
  switch (step.do) {
    case 'add': {
      if (model.full()) {
        expect(() => ring.add(last + step.gap, step.bytes)).toThrow('full window');
        return last;
      }
      ring.add(last + step.gap, step.bytes);
      model.messages.push({ index: last + step.gap, bytes: step.bytes });
      return last + step.gap;
    }
    case 'free':
      ring.freeTo(last - step.back);
      model.messages = model.messages.filter(({ index }) => index > last - step.back);
      return last;
    case 'reset':
      ring.reset();
      model.messages = [];
      return last;
    case 'freeBuffer':
      ring.maybeFreeBuffer();
      return last;
    case 'setCap':
      ring.setCap(step.limit);
      model.limit = step.limit;
      return last;
  }
}

describe('a window', () => {
  test('of bytes takes the message that passes the limit, and then no more', () => {
    const ins = new Inflights(10, 100);
    ins.add(1, 60);
    expect(ins.full()).toBe(false);
    ins.add(2, 60);
    expect(ins.full()).toBe(true);
    ins.freeTo(1);
    expect([ins.bytes, ins.full()]).toEqual([60, false]);
  });

  test('that is made smaller drops nothing that is under way', () => {
    const ins = new Inflights(4);
    for (const index of [1, 2, 3]) ins.add(index);
    ins.setCap(2);
    expect([ins.count, ins.full()]).toEqual([3, true]);
    ins.freeTo(2);
    expect([ins.count, ins.full()]).toEqual([1, false]);
  });

  test('of nothing lets nothing pass, which disables a peer', () => {
    const ins = new Inflights(4);
    ins.setCap(0);
    expect(ins.full()).toBe(true);
    ins.setCap(1);
    expect(ins.full()).toBe(false);
  });

  test('costs no memory until it is used, and gives it back when idle', () => {
    const ins = new Inflights(2 ** 31 - 1);
    expect(ins.bufferCapacity).toBe(0);
    for (let index = 1; index <= 100; index++) ins.add(index);
    expect(ins.bufferCapacity).toBeGreaterThanOrEqual(100);
    ins.maybeFreeBuffer();
    expect(ins.bufferCapacity).toBeGreaterThanOrEqual(100);
    ins.freeTo(100);
    ins.maybeFreeBuffer();
    expect(ins.bufferCapacity).toBe(0);
    ins.add(101);
    expect(ins.count).toBe(1);
  });
});
