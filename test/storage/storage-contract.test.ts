import { MemStorage } from '../../src/raft/mem-storage.js';
import { describeStorage, type StorageUnderTest } from './storage-contract.js';
import { bootstrappedStore, entry, restart } from './store-fixture.js';
import { storeUnderTest } from './store-under-test.js';

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

describeStorage('storage in LMDB', async () => storeUnderTest(await bootstrappedStore(), restart));
describeStorage('storage in memory', async () => inMemory());
