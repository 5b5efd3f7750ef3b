import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, Snapshot } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import { Unstable } from '../../src/raft/unstable.js';
import { entry } from './network.js';

const snapshotAt = (index: number, term: number): Snapshot => ({
  data: EMPTY,
  metadata: { index, term, confState: emptyConfState() },
});

const terms = (unstable: Unstable) => unstable.all().map(({ index, term }) => `${term}/${index}`);

function tail(offset: number, ...entries: Entry[]): Unstable {
  const unstable = new Unstable(offset);
  unstable.truncateAndAppend(entries);
  return unstable;
}

describe('the unstable tail of the log', () => {
  test('knows the terms of its entries and of a pending snapshot, and of nothing else', () => {
    const unstable = new Unstable(1);
    unstable.restore(snapshotAt(4, 2));
    unstable.truncateAndAppend([entry(5, 2), entry(6, 3)]);
    expect([3, 4, 5, 6, 7].map((index) => unstable.term(index))).toEqual([undefined, 2, 2, 3, undefined]);
    expect(unstable.lastIndex).toBe(6);
  });

  test.each([
    ['behind the end', [entry(7, 1)], 5, ['1/5', '1/6', '1/7']],
    ['in place of all', [entry(5, 2), entry(6, 2)], 5, ['2/5', '2/6']],
    ['in place of all and of storage', [entry(4, 2)], 4, ['2/4']],
    ['in place of the end', [entry(6, 2), entry(7, 2)], 5, ['1/5', '2/6', '2/7']],
  ])('takes entries %s', (_, entries, offset, result) => {
    const unstable = tail(5, entry(5, 1), entry(6, 1));
    unstable.truncateAndAppend(entries);
    expect(unstable.offset).toBe(offset);
    expect(terms(unstable)).toEqual(result);
  });

  test('refuses a gap', () => {
    expect(() => tail(5, entry(7, 1))).toThrow('entry 7 leaves a gap after 4');
  });

  test('takes nothing as it is, and gives nothing that it does not have', () => {
    const unstable = tail(5, entry(5, 1), entry(6, 1));
    unstable.truncateAndAppend([]);
    expect(terms(unstable)).toEqual(['1/5', '1/6']);
    expect(() => unstable.collect([], 6, 8, NO_LIMIT)).toThrow('unstable entry 7 is out of [5, 6]');
  });

  test('gives up what the application took over', () => {
    const unstable = tail(5, entry(5, 1), entry(6, 1), entry(7, 2));
    unstable.stableEntries(6, 1);
    expect(unstable.offset).toBe(7);
    expect(terms(unstable)).toEqual(['2/7']);
    unstable.stableEntries(7, 2);
    expect([unstable.offset, unstable.length, unstable.lastIndex]).toEqual([8, 0, 7]);
  });

  test('lets go of a long tail that was taken over, and knows the rest as before', () => {
    const all = Array.from({ length: 3000 }, (_, at) => entry(5 + at, 1));
    const unstable = tail(5, ...all);
    for (const index of [1000, 2000, 2900]) {
      unstable.stableEntries(index, 1);
      expect([unstable.offset, unstable.lastIndex, unstable.length]).toEqual([index + 1, 3004, 3004 - index]);
      expect(unstable.all()).toEqual(all.slice(index - 4));
      expect([unstable.term(index), unstable.term(index + 1), unstable.term(3004)]).toEqual([undefined, 1, 1]);
    }
    unstable.truncateAndAppend([entry(2950, 2)]);
    expect([unstable.lastIndex, unstable.term(2949), unstable.term(2950)]).toEqual([2950, 1, 2]);
  });

  test('keeps what was replaced after it was handed out', () => {
    const unstable = tail(5, entry(5, 1), entry(6, 1));
    unstable.truncateAndAppend([entry(6, 2)]);
    unstable.stableEntries(6, 1);
    expect(terms(unstable)).toEqual(['1/5', '2/6']);
  });

  test('gives up a snapshot that was taken over, not one that replaced it', () => {
    const unstable = new Unstable(1);
    unstable.restore(snapshotAt(4, 1));
    unstable.restore(snapshotAt(9, 1));
    unstable.stableSnapshot(4);
    expect(unstable.snapshot?.metadata?.index).toBe(9);
    unstable.stableSnapshot(9);
    expect(unstable.snapshot).toBeUndefined();
    expect(unstable.offset).toBe(10);
  });

  test('behaves as an array of entries would, whatever comes', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('append' as const), back: fc.nat(6), count: fc.integer({ min: 1, max: 600 }) }),
      fc.record({ kind: fc.constant('stable' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const unstable = new Unstable(10);
        let model: Entry[] = [];
        let offset = 10;
        let term = 0;
        for (const one of steps) {
          const last = offset + model.length - 1;
          if (one.kind === 'append') {
            term++;
            const first = Math.max(1, last + 1 - one.back);
            const entries = Array.from({ length: one.count }, (_, i) => entry(first + i, term));
            unstable.truncateAndAppend(entries);
            model = first <= offset ? entries : [...model.slice(0, first - offset), ...entries];
            offset = Math.min(offset, first);
          } else if (model.length > 0) {
            const stable = model[Math.floor(one.part * (model.length - 1))] as Entry;
            unstable.stableEntries(stable.index, stable.term);
            model = model.slice(stable.index + 1 - offset);
            offset = stable.index + 1;
          }
          expect(unstable.offset).toBe(offset);
          expect(unstable.all()).toEqual(model);
          const some: Entry[] = [];
          const middle = offset + Math.floor(model.length / 2);
          unstable.collect(some, middle, offset + model.length, NO_LIMIT);
          expect(some).toEqual(model.slice(middle - offset));
        }
      }),
      { numRuns: 60 },
    );
  });
});
