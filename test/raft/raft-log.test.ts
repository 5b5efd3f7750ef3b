import { describe, expect, test } from 'vitest';
import type { Entry } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { CompactedError, FatalRaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, emptyConfState, entrySize } from '../../src/raft/messages.js';
import { RaftLog } from '../../src/raft/raft-log.js';
import { entry } from './network.js';

const sync = { kind: 'empty', canAsync: false } as const;
const snapshotAt = (index: number, term: number) => ({
  data: EMPTY,
  metadata: { index, term, confState: emptyConfState() },
});

/** Entries of these terms from index `first` on. */
function entries(first: number, ...terms: number[]): Entry[] {
  return terms.map((term, i) => entry(first + i, term));
}

/** A log whose entries up to `stable` are in storage, all others unstable. */
function logOf(all: Entry[], stable = 0): RaftLog {
  const storage = new MemStorage();
  storage.append(all.slice(0, stable));
  const log = new RaftLog(storage, false);
  log.append(all.slice(stable));
  return log;
}

/** Gives what is unstable to storage, durably. */
function persistAll(log: RaftLog): void {
  const last = log.unstable.all().at(-1);
  if (last === undefined) return;
  (log.store as MemStorage).append(log.unstable.all());
  log.unstable.stableEntries(last.index, last.term);
  log.maybePersist(last.index, last.term, NO_LIMIT);
}

describe('reading', () => {
  test('terms are known from the one before the first entry to the last, in storage and behind', () => {
    const log = logOf(entries(1, 1, 1, 2, 2, 3), 3);
    (log.store as MemStorage).compact(2);
    expect([0, 1, 2, 3, 4, 5, 6].map((index) => log.term(index))).toEqual([
      undefined,
      undefined,
      1,
      2,
      2,
      3,
      undefined,
    ]);
    expect([log.firstIndex(), log.lastIndex(), log.lastTerm()]).toEqual([3, 5, 3]);
  });

  test('a pending snapshot is where the log begins', () => {
    const log = logOf(entries(1, 1, 1), 2);
    log.restore(snapshotAt(10, 4));
    log.append(entries(11, 4));
    expect([log.firstIndex(), log.lastIndex(), log.committed]).toEqual([11, 11, 10]);
    expect([1, 9, 10, 11].map((index) => log.term(index))).toEqual([undefined, undefined, 4, 4]);
  });

  test.each([
    [1, 4],
    [1, 8],
    [3, 6],
    [4, 6],
    [5, 8],
    [6, 6],
  ])('a slice [%i, %i) may lie in storage, behind it, or in both', (low, high) => {
    const all = entries(1, 1, 1, 2, 2, 3, 3, 3);
    const log = logOf(all, 4);
    expect(log.slice(low, high, NO_LIMIT, sync)).toEqual(all.slice(low - 1, high - 1));
  });

  test.each([0, 1, 2, 3, 5, 9])(
    'a slice holds as many entries as fit the bytes of %i of them, and one at least',
    (count) => {
      const all = entries(1, 1, 1, 1, 1, 1, 1, 1);
      const log = logOf(all, 3);
      const size = entrySize(all[0] as Entry);
      expect(log.slice(1, 8, count * size, sync)).toHaveLength(Math.min(Math.max(count, 1), 7));
    },
  );

  test('a slice outside the log is refused: compacted before it, a defect behind it', () => {
    const log = logOf(entries(1, 1, 1, 1), 3);
    (log.store as MemStorage).compact(2);
    expect(() => log.slice(2, 3, NO_LIMIT, sync)).toThrow(CompactedError);
    expect(() => log.slice(3, 5, NO_LIMIT, sync)).toThrow(FatalRaftError);
  });

  test('a scan sees all pages, until it has seen enough', () => {
    const all = entries(1, 1, 1, 1, 1, 1);
    const log = logOf(all, 2);
    const seen: number[] = [];
    log.scan(1, 6, 0, sync, (page) => seen.push(...page.map(({ index }) => index)) < 100);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    let pages = 0;
    log.scan(1, 6, 0, sync, () => ++pages < 2);
    expect(pages).toBe(2);
  });
});

describe('comparing', () => {
  test.each([
    [0, entries(1, 1, 2, 3), 3],
    [0, entries(1, 1, 2), 2],
    [1, entries(2, 2, 3, 4, 4), 2],
    [3, entries(4, 4), 0],
    [0, entries(1, 4, 4), 0],
    [1, entries(2, 1, 4), 0],
    [2, entries(3, 1, 2), 0],
    [3, [], 0],
  ])('findConflict: behind %i, the first entry that the log 1,2,3 lacks', (prevIndex, sent, at) => {
    expect(logOf(entries(1, 1, 2, 3)).findConflict(prevIndex, sent)).toBe(at);
  });

  test.each([
    [8, 6, { index: 8, term: 5 }],
    [8, 4, { index: 5, term: 4 }],
    [8, 3, { index: 3, term: 3 }],
    [8, 1, { index: 1, term: 1 }],
    [8, 0, { index: 0, term: 0 }],
    [2, 9, { index: 2, term: 2 }],
    [99, 1, { index: 99, term: undefined }],
  ])('findConflictByTerm(%i, %i): the last entry that may be the same', (index, term, point) => {
    expect(logOf(entries(1, 1, 2, 3, 4, 4, 5, 5, 5)).findConflictByTerm(index, term)).toEqual(point);
  });

  test.each([
    [4, 3, true],
    [3, 3, true],
    [2, 3, false],
    [9, 2, false],
    [1, 4, true],
  ])('isUpToDate: last index %i of term %i against 3 of term 3', (index, term, answer) => {
    expect(logOf(entries(1, 1, 2, 3)).isUpToDate(index, term)).toBe(answer);
  });
});

describe('appending', () => {
  test.each([
    [[], [1, 2]],
    [entries(3, 2), [1, 2, 2]],
    [entries(1, 2), [2]],
    [entries(2, 3, 3), [1, 3, 3]],
  ])('append puts entries at their indexes', (sent, terms) => {
    const log = logOf(entries(1, 1, 2), 2);
    log.append(sent);
    expect(Array.from({ length: log.lastIndex() }, (_, i) => log.term(i + 1))).toEqual(terms);
  });

  test.each([
    ['another term before', 3, 2, 3, [], false, 1],
    ['nothing before', 4, 3, 3, [], false, 1],
    ['no entries, commit raised', 3, 3, 3, [], true, 3],
    ['commit only to what the sender has shown', 2, 2, 3, [], true, 2],
    ['commit never lowered', 3, 3, 0, [], true, 1],
    ['a new entry', 3, 3, 4, entries(4, 4), true, 4],
    ['a conflict behind the committed one', 1, 1, 2, entries(2, 4), true, 2],
  ])('maybeAppend: %s', (_, prevIndex, prevTerm, commit, sent, taken, committed) => {
    const log = logOf(entries(1, 1, 2, 3));
    log.commitTo(1);
    expect(log.maybeAppend(prevIndex, prevTerm, commit, sent)).toBe(taken);
    expect(log.committed).toBe(committed);
  });

  test('what is committed is never replaced, and nothing is committed that is not there', () => {
    const log = logOf(entries(1, 1, 2, 3));
    log.commitTo(2);
    expect(() => log.append(entries(2, 4))).toThrow(FatalRaftError);
    expect(() => log.commitTo(4)).toThrow(FatalRaftError);
    expect(log.lastIndex()).toBe(3);
  });
});

describe('handing out for apply', () => {
  test('only what is committed and persisted, and as far past that as is allowed', () => {
    const log = logOf(entries(1, 1, 1, 1, 1, 1), 2);
    log.commitTo(4);
    expect(log.nextEntriesSince(0, NO_LIMIT).map(({ index }) => index)).toEqual([1, 2]);
    log.maxApplyUnpersistedLogLimit = 1;
    expect(log.nextEntriesSince(2, NO_LIMIT).map(({ index }) => index)).toEqual([3]);
    log.maxApplyUnpersistedLogLimit = NO_LIMIT;
    expect(log.nextEntriesSince(2, NO_LIMIT).map(({ index }) => index)).toEqual([3, 4]);
    expect(log.hasNextEntriesSince(4)).toBe(false);
  });

  test('nothing while a snapshot is pending or under way to the disk', () => {
    const log = logOf(entries(1, 1), 1);
    log.restore(snapshotAt(5, 2));
    log.append(entries(6, 2));
    log.commitTo(6);
    expect(log.hasNextEntriesSince(5)).toBe(false);
    (log.store as MemStorage).applySnapshot(snapshotAt(5, 2));
    log.stableSnapshot(5);
    persistAll(log);
    expect(log.hasNextEntriesSince(5)).toBe(false);
    log.persistSnapshot(5);
    expect(log.nextEntriesSince(5, NO_LIMIT).map(({ index }) => index)).toEqual([6]);
  });
});

describe('persistence', () => {
  test('entries that were replaced lower it, and an old write does not raise it again', () => {
    const log = logOf(entries(1, 1, 1, 1), 3);
    expect(log.persisted).toBe(3);
    log.append(entries(2, 2, 2));
    expect(log.persisted).toBe(1);
    log.maybePersist(3, 1, NO_LIMIT);
    expect(log.persisted).toBe(1);
  });

  test('the same entry again (ABA): a write that a later one is going to undo says nothing, though index and term agree', () => {
    const log = logOf(entries(1, 1, 1), 1);
    persistAll(log);
    const { store, unstable } = log;
    // Written: 2@1 (under way), then 2@2, then 2@1 once more.
    for (const term of [2, 1]) {
      log.append(entries(2, term));
      (store as MemStorage).append(unstable.all());
      unstable.stableEntries(2, term);
    }
    log.maybePersist(2, 1, 2);
    expect(log.persisted).toBe(1);
    log.maybePersist(2, 1, NO_LIMIT);
    expect(log.persisted).toBe(2);
  });

  test('a pending snapshot is also the one to give away, where it is new enough', () => {
    const log = logOf(entries(1, 1, 1), 2);
    (log.store as MemStorage).createSnapshot(2, emptyConfState(), EMPTY);
    log.restore(snapshotAt(10, 4));
    expect(log.snapshot(10, 3)?.metadata?.index).toBe(10);
    expect(log.snapshot(11, 3)).toBeUndefined();
  });

  test('a snapshot begins the log anew, and is persisted when it is said to be', () => {
    const log = logOf(entries(1, 1, 1, 1), 3);
    log.commitTo(2);
    log.restore(snapshotAt(9, 2));
    expect([log.committed, log.persisted, log.lastIndex()]).toEqual([9, 2, 9]);
    (log.store as MemStorage).applySnapshot(snapshotAt(9, 2));
    log.stableSnapshot(9);
    log.persistSnapshot(9);
    expect([log.persisted, log.hasPendingSnapshot()]).toEqual([9, false]);
  });
});
