import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { refuseToOverwrite, saveSnapshotFile } from '../../src/cli/snapshot-saving.js';
import { SnapshotInfo } from '../../src/gen/raftctl/v1/cluster.js';
import { SaveSnapshotResponse } from '../../src/gen/raftctl/v1/snapshot.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-saving-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a node sends of a snapshot with this content; the last of it after `go`. */
async function* partsOf(content: string, go: Promise<void> = Promise.resolve()): AsyncGenerator<SaveSnapshotResponse> {
  const chunk = (text: string) => SaveSnapshotResponse.create({ part: { $case: 'chunk', value: Buffer.from(text) } });
  yield SaveSnapshotResponse.create({
    part: { $case: 'snapshot', value: SnapshotInfo.create({ bytes: content.length }) },
  });
  yield chunk(content.slice(0, 1));
  await go;
  yield chunk(content.slice(1));
}

const verify = async () => ({ info: { index: 1, term: 1 } });

describe('a snapshot is saved', () => {
  test('by two under one name, and neither writes into what the other has verified', async () => {
    const path = join(folder, 'prod.snap');
    let go = () => {};
    const slow = saveSnapshotFile(path, partsOf('slow', new Promise((resolve) => (go = resolve))), verify);
    await saveSnapshotFile(path, partsOf('fast'), verify);
    expect(readFileSync(path, 'utf8')).toBe('fast');
    go();
    await slow;
    expect(readFileSync(path, 'utf8')).toBe('slow');
    expect(readdirSync(folder)).toEqual(['prod.snap']);
  });

  test('neither without a name nor in the place of a folder', async () => {
    await expect(refuseToOverwrite('', true)).rejects.toMatchObject({ code: 'E_USAGE' });
    const path = join(folder, 'folder');
    mkdirSync(path);
    const message = `${path} cannot be replaced: it is a directory`;
    await expect(saveSnapshotFile(path, partsOf('text'), verify)).rejects.toMatchObject({ code: 'E_USAGE', message });
    expect(readdirSync(folder)).toEqual(['folder']);
  });
});
