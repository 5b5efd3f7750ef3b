import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import {
  offlineCheck,
  offlineCompact,
  offlineCopy,
  offlineEntries,
  offlineHash,
  offlineInfo,
  offlineReaders,
} from '../../src/daemon/offline.js';
import { applyWholeLog } from '../../src/node/offline-apply.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { inspectDirectory, refuseNetworkFolder } from '../../src/storage/offline.js';
import { checkout } from '../tidy/source-tree.js';
import { put, stoppedNode, temporaryFolder } from './offline-fixture.js';

/** A stopped node with so many keys applied, and a snapshot file. */
async function nodeWith(keys: number): Promise<string> {
  const dataDir = await stoppedNode(1, { terms: Array(keys).fill(1), commit: keys + 1, term: 1 });
  const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
  await applyWholeLog(store, new KvMachine(), silentLogger);
  await store.snapshots.create();
  await store.close();
  return dataDir;
}

/** Flips a bit in each place of the database that holds this. */
async function flip(dataDir: string, mark: string): Promise<void> {
  const path = join(dataDir, 'data.mdb');
  const bytes = await readFile(path);
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

const all = { from: undefined, to: undefined, last: undefined };
const confirm = { backupDir: undefined, now: new Date(0), permit: async () => {} };

describe('looking into a data directory', () => {
  test('shows whose it is and what is in it, and that the node is stopped', async () => {
    const dataDir = await nodeWith(3);
    expect(await offlineInfo(dataDir)).toMatchObject({
      ...{ nodeId: 1, runningAs: null, clusterName: 'prod', incarnation: 1 },
      ...{ log: { first: 2, last: 4 }, applied: { index: 4 }, hardState: { commit: 4 } },
      confState: { voters: [1, 2, 3, 4, 5] },
    });
    const { entries } = await offlineEntries(dataDir, { ...all, last: 2 });
    expect(entries.map(({ summary }) => summary)).toEqual([
      'put "key-3" = "3 of 1" (client "writer" #2)',
      'put "key-4" = "4 of 1" (client "writer" #3)',
    ]);
    expect((await offlineEntries(dataDir, { ...all, from: 2, to: 3 })).entries.map(({ entry }) => entry.index)).toEqual(
      [2, 3],
    );
  });

  test('goes on while the node runs and writes, and always sees a log that holds together', async () => {
    const dataDir = await nodeWith(2500);
    // Another process: one and the same must not open a database twice.
    const script = `
      const { openStore } = await import('${pathToFileURL(join(checkout, 'dist/src/storage/index.js')).href}');
      const logger = { debug() {}, info() {}, warn() {}, error() {} };
      const store = await openStore({ dataDir: ${JSON.stringify(dataDir)}, nodeId: 1, stateMachine: 'kv', logger });
      const entry = (index) => ({ entryType: 0, index, term: 2, data: new Uint8Array(100), context: new Uint8Array() });
      console.log('running');
      for (let index = 2502; ; index++) {
        await store.write({ entries: [entry(index)] });
        // The end of the log is written anew now and then, as under another leader.
        if (index % 50 === 0) await store.write({ entries: [entry(index - 5)] }), (index -= 5);
      }`;
    const node = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(node, 'close');
    try {
      await once(node.stdout, 'data');
      for (let round = 0; round < 5; round++) {
        const check = await offlineCheck(dataDir);
        expect([check.runningAs, check.damaged]).toEqual([node.pid, []]);
        expect(check.entries).toBeGreaterThanOrEqual(2500);
        expect((await offlineHash(dataDir)).state?.index).toBe(2501);
      }
      const copy = join(temporaryFolder(), 'copy');
      await offlineCopy(dataDir, copy, false);
      expect(await offlineCheck(copy)).toMatchObject({ runningAs: null, damaged: [] });
      await expect(offlineCompact({ ...confirm, dataDir })).rejects.toMatchObject({
        ...{ code: 'E_DATA_DIR_LOCKED', exitCode: 10 },
      });
    } finally {
      node.kill('SIGKILL');
      await ended;
    }
  });

  test('is refused for anybody else’s folder, a database that is gone, and a network file system', async () => {
    const folder = temporaryFolder();
    for (const look of [offlineInfo, offlineCheck, offlineHash, (path: string) => offlineReaders(path, true)]) {
      await expect(look(folder)).rejects.toMatchObject({ code: 'E_USAGE', exitCode: 2 });
      await expect(look(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'E_USAGE' });
    }
    expect(await readdir(folder)).toEqual([]);
    const dataDir = await nodeWith(1);
    await expect(
      inspectDirectory(
        dataDir,
        async () => {},
        async () => 0x6969,
      ),
    ).rejects.toThrow('is on NFS');
    await expect(refuseNetworkFolder(dataDir)).resolves.toBeUndefined();
    await truncate(join(dataDir, 'data.mdb'), 0);
    await expect(offlineInfo(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT', exitCode: 14 });
  });

  test('copes with a path of spaces, line ends and pictures', async () => {
    const dataDir = await nodeWith(2);
    const odd = join(temporaryFolder(), 'a b\n😀.d');
    await offlineCopy(dataDir, odd, true);
    expect((await offlineInfo(odd)).log).toEqual({ first: 2, last: 3 });
  });
});

describe('checking a data directory', () => {
  test('finds nothing in a sound one', async () => {
    expect(await offlineCheck(await nodeWith(3))).toMatchObject({ entries: 3, snapshotFiles: 1, damagedCount: 0 });
  });

  test('names all that is damaged: entries, records of the state, snapshot files, settings', async () => {
    const dataDir = await nodeWith(5);
    await flip(dataDir, '3 of 1');
    const [name = ''] = await readdir(join(dataDir, 'snapshots'));
    await truncate(join(dataDir, 'snapshots', name), 100);
    await writeFile(join(dataDir, 'settings.json'), '[');
    const { damaged, entries } = await offlineCheck(dataDir);
    expect(entries).toBe(5);
    expect(damaged).toEqual([
      expect.stringContaining('settings.json is damaged'),
      'entry 3 of the log is damaged, or does not follow the one before it',
      expect.stringMatching(/^the record 01[0-9a-f]+ of the state is damaged$/),
      expect.stringContaining(name),
    ]);
  });
});

describe('hashing', () => {
  test('comes to the same on nodes that stand at the same entry, whatever is in their logs', async () => {
    const [one, two] = [await nodeWith(4), await nodeWith(4)];
    const store = await openStore({ dataDir: two, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
    await store.write({ entries: [put(6, 1)] });
    await store.compact(5);
    await store.close();
    const [first, second] = [await offlineHash(one), await offlineHash(two)];
    expect(first.state).toEqual(second.state);
    expect(first.state).toMatchObject({ index: 5, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await offlineHash(await nodeWith(3))).state?.hash).not.toBe(first.state?.hash);
  });
});

describe('copying', () => {
  test('makes a whole copy or none, and never over something', async () => {
    const dataDir = await nodeWith(3);
    const to = join(temporaryFolder(), 'copy');
    await offlineCopy(dataDir, to, false);
    expect((await offlineHash(to)).state).toEqual((await offlineHash(dataDir)).state);
    expect((await stat(join(to, 'data.mdb'))).mode & 0o777).toBe(0o600);
    await expect(offlineCopy(dataDir, to, false)).rejects.toMatchObject({ code: 'E_CONFLICT', exitCode: 10 });
    await flip(dataDir, '3 of 1');
    const other = join(temporaryFolder(), 'other');
    await expect(offlineCopy(dataDir, other, false)).rejects.toMatchObject({ code: 'E_CORRUPT', exitCode: 14 });
    await expect(stat(other)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('compacting', () => {
  test('gives free pages back, keeps every record, and leaves a copy', async () => {
    const dataDir = await nodeWith(3000);
    const grown = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
    await grown.compact(3001);
    await grown.close();
    const before = await offlineHash(dataDir);
    const { bytesBefore, bytesAfter, backup } = await offlineCompact({ ...confirm, dataDir });
    expect(bytesAfter).toBeLessThan(bytesBefore);
    expect((await offlineHash(dataDir)).state).toEqual(before.state);
    expect(await offlineCheck(dataDir)).toMatchObject({ damaged: [] });
    expect((await offlineHash(backup)).state).toEqual(before.state);
    const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
    expect(store.applied.index).toBe(3001);
    await store.close();
    await rm(backup, { recursive: true });
  });

  test('changes nothing where it is not confirmed, or what is there is damaged', async () => {
    const dataDir = await nodeWith(3);
    const refuse = () => Promise.reject(new Error('not confirmed'));
    await expect(offlineCompact({ ...confirm, dataDir, permit: refuse })).rejects.toThrow('not confirmed');
    await flip(dataDir, '3 of 1');
    const bytes = await readFile(join(dataDir, 'data.mdb'));
    await expect(offlineCompact({ ...confirm, dataDir })).rejects.toMatchObject({ code: 'E_CORRUPT' });
    expect(await readFile(join(dataDir, 'data.mdb'))).toEqual(bytes);
    expect(await readdir(dataDir)).not.toContain('compact.partial');
  });
});

describe('the table of readers', () => {
  test('shows a reader whose process is gone, and is cleared of it', async () => {
    const dataDir = await nodeWith(1);
    const lmdb = pathToFileURL(join(checkout, 'node_modules/lmdb/index.js')).href;
    const script = `
      const { open } = await import('${lmdb}');
      const root = open({ path: ${JSON.stringify(dataDir)}, noSubdir: false, readOnly: true });
      root.useReadTransaction();
      root.get('x');
      process.kill(process.pid, 'SIGKILL');`;
    const reader = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
    await once(reader, 'close');
    const { readers } = await offlineReaders(dataDir, false);
    expect(readers).toEqual([{ pid: reader.pid, transaction: expect.any(Number), isStale: true }]);
    const after = await offlineReaders(dataDir, true);
    expect(after.cleared).toBe(1);
    expect(after.readers.filter(({ isStale }) => isStale)).toEqual([]);
  });

  test('is empty where nobody ever read, and refused where it is of another form', async () => {
    const dataDir = await nodeWith(1);
    await rm(join(dataDir, 'lock.mdb'), { force: true });
    expect(await offlineReaders(dataDir, false)).toMatchObject({ readers: [], cleared: null });
    await writeFile(join(dataDir, 'lock.mdb'), Buffer.alloc(8272, 1));
    await expect(offlineReaders(dataDir, false)).rejects.toMatchObject({ code: 'E_CORRUPT' });
  });
});
