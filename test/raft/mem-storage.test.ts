import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../src/raft/config.js';
import {
  CompactedError,
  FatalRaftError,
  LogTemporarilyUnavailableError,
  SnapshotOutOfDateError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { emptyConfState, snapshotIndex } from '../../src/raft/messages.js';
import { bytes, entry } from './network.js';

const sync = { kind: 'empty', canAsync: false } as const;
const sending = { kind: 'send-append', to: 2, term: 1, aggressively: false } as const;
const confState = { ...emptyConfState(), voters: [1, 2, 3] };

/** Entries 3, 4, 5 of terms 3, 4, 5; what was before is compacted. */
function storage(): MemStorage {
  const store = new MemStorage();
  store.append([1, 2, 3, 4, 5].map((i) => entry(i, i)));
  store.compact(2);
  return store;
}

describe('MemStorage', () => {
  test('the term before the first entry stays known when the rest is compacted', () => {
    const store = storage();
    expect([store.firstIndex(), store.lastIndex()]).toEqual([3, 5]);
    expect([2, 3, 4, 5].map((index) => store.term(index))).toEqual([2, 3, 4, 5]);
    expect(() => store.term(1)).toThrow(CompactedError);
    expect(() => store.term(6)).toThrow(UnavailableError);
    store.compact(5);
    expect([store.firstIndex(), store.lastIndex(), store.term(5)]).toEqual([6, 5, 5]);
  });

  test('entries are given within a range and a size', () => {
    const store = storage();
    expect(store.entries(3, 6, NO_LIMIT, sync).map(({ index }) => index)).toEqual([3, 4, 5]);
    expect(store.entries(3, 6, 0, sync).map(({ index }) => index)).toEqual([3]);
    expect(() => store.entries(2, 4, NO_LIMIT, sync)).toThrow(CompactedError);
    expect(() => store.entries(3, 7, NO_LIMIT, sync)).toThrow(UnavailableError);
  });

  test('append cuts off what it replaces, leaves out what is compacted, and refuses a gap', () => {
    const store = storage();
    store.append([entry(4, 9)]);
    expect([store.lastIndex(), store.term(4)]).toEqual([4, 9]);
    store.append([entry(1, 9), entry(2, 9), entry(3, 9)]);
    expect([store.lastIndex(), store.term(3)]).toEqual([3, 9]);
    expect(() => store.append([entry(9, 9)])).toThrow(FatalRaftError);
    store.append([]);
    expect(store.lastIndex()).toBe(3);
  });

  test('compaction goes forward only, and not behind the end', () => {
    const store = storage();
    store.compact(1);
    expect(store.firstIndex()).toBe(3);
    expect(() => store.compact(6)).toThrow(FatalRaftError);
  });

  test('a snapshot is made of what was applied, and replaces the log elsewhere', () => {
    const store = storage();
    const snapshot = store.createSnapshot(4, confState, bytes('state'));
    expect(snapshot.metadata).toEqual({ index: 4, term: 4, confState });
    expect(store.snapshot(4, 2)).toBe(snapshot);
    expect(() => store.createSnapshot(4, confState, bytes('again'))).toThrow(SnapshotOutOfDateError);

    const other = new MemStorage();
    other.applySnapshot(snapshot);
    expect([other.firstIndex(), other.lastIndex(), other.term(4)]).toEqual([5, 4, 4]);
    expect(other.initialState()).toEqual({ hardState: { term: 4, vote: 0, commit: 4 }, confState });
    other.applySnapshot(snapshot);
    const older = { ...snapshot, metadata: { confState, index: 3, term: 3 } };
    expect(() => other.applySnapshot(older)).toThrow(SnapshotOutOfDateError);
  });

  test('a snapshot from before what was compacted away does not bring the log back there', () => {
    const store = storage();
    store.compact(4);
    const snapshot = { data: bytes('old'), metadata: { confState, index: 3, term: 3 } };
    expect(() => store.applySnapshot(snapshot)).toThrow(SnapshotOutOfDateError);
    expect([store.firstIndex(), store.lastIndex()]).toEqual([5, 5]);
  });

  test('a snapshot is made once of an index, and of none that is not there', () => {
    const store = storage();
    expect(() => store.createSnapshot(6, confState, bytes('s'))).toThrow('snapshot 6 is behind the last entry, 5');
    store.createSnapshot(4, confState, bytes('s'));
    expect(() => store.createSnapshot(4, confState, bytes('s'))).toThrow(SnapshotOutOfDateError);
  });

  test('a snapshot that is not there yet is to be asked for again', () => {
    const store = storage();
    store.createSnapshot(4, confState, bytes('state'));
    expect(() => store.snapshot(5, 2)).toThrow(SnapshotTemporarilyUnavailableError);
    store.triggerSnapshotUnavailable();
    expect(() => store.snapshot(0, 2)).toThrow(SnapshotTemporarilyUnavailableError);
    expect(snapshotIndex(store.snapshot(0, 2))).toBe(4);
  });

  test('entries that are being fetched are refused to those who can wait, and given to the others', () => {
    const store = storage();
    store.triggerLogUnavailable(true);
    expect(() => store.entries(3, 4, NO_LIMIT, sending)).toThrow(LogTemporarilyUnavailableError);
    expect(store.takeEntriesContext()).toBe(sending);
    expect(store.takeEntriesContext()).toBeUndefined();
    expect(store.entries(3, 4, NO_LIMIT, { kind: 'gen-ready' })).toHaveLength(1);
  });

  test('takes its first configuration once', () => {
    const store = MemStorage.withConfState({ voters: [1] });
    expect(() => store.initializeWithConfState(confState)).toThrow('has a configuration already');
  });
});
