import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../src/base/random.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { checkDataFile } from '../../src/storage/data-file-check.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { bootstrappedStore, copyOf, entry, openTestStore } from './store-fixture.js';

/** Turns that write large values and take them back in the same transaction, until one leaves the file shorter than its last page. */
async function shortFile(): Promise<LmdbStore> {
  const store = await bootstrappedStore();
  const random = seededRandom(26);
  for (let turn = 0; turn < 5000; turn++) {
    let flushed: Promise<void> = Promise.resolve();
    for (let write = randomInt(random, 1, 4); write > 0; write--) {
      const from = Math.max(2, store.lastIndex() + 1 - randomInt(random, 0, 8));
      const data = 'x'.repeat(random() < 0.5 ? randomInt(random, 1000, 30_000) : 50);
      const entries = Array.from({ length: randomInt(random, 1, 12) }, (_, i) => entry(from + i, turn + 2, data));
      flushed = store.write({ entries });
    }
    await flushed;
    const { dataDir, dbBytes } = store.status();
    if (statSync(join(dataDir, 'data.mdb')).size < dbBytes) return store;
  }
  throw new Error('no turn left the file short');
}

test('a file whose last pages are free ones that were never written is sound, and any further cut is found', async () => {
  const store = await shortFile();
  const last = store.lastIndex();
  const copy = copyOf(store.status().dataDir);
  await checkDataFile(copy);

  const pages = Math.floor(statSync(join(copy, 'data.mdb')).size / 4096);
  for (const part of [0.9, 0.5, 0.1]) {
    const cut = copyOf(copy);
    truncateSync(join(cut, 'data.mdb'), Math.floor(pages * part) * 4096);
    await expect(checkDataFile(cut), `${part} of the pages`).rejects.toMatchObject({ code: 'E_CORRUPT' });
  }

  const again = await openTestStore(copy);
  expect(again.entries(2, last + 1, NO_LIMIT, { kind: 'empty', canAsync: false })).toHaveLength(last - 1);
});
