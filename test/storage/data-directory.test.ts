import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { prepareFolder } from '../../src/storage/data-directory.js';
import { checkFileSystem } from '../../src/storage/network-folder.js';
import { openStore } from '../../src/storage/open-store.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'raftctl-data-directory-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function folder(mode: number, ...files: string[]): string {
  const path = join(root, 'data');
  mkdirSync(path);
  for (const file of files) writeFileSync(join(path, file), '');
  chmodSync(path, mode);
  return path;
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('a folder is made for its owner alone', async () => {
  const path = join(root, 'a/b');
  await prepareFolder(path);
  expect(modeOf(path)).toBe(0o700);
});

test.each([
  ['others can read', 0o755, ['data.mdb']],
  ['others could write, and nobody has', 0o777, []],
])('a folder that %s is closed to them', async (_, mode, files) => {
  const path = folder(mode, ...files);
  await prepareFolder(path);
  expect(modeOf(path)).toBe(0o700);
});

test.each([0o770, 0o707, 0o720, 0o702])(
  'a folder of mode %o with something in it is refused as it is',
  async (mode) => {
    const path = folder(mode, 'data.mdb');
    await expect(prepareFolder(path)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `the data directory ${path} can be written to by others than its owner`,
    });
    expect(modeOf(path)).toBe(mode);
  },
);

describe('bad input 57: the file system of a node that starts', () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  const on = (type: number) => checkFileSystem(root, logger, async () => type);

  test('is refused over a network, and warned of in memory', async () => {
    await expect(on(0x6969)).rejects.toMatchObject({
      code: 'E_REFUSED',
      message: expect.stringContaining('is on NFS'),
    });
    await expect(on(0x01021997)).rejects.toThrow('is on 9p');
    await on(0xef53);
    expect(warnings).toEqual([]);
    await on(0x01021994);
    expect(warnings).toEqual(['the data directory is on tmpfs, in memory: all of it is gone when this machine ends']);
  });

  test('is asked before anything is opened', async () => {
    const options = { dataDir: join(root, 'node'), nodeId: 1, stateMachine: 'kv', logger: silentLogger };
    await expect(openStore({ ...options, fileSystem: async () => 0xfe534d42 })).rejects.toThrow('is on SMB');
    expect(readdirSync(options.dataDir)).toEqual([]);
  });
});

test('bad input 57: a folder that cannot be made is refused, and not tried for ever', async () => {
  for (const path of ['/proc/1/data', '/proc/nowhere/data', '/dev/null/data']) {
    await expect(prepareFolder(path)).rejects.toMatchObject({ code: 'E_USAGE' });
  }
});
