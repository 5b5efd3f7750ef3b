import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootstrappedStore, openTestStore, restart, temporaryFolder } from './store-fixture.js';

const identityOf = (dataDir: string) => JSON.parse(readFileSync(join(dataDir, 'identity.json'), 'utf8'));

describe('the instance of a data directory', () => {
  test('is drawn at its first start and stays, whatever becomes of the node', async () => {
    const store = await bootstrappedStore();
    const { instance } = store.identity;
    expect(instance).toMatch(/^[0-9a-f]{32}$/);
    expect((await restart(store)).identity.instance).toBe(instance);
    expect(identityOf(store.status().dataDir)).toMatchObject({ instance });
  });

  test('is another one once the directory was lost', async () => {
    const dataDir = temporaryFolder();
    const first = await openTestStore(dataDir);
    await first.close();
    rmSync(dataDir, { recursive: true });
    expect((await openTestStore(dataDir)).identity.instance).not.toBe(first.identity.instance);
  });

  test('is given to a directory from before there were any, and is on disk before the node starts', async () => {
    const before = await bootstrappedStore();
    const { dataDir } = before.status();
    await before.close();
    const { instance: _, checksum: __, ...older } = identityOf(dataDir);
    writeFileSync(join(dataDir, 'identity.json'), JSON.stringify(older));
    const store = await openTestStore(dataDir);
    const { instance } = store.identity;
    expect(instance).toMatch(/^[0-9a-f]{32}$/);
    expect(identityOf(dataDir)).toMatchObject({ ...older, instance });
    expect((await restart(store)).identity.instance).toBe(instance);
  });

  test('that makes no sense is damage', async () => {
    const dataDir = temporaryFolder();
    await (await openTestStore(dataDir)).close();
    for (const instance of [7, 'node-1', 'A'.repeat(32)]) {
      writeFileSync(
        join(dataDir, 'identity.json'),
        JSON.stringify({ ...identityOf(dataDir), checksum: undefined, instance }),
      );
      await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_CORRUPT' });
    }
  });
});
