import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../src/raft/config.js';
import type { LmdbStore } from '../../src/storage/index.js';
import {
  apply,
  bootstrappedStore,
  bytes,
  clusterSpec,
  copyOf,
  mark,
  metadataOf,
  openTestStore,
  receive,
  record,
  reopenCopy,
  run,
  shown,
  snapshotFile,
  stateOf,
  temporaryFolder,
} from './store-fixture.js';

// A copy of the directory at a moment when nothing is being written is what a crash at that moment would leave.

const context = { kind: 'empty', canAsync: false } as const;
const base = { 'member/1': 'localhost:1' };

/** What a node that opens a copy of this store's directory knows. */
async function afterCrash(store: LmdbStore) {
  const copy = await reopenCopy(store.status().dataDir);
  const { hardState } = copy.initialState();
  return {
    log: [copy.firstIndex(), copy.lastIndex()],
    entries: shown(copy.entries(copy.firstIndex(), copy.lastIndex() + 1, NO_LIMIT, context)),
    hardState,
    applied: copy.applied.index,
    state: stateOf(copy),
    store: copy,
  };
}

describe('a crash behind each kind of turn', () => {
  test('hard state alone', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: [], hardState: { term: 7, vote: 3, commit: 1 } });
    expect((await afterCrash(store)).hardState).toEqual({ term: 7, vote: 3, commit: 1 });
  });

  test('entries, then fewer entries over them', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: run(2, 10, 1) });
    expect((await afterCrash(store)).log).toEqual([2, 10]);
    await store.write({ entries: run(4, 5, 2) });
    const { log, entries } = await afterCrash(store);
    expect(log).toEqual([2, 5]);
    expect(entries).toEqual(shown([...run(2, 3, 1), ...run(4, 5, 2)]));
  });

  test('several writes of one turn of the event loop are one transaction', async () => {
    const store = await bootstrappedStore();
    const writes = [
      store.write({ entries: run(2, 9, 1) }),
      store.write({ entries: run(5, 6, 2), hardState: { term: 2, vote: 0, commit: 4 } }),
      apply(store, 4, 1, { a: '1', b: '1' }),
      apply(store, 4, 1, { a: '2', b: undefined }),
    ];
    await Promise.all(writes);
    const { log, state, applied } = await afterCrash(store);
    expect([log, state, applied]).toEqual([[2, 6], { ...base, a: '2' }, 4]);
  });

  test('what is applied counts as committed, though the commit index was not written', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: run(2, 9, 1) });
    await apply(store, 8, 1, {});
    expect((await afterCrash(store)).hardState.commit).toBe(8);
  });

  test('compaction, before and behind the removal of what was compacted', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: run(2, 5000, 1) });
    await apply(store, 5000, 1, {});
    await store.compact(4990);
    const { log, store: copy } = await afterCrash(store);
    expect(log).toEqual([4991, 5000]);
    expect(copy.term(4990)).toBe(1);
    await store.close();
    expect((await afterCrash(store)).log).toEqual([4991, 5000]);
  });
});

describe('bootstrap', () => {
  test('a crash between the database and the identity is made up for at the next start', async () => {
    const store = await bootstrappedStore();
    const copy = copyOf(store.status().dataDir);
    const path = join(copy, 'identity.json');
    const { checksum: _, ...identity } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...identity, clusterId: '' }));
    const completed = await openTestStore(copy);
    expect(completed.identity.clusterId).toBe(clusterSpec.clusterId);
    expect(completed.bootstrapSpec).toEqual(clusterSpec);
  });

  test('the same again changes nothing; another one is refused', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: run(2, 3, 1) });
    await store.bootstrap(clusterSpec, [record('other', 'state')]);
    expect([store.lastIndex(), stateOf(store)]).toEqual([3, base]);
    const other = { ...clusterSpec, clusterId: 'f'.repeat(32) };
    await expect(store.bootstrap(other, [])).rejects.toMatchObject({ code: 'E_ALREADY_BOOTSTRAPPED' });
  });

  test('a node that was adopted and has voted keeps its promise when it is bootstrapped', async () => {
    const store = await openTestStore(temporaryFolder());
    await store.adopt(clusterSpec.clusterId, 'kv');
    await store.write({ entries: [], hardState: { term: 4, vote: 2, commit: 0 } });
    await store.bootstrap(clusterSpec, []);
    expect((await afterCrash(store)).hardState).toEqual({ term: 4, vote: 2, commit: 1 });
  });

  test('a node is adopted once', async () => {
    const store = await openTestStore(temporaryFolder());
    await expect(store.adopt(clusterSpec.clusterId, 'register')).rejects.toMatchObject({
      code: 'E_WRONG_STATE_MACHINE',
    });
    await store.adopt(clusterSpec.clusterId, 'kv');
    await store.adopt(clusterSpec.clusterId, 'kv');
    await expect(store.adopt('f'.repeat(32), 'kv')).rejects.toMatchObject({ code: 'E_WRONG_CLUSTER' });
    expect((await afterCrash(store)).store.identity.clusterId).toBe(clusterSpec.clusterId);
  });
});

describe('a crash at each step of a snapshot', () => {
  const file = snapshotFile({ index: 100, term: 3 }, [[record('new/a', '1')], [record('new/b', '2')]]);

  test('received, staged, installed, and behind it', async () => {
    const store = await bootstrappedStore();
    await store.write({ entries: run(2, 60, 1), hardState: { term: 1, vote: 1, commit: 20 } });
    await apply(store, 20, 1, { old: 'state' });
    const old = { log: [2, 60], applied: 20, state: { ...base, old: 'state' } };

    const sink = await store.snapshots.receive(metadataOf(100, 3));
    await sink.write(file.subarray(0, 40));
    const received = await afterCrash(store);
    expect(received).toMatchObject(old);
    expect(await readdir(join(received.store.status().dataDir, 'snapshots'))).toEqual([]);

    await sink.write(file.subarray(40));
    await sink.finish();
    const staged = await afterCrash(store);
    expect(staged).toMatchObject(old);

    await store.write({
      snapshot: metadataOf(100, 3),
      hardState: { term: 3, vote: 0, commit: 100 },
      entries: run(101, 102, 3),
    });
    const installed = await afterCrash(store);
    const next = { log: [101, 102], applied: 100, state: { 'new/a': '1', 'new/b': '2' } };
    expect(installed).toMatchObject({ ...next, hardState: { term: 3, vote: 0, commit: 100 } });

    await apply(store, 102, 3, { 'new/a': undefined });
    await store.close();
    expect(await afterCrash(store)).toMatchObject({ ...next, applied: 102, state: { 'new/b': '2' } });
  });

  test('a staged snapshot that a crash has left behind is staged again without a trace of it', async () => {
    const store = await bootstrappedStore();
    await receive(store, metadataOf(100, 3), file);
    const { store: copy } = await afterCrash(store);
    await receive(copy, metadataOf(200, 4), snapshotFile({ index: 200, term: 4 }, [[record('only', 'this')]]));
    await copy.write({ snapshot: metadataOf(200, 4), entries: [] });
    expect(stateOf(copy)).toEqual({ only: 'this' });
  });

  test('while the install is on its way to disk, apply works on the new state and views show the old', async () => {
    const store = await bootstrappedStore();
    await receive(store, metadataOf(100, 3), file);
    const installed = store.write({ snapshot: metadataOf(100, 3), entries: run(101, 101, 3) });
    const txn = store.beginApply();
    expect(txn.get(bytes('member/1'))).toBeUndefined();
    txn.put(bytes('new/c'), bytes('3'));
    const applied = store.write({ entries: [], applied: mark(store, 101, 3) });
    expect(stateOf(store)).toEqual(base);
    await Promise.all([installed, applied]);
    expect(stateOf(store)).toEqual({ 'new/a': '1', 'new/b': '2', 'new/c': '3' });
  });

  test('installs one after another alternate between the two keyspaces', async () => {
    const store = await bootstrappedStore();
    for (let index = 100; index <= 500; index += 100) {
      const name = `at ${index}`;
      await receive(store, metadataOf(index, 3), snapshotFile({ index, term: 3 }, [[record(name, 'x')]]));
      await store.write({ snapshot: metadataOf(index, 3), entries: [] });
      expect(stateOf(store)).toEqual({ [name]: 'x' });
      expect((await afterCrash(store)).state).toEqual({ [name]: 'x' });
    }
  });

  test('a half-written file of a snapshot that was being taken is removed at the next start', async () => {
    const store = await bootstrappedStore();
    const info = await store.snapshots.create();
    const copy = copyOf(store.status().dataDir);
    const complete = join(copy, 'snapshots', '1-1.snap');
    await cp(complete, join(copy, 'snapshots', '1-1.partial'));
    const reopened = await openTestStore(copy);
    expect(reopened.snapshots.list()).toEqual([info]);
    expect(await readdir(join(copy, 'snapshots'))).toEqual(['1-1.snap']);
    await rm(complete);
  });
});
