import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareFolder } from '../../src/storage/data-directory.js';

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
