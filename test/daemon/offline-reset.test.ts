import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { type ResetFacts, resetNode } from '../../src/daemon/offline.js';
import { openStore } from '../../src/storage/index.js';
import { stoppedNode, temporaryFolder } from './offline-fixture.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const permit = async () => {};
const start = (dataDir: string, nodeId: number) =>
  openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });

test('a directory that was reset takes any node but the one whose data it had', async () => {
  const dataDir = await stoppedNode(3, { terms: [1], commit: 2, term: 1 });
  const asked: ResetFacts[] = [];
  const { backup } = await resetNode({ dataDir, now, permit: async (facts) => void asked.push(facts) });
  expect(asked).toMatchObject([
    { nodeId: 3, clusterName: 'prod', membership: 'voter', isBegun: false, isFenced: false },
  ]);
  expect(await readdir(dataDir)).toEqual(['retired-ids.json']);
  expect(await readdir(backup ?? '')).toEqual(expect.arrayContaining(['data.mdb', 'identity.json']));
  await expect(start(dataDir, 3)).rejects.toMatchObject({ code: 'E_IDENTITY', exitCode: 14 });
  const store = await start(dataDir, 6);
  expect(store.identity).toMatchObject({ nodeId: 6, clusterId: '' });
  await store.close();
});

test('a node whose data is damaged comes back as another one, by the way that its error tells', async () => {
  const dataDir = await stoppedNode(3, { terms: [1], commit: 2, term: 1 });
  const database = join(dataDir, 'data.mdb');
  const file = await readFile(database);
  await writeFile(database, file.fill(0, 2 * 4096));
  await expect(start(dataDir, 3)).rejects.toMatchObject({
    code: 'E_CORRUPT',
    hint: expect.stringMatching(
      /raftctl member remove ID, raftctl node reset .* --id NEW and raftctl member add ADDRESS/,
    ),
  });
  // Unknown is what the command takes for a member, unless the cluster says that it is none.
  expect(await resetNode({ dataDir, now, permit })).toMatchObject({ nodeId: 3, membership: 'unknown' });
  await expect(start(dataDir, 3)).rejects.toMatchObject({ code: 'E_IDENTITY' });
  const store = await start(dataDir, 6);
  expect([store.lastIndex(), store.initialState().hardState]).toEqual([0, { term: 0, vote: 0, commit: 0 }]);
  await store.close();
});

test('nothing is removed where it is not permitted, and no copy made where none is wanted', async () => {
  const dataDir = await stoppedNode(3, { terms: [1], commit: 2, term: 1 });
  const before = await readdir(dataDir);
  const refuse = () => Promise.reject(new Error('it is a member still'));
  await expect(resetNode({ dataDir, now, permit: refuse })).rejects.toThrow('a member still');
  expect(await readdir(dataDir)).toEqual(before);
  expect(await resetNode({ dataDir, now, permit, backupDir: null })).toMatchObject({ backup: null });
  expect(await readdir(dirname(dataDir))).toEqual(['node-3']);
});

test('a node that runs, and a folder of somebody else’s, are left alone', async () => {
  const dataDir = await stoppedNode(3, { terms: [1], commit: 2, term: 1 });
  const store = await start(dataDir, 3);
  await expect(resetNode({ dataDir, now, permit })).rejects.toMatchObject({ exitCode: 10 });
  await store.close();
  await expect(resetNode({ dataDir: temporaryFolder(), now, permit })).rejects.toMatchObject({ exitCode: 2 });
});
