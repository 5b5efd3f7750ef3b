import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { OfflineDirectory } from '../../src/storage/offline.js';
import { apply, bootstrappedStore, openTestStore, run, shown, stateOf, temporaryFolder } from './store-fixture.js';

/** A stopped node with entries 2 to 9, of which 5 are applied. */
async function stoppedNode(): Promise<string> {
  const store = await bootstrappedStore();
  await store.write({ entries: run(2, 9, 1), hardState: { term: 3, vote: 1, commit: 6 } });
  await apply(store, 5, 1, { colour: 'green' });
  await store.snapshots.create();
  const { dataDir } = store.status();
  await store.close();
  return dataDir;
}

/** Names and contents of all files, but for those that say who is there. */
async function contentsOf(dataDir: string): Promise<Record<string, string>> {
  const names = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const kept = names.filter(({ name }) => name !== 'LOCK' && name !== 'lock.mdb');
  const read = kept.map(async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), 'hex')] as const);
  return Object.fromEntries(await Promise.all(read));
}

describe('looking at the directory of a node that does not run', () => {
  test('shows what is in it, and changes nothing', async () => {
    const dataDir = await stoppedNode();
    const before = await contentsOf(dataDir);
    const directory = await OfflineDirectory.open(dataDir);
    const found = await directory.read(async (reading) => ({
      entries: shown([...reading.entries()]),
      hardState: reading.stored.hardState,
      applied: reading.stored.applied.index,
      snapshots: (await reading.snapshots()).map(({ index }) => index),
      colour: String(reading.view.get(Buffer.from('colour'))),
    }));
    await directory.close();
    expect(found).toEqual({
      entries: shown(run(2, 9, 1)),
      hardState: { term: 3, vote: 1, commit: 6 },
      applied: 5,
      snapshots: [5],
      colour: 'green',
    });
    expect(await contentsOf(dataDir)).toEqual(before);
  });

  test('is refused while the node runs, and the other way round', async () => {
    const store = await bootstrappedStore();
    const { dataDir } = store.status();
    await expect(OfflineDirectory.open(dataDir)).rejects.toMatchObject({ code: 'E_DATA_DIR_LOCKED', exitCode: 10 });
    await store.close();
    const directory = await OfflineDirectory.open(dataDir);
    await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_DATA_DIR_LOCKED' });
    await directory.close();
    await openTestStore(dataDir);
  });

  test('is refused where it is anybody else’s, which is left as it is', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'letter.txt'), 'dear reader');
    await expect(OfflineDirectory.open(folder)).rejects.toMatchObject({ code: 'E_USAGE', exitCode: 2 });
    await expect(OfflineDirectory.open(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'E_USAGE' });
    expect(await readdir(folder)).toEqual(['letter.txt']);
  });
});

describe('digests', () => {
  const digests = async (dataDir: string) => {
    const directory = await OfflineDirectory.open(dataDir);
    try {
      return await directory.read((reading) => [reading.logDigest(), reading.stateDigest()]);
    } finally {
      await directory.close();
    }
  };

  test('are the same over a restart, and others once log or state are', async () => {
    const dataDir = await stoppedNode();
    const [log, state] = await digests(dataDir);
    const store = await openTestStore(dataDir);
    await store.close();
    expect(await digests(dataDir)).toEqual([log, state]);

    const again = await openTestStore(dataDir);
    await again.write({ entries: run(9, 9, 2) });
    await again.close();
    const [otherLog, sameState] = await digests(dataDir);
    expect(otherLog).not.toBe(log);
    expect(sameState).toBe(state);
  });

  test('of the state are others once something is applied', async () => {
    const dataDir = await stoppedNode();
    const [, before] = await digests(dataDir);
    const store = await openTestStore(dataDir);
    expect(stateOf(store)).toEqual({ 'member/1': 'localhost:1', colour: 'green' });
    await apply(store, 6, 1, { colour: 'red' });
    await store.close();
    expect((await digests(dataDir))[1]).not.toBe(before);
  });
});

describe('damage is named', () => {
  const readAll = async (dataDir: string) => {
    const directory = await OfflineDirectory.open(dataDir);
    try {
      return await directory.read(async (reading) => [
        reading.logDigest(),
        reading.stateDigest(),
        await reading.snapshots(),
      ]);
    } finally {
      await directory.close();
    }
  };

  test('a flipped bit in an entry, and in the state', async () => {
    for (const [mark, named] of [
      ['entry 7 of term 1', 'entry 7 of the log'],
      ['green', 'of the state is damaged'],
    ] as const) {
      const dataDir = await stoppedNode();
      const path = join(dataDir, 'data.mdb');
      const bytes = await readFile(path);
      let at = -1;
      // The bytes of pages that were given up are there as well: all of them are flipped.
      for (at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
      await expect(readAll(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT', exitCode: 14 });
      await expect(readAll(dataDir)).rejects.toThrow(named);
    }
  });

  test('a database that is cut short, or gone', async () => {
    const dataDir = await stoppedNode();
    await truncate(join(dataDir, 'data.mdb'), 0);
    await expect(readAll(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });

  test('a snapshot file that is cut short', async () => {
    const dataDir = await stoppedNode();
    await truncate(join(dataDir, 'snapshots', '5-1.snap'), 40);
    await expect(readAll(dataDir)).rejects.toThrow('5-1.snap is damaged');
  });
});

test('a node does not start on a note that makes no sense', async () => {
  const dataDir = join(temporaryFolder(), 'node');
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'recovery.json'), '{"planId": 7}');
  await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT' });
});
