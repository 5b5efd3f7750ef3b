import { describe, expect, test } from 'vitest';
import { Inflights } from '../../../src/raft/tracker/inflights.js';

/** A window whose messages `from` to `to` are under way, each of as many bytes as its index. */
function fill(ins: Inflights, from: number, to: number): Inflights {
  for (let index = from; index <= to; index++) ins.add(index, index);
  return ins;
}

const sum = (from: number, to: number) => ((from + to) * (to - from + 1)) / 2;

describe('the buffer of a window', () => {
  test('doubles when it is full, and not before', () => {
    const ins = new Inflights(1000);
    fill(ins, 1, 8);
    expect(ins.bufferCapacity).toBe(8);
    fill(ins, 9, 16);
    expect(ins.bufferCapacity).toBe(16);
    fill(ins, 17, 17);
    expect(ins.bufferCapacity).toBe(32);
  });

  test('is never larger than the window', () => {
    expect(fill(new Inflights(3), 1, 3).bufferCapacity).toBe(3);
    expect(fill(new Inflights(11), 1, 11).bufferCapacity).toBe(11);
  });

  test('is used again from the front: what is freed at one end makes room at the other', () => {
    const ins = fill(new Inflights(1000), 1, 8);
    for (let last = 9; last <= 100; last++) {
      ins.freeTo(last - 8);
      ins.add(last, last);
    }
    expect([ins.count, ins.bytes, ins.bufferCapacity]).toEqual([8, sum(93, 100), 8]);
  });

  test('keeps every message and the order when it grows, wherever its oldest stands', () => {
    for (let freed = 0; freed <= 8; freed++) {
      const ins = fill(new Inflights(1000), 1, 8);
      ins.freeTo(freed);
      const last = 9 + freed;
      fill(ins, 9, last);
      expect(ins.bufferCapacity).toBe(16);
      for (let index = freed; index <= last; index++) {
        ins.freeTo(index);
        expect([ins.count, ins.bytes]).toEqual([last - index, sum(index + 1, last)]);
      }
    }
  });
});
