import { describe, expect, test } from 'vitest';
import type { Entry, Snapshot } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { CompactedError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, emptyConfState, entrySize } from '../../src/raft/messages.js';
import { RaftLog } from '../../src/raft/raft-log.js';
import type { GetEntriesContext } from '../../src/raft/storage.js';
import { entry } from './network.js';

const sync = { kind: 'empty', canAsync: false } as const;
const indexes = (entries: readonly Entry[]) => entries.map(({ index }) => index);

function snapshotAt(index: number, term: number): Snapshot {
  return { data: EMPTY, metadata: { index, term, confState: emptyConfState() } };
}

/** A log of these entries, of which storage holds the first `stored`. */
function logOf(entries: readonly Entry[], stored: number, storage = new MemStorage()): RaftLog {
  storage.append(entries.slice(0, stored));
  const log = new RaftLog(storage, false);
  log.append(entries.slice(stored));
  return log;
}

describe('a reader gets', () => {
  test('nothing from an empty range, wherever it lies', () => {
    const log = logOf([entry(1, 1), entry(2, 1), entry(3, 1)], 2);
    expect([1, 2, 3, 4].map((at) => log.slice(at, at, NO_LIMIT, sync))).toEqual([[], [], [], []]);
  });

  test('no gap: where an entry in storage is too large, a smaller one behind it has to wait too', () => {
    const entries = [entry(1, 1), entry(2, 1, 'too large for what is left'), entry(3, 1)];
    const log = logOf(entries, 2);
    const room = entrySize(entries[0] as Entry) + entrySize(entries[2] as Entry);
    expect(indexes(log.slice(1, 4, room, sync))).toEqual([1]);
  });

  test('nothing that a pending snapshot has made obsolete, though storage still holds it', () => {
    const log = logOf([entry(1, 1), entry(2, 1)], 2);
    log.restore(snapshotAt(10, 4));
    expect(() => log.slice(1, 3, NO_LIMIT, sync)).toThrow(CompactedError);
  });
});

describe('the application gets', () => {
  test('nothing behind a snapshot that is on its way to the disk, even where it asks without looking first', () => {
    const storage = new MemStorage();
    const log = logOf([], 0, storage);
    log.restore(snapshotAt(5, 2));
    storage.applySnapshot(snapshotAt(5, 2));
    log.stableSnapshot(5);
    log.append([entry(6, 2)]);
    storage.append([entry(6, 2)]);
    log.unstable.stableEntries(6, 2);
    log.maybePersist(6, 2, NO_LIMIT);
    log.commitTo(6);
    expect(log.nextEntriesSince(5, NO_LIMIT)).toEqual([]);
    log.persistSnapshot(5);
    expect(indexes(log.nextEntriesSince(5, NO_LIMIT))).toEqual([6]);
  });

  test('its entries at once or not at all: storage is told that nobody can wait for them', () => {
    const asked: GetEntriesContext[] = [];
    class Noting extends MemStorage {
      override entries(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
        asked.push(context);
        return super.entries(low, high, maxBytes, context);
      }
    }
    const log = logOf([entry(1, 1)], 1, new Noting());
    log.commitTo(1);
    log.nextEntriesSince(0, NO_LIMIT);
    expect(asked).toEqual([{ kind: 'gen-ready' }]);
  });
});

describe('durable is', () => {
  test('nothing that storage has not been given yet', () => {
    const log = logOf([entry(1, 1), entry(2, 1)], 1);
    log.maybePersist(2, 1, NO_LIMIT);
    expect(log.persisted).toBe(1);
    log.unstable.stableEntries(2, 1);
    (log.store as MemStorage).append([entry(2, 1)]);
    log.maybePersist(2, 1, NO_LIMIT);
    expect(log.persisted).toBe(2);
  });

  test('no less than was known, where word of an older write comes late', () => {
    const log = logOf([entry(1, 1), entry(2, 1), entry(3, 1)], 3);
    log.maybePersist(2, 1, NO_LIMIT);
    expect(log.persisted).toBe(3);
  });

  test('not the newer snapshot where an older one has been written', () => {
    const log = logOf([], 0);
    for (const index of [9, 20]) {
      log.restore(snapshotAt(index, 2));
      log.stableSnapshot(index);
    }
    log.persistSnapshot(9);
    expect([log.persisted, log.hasPendingSnapshot()]).toEqual([9, true]);
    log.persistSnapshot(20);
    expect([log.persisted, log.hasPendingSnapshot()]).toEqual([20, false]);
  });
});
