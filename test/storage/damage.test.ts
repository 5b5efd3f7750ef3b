import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NO_LIMIT } from '../../src/raft/config.js';
import type { LmdbStore } from '../../src/storage/index.js';
import {
  apply,
  bootstrappedStore,
  bytes,
  copyOf,
  entry,
  openTestStore,
  run,
  stateOf,
  temporaryFolder,
} from './store-fixture.js';

const context = { kind: 'empty', canAsync: false } as const;

/** The closed data directory of a node with entries and state. */
async function closedDirectory(entries = run(2, 200, 1)): Promise<string> {
  const store = await bootstrappedStore();
  await store.write({ entries, hardState: { term: 1, vote: 1, commit: 150 } });
  await apply(store, 150, 1, { 'a-key-to-be-found': 'a-value-to-be-found' });
  await store.close();
  return store.status().dataDir;
}

/** Flips a bit in every copy of some bytes within the database file. */
function flipWhereFound(dataDir: string, wanted: string): void {
  const path = join(dataDir, 'data.mdb');
  const file = readFileSync(path);
  let found = 0;
  for (let at = file.indexOf(wanted); at >= 0; at = file.indexOf(wanted, at + wanted.length)) {
    file[at] = (file[at] ?? 0) ^ 1;
    found++;
  }
  expect(found).toBeGreaterThan(0);
  writeFileSync(path, file);
}

describe('a flipped bit', () => {
  test('in an entry near the end of the log is found at start, and the entry named', async () => {
    const dataDir = await closedDirectory();
    flipWhereFound(dataDir, 'entry 123 of term 1');
    await expect(openTestStore(dataDir)).rejects.toMatchObject({
      code: 'E_CORRUPT',
      message: expect.stringContaining('entry 123 of the log is damaged'),
    });
  });

  test('in an entry that is read later is found then', async () => {
    // More bytes than are verified at start, or kept in memory.
    const large = 'x'.repeat(1024 * 1024);
    const dataDir = await closedDirectory([
      ...run(2, 149, 1).slice(0, 48),
      ...Array.from({ length: 110 }, (_, i) => entry(50 + i, 1, large)),
    ]);
    flipWhereFound(dataDir, 'entry 20 of term 1');
    const store = await openTestStore(dataDir);
    expect(store.entries(150, 155, NO_LIMIT, context)).toHaveLength(5);
    expect(() => store.entries(20, 21, NO_LIMIT, context)).toThrow(/entry 20 of the log is damaged/);
    expect(() => store.term(20)).toThrow(/entry 20 of the log is damaged/);
    expect(store.entries(60, 62, NO_LIMIT, context).map(({ index }) => index)).toEqual([60, 61]);
  });

  test('in a record of the state, or in its key, is found at start, and the record named', async () => {
    for (const [wanted, name] of [
      ['a-value-to-be-found', '612d6b6579'],
      ['a-key-to-be-found', '602d6b6579'],
    ] as const) {
      const dataDir = await closedDirectory();
      flipWhereFound(dataDir, wanted);
      await expect(openTestStore(dataDir)).rejects.toMatchObject({
        code: 'E_CORRUPT',
        message: expect.stringMatching(`record ${name}.* of the state is damaged`),
        hint: expect.stringContaining('raftctl node reset'),
      });
    }
  });

  test('in a record of the state of a node that runs is found when it is read', async () => {
    const store = await openTestStore(await closedDirectory());
    flipWhereFound(store.status().dataDir, 'a-value-to-be-found');
    expect(() => store.view().get(bytes('a-key-to-be-found'))).toThrow(/record 612d6b6579.* of the state is damaged/);
    expect(() => stateOf(store)).toThrow(/of the state is damaged/);
    expect(store.snapshots.damage).toBeUndefined();
    await expect(store.snapshots.create()).rejects.toMatchObject({ code: 'E_CORRUPT' });
    expect(store.snapshots.list()).toEqual([]);
    expect(store.snapshots.damage).toMatchObject({ code: 'E_CORRUPT', hint: expect.stringContaining('node reset') });
  });

  test('in a key of the state of a node that runs hides no record: that it is not there is not believed', async () => {
    const store = await openTestStore(await closedDirectory());
    const view = store.view();
    expect(view.get(bytes('a-key-to-be'))).toBeUndefined();
    flipWhereFound(store.status().dataDir, 'a-key-to-be-found');
    expect(() => view.get(bytes('a-key-to-be-found'))).toThrow(/of the state is damaged/);
    expect(() => [...view.range({ start: bytes('a-key-to-be-found'), limit: 1 })]).toThrow(/of the state is damaged/);
    expect(() => stateOf(store)).toThrow(/of the state is damaged/);
  });

  test('in what the node has promised is found at start', async () => {
    const dataDir = await closedDirectory();
    flipWhereFound(dataDir, 'hard-state');
    await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });
});

const path = (dataDir: string) => join(dataDir, 'data.mdb');

describe('a database file', () => {
  const cases: [string, (dataDir: string) => void, RegExp][] = [
    ['that is gone', (dir) => unlinkSync(path(dir)), /data.mdb is missing or empty/],
    ['of no bytes', (dir) => truncateSync(path(dir), 0), /data.mdb is missing or empty/],
    ['of 100 bytes', (dir) => truncateSync(path(dir), 100), /first page is no LMDB page/],
    ['of one page', (dir) => truncateSync(path(dir), 4096), /second page is no LMDB page/],
    [
      'cut to half',
      (dir) => truncateSync(path(dir), Math.floor(readFileSync(path(dir)).length / 2)),
      /page \d+ lies outside of the file/,
    ],
    [
      'full of something else',
      (dir) => writeFileSync(path(dir), Buffer.alloc(65536, 'x')),
      /first page is no LMDB page/,
    ],
    [
      'without its second meta page',
      (dir) => overwrite(path(dir), 4096, Buffer.alloc(4096)),
      /second page is no LMDB page/,
    ],
    [
      'whose newest meta page is old',
      (dir) => setBack(path(dir)),
      /two newest transactions are \d+ and \d+: one is lost/,
    ],
    [
      'whose older meta page says that it is the newer one',
      (dir) => setForward(path(dir)),
      /newest page is of transaction \d+, not of \d+: one is lost|page \d+ is used twice|there is no page/,
    ],
  ];

  test.each(cases)('%s is refused, by an error', async (_, damage, message) => {
    const dataDir = await closedDirectory();
    damage(dataDir);
    await expect(openTestStore(dataDir)).rejects.toMatchObject({
      code: 'E_CORRUPT',
      message: expect.stringMatching(message),
    });
    // The lock is not left behind.
    expect(readdirSync(dataDir)).not.toContain('LOCK');
  });

  test('whose pages are overwritten is refused, or read as it was', async () => {
    const dataDir = await closedDirectory();
    const pages = readFileSync(path(dataDir)).length / 4096;
    for (let page = 2; page < pages; page++) {
      const copy = copyOf(dataDir);
      overwrite(path(copy), page * 4096, Buffer.alloc(4096));
      const outcome = await openTestStore(copy).then(readAll, (thrown: unknown) => String(thrown));
      expect(outcome).toMatch(
        /^as it was$|damaged|cannot be (opened|read)|contradicts itself|a write to the data directory failed/,
      );
    }
  });
});

/** Reads everything that a store has. */
function readAll(store: LmdbStore): string {
  try {
    expect(store.entries(2, 201, NO_LIMIT, context)).toHaveLength(199);
    expect(stateOf(store)).toEqual({ 'member/1': 'localhost:1', 'a-key-to-be-found': 'a-value-to-be-found' });
    return 'as it was';
  } catch (thrown) {
    return String(thrown);
  }
}

function overwrite(path: string, at: number, content: Uint8Array): void {
  const file = readFileSync(path);
  file.set(content, at);
  writeFileSync(path, file);
}

/** The newer of the two meta pages says that it is of no transaction. */
function setBack(path: string): void {
  const file = readFileSync(path);
  const newer = file.readBigUInt64LE(152) > file.readBigUInt64LE(4096 + 152) ? 0 : 4096;
  file.writeBigUInt64LE(0n, newer + 152);
  writeFileSync(path, file);
}

/** The older of the two meta pages says that it is of the transaction behind the newer one. */
function setForward(path: string): void {
  const file = readFileSync(path);
  const [first, second] = [file.readBigUInt64LE(152), file.readBigUInt64LE(4096 + 152)];
  if (first < second) file.writeBigUInt64LE(second + 1n, 152);
  else file.writeBigUInt64LE(first + 1n, 4096 + 152);
  writeFileSync(path, file);
}

describe('a directory', () => {
  test('without its identity is refused', async () => {
    const dataDir = await closedDirectory();
    unlinkSync(join(dataDir, 'identity.json'));
    await expect(openTestStore(dataDir)).rejects.toMatchObject({
      code: 'E_IDENTITY',
      message: expect.stringContaining('no identity.json'),
    });
  });

  test('of another node, another machine or a newer version is refused, and it says which', async () => {
    const dataDir = await closedDirectory();
    await expect(openTestStore(dataDir, { nodeId: 9 })).rejects.toMatchObject({
      code: 'E_IDENTITY',
      message: `${dataDir} belongs to node 1, this is node 9`,
    });
    await expect(openTestStore(dataDir, { stateMachine: 'register' })).rejects.toMatchObject({
      code: 'E_WRONG_STATE_MACHINE',
    });
    const path = join(dataDir, 'identity.json');
    const { checksum: _, ...newer } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...newer, formatVersion: 2 }));
    await expect(openTestStore(dataDir)).rejects.toMatchObject({
      code: 'E_IDENTITY',
      message: expect.stringContaining('newer raftctl'),
    });
    writeFileSync(path, '{"nodeId": 1');
    await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });

  test("with another node's database beside its identity is refused", async () => {
    const [one, other] = [await closedDirectory(), temporaryFolder()];
    await (await openTestStore(other, { nodeId: 2 })).close();
    writeFileSync(join(one, 'data.mdb'), readFileSync(join(other, 'data.mdb')));
    await expect(openTestStore(one)).rejects.toMatchObject({
      code: 'E_IDENTITY',
      message: expect.stringContaining('belongs to node 2'),
    });
  });

  test('whose identity is not the one that was written is refused', async () => {
    const dataDir = await closedDirectory();
    const path = join(dataDir, 'identity.json');
    const sound = readFileSync(path, 'utf8');
    const { instance } = JSON.parse(sound);
    for (const [before, after] of [
      ['"incarnation": 1', '"incarnation": 3'],
      [instance, instance.replace(/^./, (digit: string) => (digit === '0' ? '1' : '0'))],
    ]) {
      writeFileSync(path, sound.replace(before, after));
      await expect(openTestStore(dataDir)).rejects.toMatchObject({
        code: 'E_CORRUPT',
        hint: expect.stringContaining('move this directory away'),
      });
    }
  });

  test('of a first start that the power cut short, in the midst of making its database, is started anew', async () => {
    const dataDir = temporaryFolder();
    await (await openTestStore(dataDir)).close();
    overwrite(path(dataDir), 0, Buffer.alloc(512));
    expect((await openTestStore(dataDir)).lastIndex()).toBe(0);
  });

  test('that is a file, or below one, is refused in words', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    for (const dataDir of [file, join(file, 'below')]) {
      await expect(openTestStore(dataDir)).rejects.toMatchObject({
        code: 'E_USAGE',
        message: expect.stringContaining('is a file'),
      });
    }
  });

  test('whose database is a folder is refused', async () => {
    const dataDir = await closedDirectory();
    rmSync(join(dataDir, 'data.mdb'));
    mkdirSync(join(dataDir, 'data.mdb'));
    await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: expect.stringMatching(/E_CORRUPT|E_DISK/) });
  });

  test('of a first start that ended before its database was made is started anew', async () => {
    const dataDir = temporaryFolder();
    await (await openTestStore(dataDir)).close();
    truncateSync(join(dataDir, 'data.mdb'), 0);
    expect((await openTestStore(dataDir)).lastIndex()).toBe(0);
  });

  test('is closed to others', async () => {
    const dataDir = join(temporaryFolder(), 'with.dot', 'data');
    const store = await openTestStore(dataDir);
    await store.bootstrap({ clusterId: 'c'.repeat(32), name: '', members: [], voters: [1], learners: [] }, []);
    await store.snapshots.create();
    const modes = (readdirSync(dataDir, { recursive: true }) as string[]).map((name) => [
      name,
      (statSync(join(dataDir, name)).mode & 0o777).toString(8),
    ]);
    expect(Object.fromEntries(modes)).toEqual({
      LOCK: '600',
      'data.mdb': '600',
      'identity.json': '600',
      'lock.mdb': '600',
      snapshots: '700',
      'snapshots/1-1.snap': '600',
    });
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
  });
});
