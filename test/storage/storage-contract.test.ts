import { MemStorage } from '../../src/raft/mem-storage.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { describeStorage, type StorageUnderTest } from './storage-contract.js';
import { apply, bootstrappedStore, entry, metadataOf, receive, restart, snapshotFile } from './store-fixture.js';

function onLmdb(store: LmdbStore): StorageUnderTest {
  return {
    storage: store,
    append: (entries) => store.write({ entries }),
    compact: async (index) => {
      if (store.applied.index < index) await apply(store, index, store.term(index), {});
      await store.compact(index);
    },
    install: async (index, term) => {
      const metadata = metadataOf(index, term);
      await receive(store, metadata, snapshotFile({ index, term }, []));
      await store.write({ entries: [], snapshot: metadata });
    },
    takeSnapshot: async () => {
      await apply(store, store.lastIndex(), store.term(store.lastIndex()), { some: 'state' });
      await store.snapshots.create();
    },
    restart: async () => onLmdb(await restart(store)),
  };
}

function inMemory(): StorageUnderTest {
  const storage = MemStorage.withConfState({ voters: [1] });
  storage.append([entry(1, 1)]);
  storage.compact(1);
  const { confState } = storage;
  const subject: StorageUnderTest = {
    storage,
    append: async (entries) => storage.append(entries),
    compact: async (index) => storage.compact(index),
    install: async (index, term) =>
      storage.applySnapshot({ data: new Uint8Array(), metadata: { index, term, confState } }),
    takeSnapshot: async () => {
      storage.createSnapshot(storage.lastIndex(), confState, new Uint8Array());
    },
    restart: async () => subject,
  };
  return subject;
}

describeStorage('storage in LMDB', async () => onLmdb(await bootstrappedStore()));
describeStorage('storage in memory', async () => inMemory());
