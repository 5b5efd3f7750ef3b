import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Entry } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { CompactedError, SnapshotTemporarilyUnavailableError, UnavailableError } from '../../src/raft/errors.js';
import type { Storage } from '../../src/raft/storage.js';
import { entry, run, shown } from './store-fixture.js';

/** A storage under test, and how it is written to. */
export interface StorageUnderTest {
  readonly storage: Storage;
  append(entries: readonly Entry[]): Promise<void>;
  /** Compacts up to and including an index. */
  compact(index: number): Promise<void>;
  /** Puts a snapshot in place of the log. */
  install(index: number, term: number): Promise<void>;
  /** Takes a snapshot of applied state at the end of the log. */
  takeSnapshot(): Promise<void>;
  /** The process ends and starts again; the same where there is no disk. */
  restart(): Promise<StorageUnderTest>;
}

const context = { kind: 'empty', canAsync: false } as const;

/** What a `Storage` owes the core, whoever implements it. Each opens with a log that is compacted behind entry 1 of term 1. */
export function describeStorage(name: string, open: () => Promise<StorageUnderTest>): void {
  describe(name, () => {
    test('an empty log has a term before its first entry', async () => {
      const { storage } = await open();
      expect([storage.firstIndex(), storage.lastIndex(), storage.term(1)]).toEqual([2, 1, 1]);
      expect(() => storage.term(0)).toThrow(CompactedError);
      expect(() => storage.term(2)).toThrow(UnavailableError);
    });

    test('what was compacted away is refused as compacted, what is not there yet as unavailable', async () => {
      const { storage, append, compact } = await open();
      await append(run(2, 10, 1));
      await compact(5);
      expect([storage.firstIndex(), storage.lastIndex()]).toEqual([6, 10]);
      expect(() => storage.entries(5, 7, NO_LIMIT, context)).toThrow(CompactedError);
      expect(() => storage.entries(9, 12, NO_LIMIT, context)).toThrow(UnavailableError);
      expect(() => storage.term(4)).toThrow(CompactedError);
      expect(() => storage.term(11)).toThrow(UnavailableError);
      expect([storage.term(5), storage.term(6), storage.term(10)]).toEqual([1, 1, 1]);
    });

    test('a size limit is obeyed, but for the first entry', async () => {
      const { storage, append } = await open();
      const entries = run(2, 6, 1);
      await append(entries);
      const size = Entry.encode(entry(2, 1)).finish().length;
      const lengths = [0, size - 1, size, 2 * size - 1, 2 * size, NO_LIMIT].map(
        (bytes) => storage.entries(2, 7, bytes, context).length,
      );
      expect(lengths).toEqual([1, 1, 1, 1, 2, 5]);
      expect(storage.entries(3, 3, NO_LIMIT, context)).toEqual([]);
    });

    test('a snapshot that is not new enough is not given out', async () => {
      const { storage, append, takeSnapshot } = await open();
      expect(() => storage.snapshot(5, 1)).toThrow(SnapshotTemporarilyUnavailableError);
      await append(run(2, 9, 3));
      await takeSnapshot();
      expect(storage.snapshot(9, 1).metadata).toMatchObject({ index: 9, term: 3 });
      expect(() => storage.snapshot(10, 1)).toThrow(SnapshotTemporarilyUnavailableError);
    });

    test('whatever is appended, cut off, compacted and replaced, the log is that of a plain array', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) => runAgainstArray(open, steps)),
        { numRuns: 15 },
      );
    });
  });
}

type Step =
  | { readonly kind: 'append'; readonly back: number; readonly count: number }
  | { readonly kind: 'compact'; readonly part: number }
  | { readonly kind: 'install'; readonly ahead: number }
  | { readonly kind: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      back: fc.nat(6),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('compact' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('install' as const), ahead: fc.integer({ min: 1, max: 20 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

async function runAgainstArray(open: () => Promise<StorageUnderTest>, steps: readonly Step[]): Promise<void> {
  let subject = await open();
  let first = 2;
  let firstTerm = 1;
  // What is compacted was committed, and is never cut off.
  let array: Entry[] = [];
  for (const [number, next] of steps.entries()) {
    const term = number + 2;
    const last = first - 1 + array.length;
    if (next.kind === 'append') {
      const from = Math.max(first, last + 1 - next.back);
      const added = run(from, from + next.count - 1, term);
      array = [...array.slice(0, from - first), ...added];
      await subject.append(added);
    } else if (next.kind === 'compact' && array.length > 0) {
      const index = first + Math.floor(next.part * (array.length - 1));
      firstTerm = array[index - first]?.term ?? firstTerm;
      array = array.slice(index - first + 1);
      first = index + 1;
      await subject.compact(index);
    } else if (next.kind === 'install') {
      const index = last + next.ahead;
      [array, first, firstTerm] = [[], index + 1, term];
      await subject.install(index, term);
    } else if (next.kind === 'restart') {
      subject = await subject.restart();
    }
    const { storage } = subject;
    const end = first + array.length;
    expect([storage.firstIndex(), storage.lastIndex(), storage.term(first - 1)]).toEqual([first, end - 1, firstTerm]);
    expect(shown(storage.entries(first, end, NO_LIMIT, context))).toEqual(shown(array));
    expect(array.map(({ index }) => storage.term(index))).toEqual(array.map(({ term: each }) => each));
  }
}
