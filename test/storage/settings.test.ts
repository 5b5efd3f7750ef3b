import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { copyOf, openTestStore, reopenCopy, restart, temporaryFolder } from './store-fixture.js';

describe('the settings of a node', () => {
  test('are all off in a fresh directory', async () => {
    const store = await openTestStore(temporaryFolder());
    expect(store.settings).toEqual({ drained: false, electionsPaused: false });
  });

  test('are kept over restarts, and as flushed as a crash finds them once they are saved', async () => {
    const folder = temporaryFolder();
    const store = await openTestStore(folder);
    await store.saveSettings({ drained: true, electionsPaused: false });
    expect(store.settings).toEqual({ drained: true, electionsPaused: false });
    expect((await reopenCopy(folder)).settings).toEqual({ drained: true, electionsPaused: false });

    await store.saveSettings({ drained: false, electionsPaused: true });
    expect((await restart(store)).settings).toEqual({ drained: false, electionsPaused: true });
  });

  test('are as they were where a crash has cut off what was to replace them', async () => {
    const folder = temporaryFolder();
    await (await openTestStore(folder)).saveSettings({ drained: true, electionsPaused: true });
    const copy = copyOf(folder);
    await writeFile(join(copy, 'settings.json.tmp'), '{"drained": fal');
    const store = await openTestStore(copy);
    expect(store.settings).toEqual({ drained: true, electionsPaused: true });
    await store.saveSettings({ drained: false, electionsPaused: true });
    expect(JSON.parse(await readFile(join(copy, 'settings.json'), 'utf8'))).toMatchObject(store.settings);
  });

  test('that a newer version has more of are read as far as they are known', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'settings.json'), '{"electionsPaused": true, "witness": 1}');
    expect((await openTestStore(folder)).settings).toEqual({ drained: false, electionsPaused: true });
  });

  test.each(['', '{', 'null', '[true', '{"drained": "yes"}', '{"electionsPaused": 1}'])(
    'are not guessed: %j is damaged',
    async (content) => {
      const folder = temporaryFolder();
      await writeFile(join(folder, 'settings.json'), content);
      await expect(openTestStore(folder)).rejects.toMatchObject({
        code: 'E_CORRUPT',
        message: expect.stringContaining('settings.json is damaged'),
      });
    },
  );
});
