import type { LmdbStore } from '../../src/storage/index.js';
import type { StorageUnderTest } from './storage-contract.js';
import { apply, metadataOf, receive, snapshotFile } from './store-fixture.js';

/** A store of a node as the contract of storage wants it. @param restart ends the store, and opens it again */
export function storeUnderTest(store: LmdbStore, restart: (store: LmdbStore) => Promise<LmdbStore>): StorageUnderTest {
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
    restart: async () => storeUnderTest(await restart(store), restart),
  };
}
