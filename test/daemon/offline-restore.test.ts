import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { applyRestore, offlineHash, type RestoreStep } from '../../src/daemon/offline.js';
import { readRestorable, restoredSha256 } from '../../src/daemon/offline-snapshots.js';
import { EventType } from '../../src/gen/raftctl/v1/history.js';
import { eventsAfter } from '../../src/node/history.js';
import { readMembers } from '../../src/node/members.js';
import { applyWholeLog } from '../../src/node/offline-apply.js';
import { readTombstones } from '../../src/node/tombstones.js';
import { planRestore, type RestorePlan, type RestoreResult } from '../../src/recovery/index.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { crashed, stoppedNode, temporaryFolder } from './offline-fixture.js';

const planId = 'c0ffee'.padEnd(64, '0');
const wish = { by: 'op@host', reason: 'bad deploy', createdAt: '2026-02-01T00:00:00.000Z' };
const members = { voters: [1, 2, 6].map((id) => ({ id, address: `10.0.1.${id}:7400` })) };

interface Prepared {
  readonly file: string;
  readonly plan: RestorePlan & RestoreResult;
}

const openAs = (dataDir: string, nodeId: number) =>
  openStore({ dataDir, nodeId, stateMachine: 'kv', logger: silentLogger });

/** A snapshot of a cluster of five with keys 2 to 4, and a plan to restore it on nodes 1, 2 and 6. */
async function prepared(): Promise<Prepared> {
  const dataDir = await stoppedNode(1, { terms: [1, 1, 1], commit: 4, term: 1 });
  const store = await openAs(dataDir, 1);
  await applyWholeLog(store, new KvMachine(), silentLogger);
  const { index, term } = await store.snapshots.create();
  await store.close();
  const file = join(dataDir, 'snapshots', `${index}-${term}.snap`);
  const plan = planRestore(await readRestorable(file), { ...wish, ...members });
  return { file, plan: { ...plan, resultSha256: await restoredSha256(file, plan) } };
}

/** What a node finds that is started on a directory. */
async function inside(dataDir: string, nodeId: number) {
  const store = await openAs(dataDir, nodeId);
  try {
    const view = store.view();
    const { clusterId, incarnation, supersededBy } = store.identity;
    return {
      identity: { clusterId, incarnation, supersededBy },
      log: [store.firstIndex(), store.lastIndex()],
      hardState: store.initialState().hardState,
      applied: store.applied,
      settings: store.settings,
      snapshots: store.snapshots.list().map((snapshot) => [snapshot.index, snapshot.term]),
      members: readMembers(view).map(({ id, address, instance }) => [id, address, instance]),
      tombstones: readTombstones(view).map(({ member }) => member?.id),
      events: [...eventsAfter(view, 0, [EventType.RECOVERY])].map(({ cause, by, reason }) => [cause, by, reason]),
    };
  } finally {
    await store.close();
  }
}

const restore = ({ plan, file }: Prepared, dataDir: string, nodeId?: number, onStep?: (step: RestoreStep) => void) =>
  applyRestore(plan, { dataDir, file, planId, nodeId, backupDir: undefined, ...(onStep && { onStep }) });

describe('a restore', () => {
  test('makes the same state on all nodes, on empty directories and on those of before', async () => {
    const given = await prepared();
    const { plan } = given;
    // Node 2 has gone on for long since the snapshot was taken, and was drained.
    const old = await stoppedNode(2, { terms: Array(40).fill(9), commit: 30, term: 12 });
    const before = await openAs(old, 2);
    await before.saveSettings({ drained: true, electionsPaused: true });
    await before.close();
    const fresh = join(temporaryFolder(), 'not', 'there yet');

    expect(await restore(given, old)).toMatchObject({ id: 2, role: 'voter', already: false, index: 5, term: 2 });
    expect(await restore(given, fresh, 6)).toMatchObject({ id: 6, already: false, backup: null });
    const [two, six] = [await inside(old, 2), await inside(fresh, 6)];
    expect(six).toEqual(two);
    expect(two).toMatchObject({
      identity: { clusterId: plan.clusterId, incarnation: plan.incarnation.after, supersededBy: undefined },
      log: [6, 5],
      hardState: { term: 2, vote: 0, commit: 5 },
      applied: { index: 5, term: 2, configIndex: 5, confState: { voters: [1, 2, 6], learners: [] } },
      settings: { drained: false, electionsPaused: false },
      snapshots: [[5, 2]],
      members: [1, 2, 6].map((id) => [id, `10.0.1.${id}:7400`, undefined]),
      tombstones: [3, 4, 5],
      events: [['restored', 'op@host', 'bad deploy']],
    });
    expect((await offlineHash(old)).state).toEqual((await offlineHash(fresh)).state);
  });

  test('leaves a copy of what was there, and changes nothing when it is done again', async () => {
    const given = await prepared();
    const old = await stoppedNode(2, { terms: [1, 1], commit: 3, term: 4 });
    const hashBefore = (await offlineHash(old)).state;
    const { backup } = await restore(given, old);
    expect((await offlineHash(backup ?? '')).state).toEqual(hashBefore);
    const identity = await readFile(join(old, 'identity.json'), 'utf8');
    expect(await restore(given, old)).toMatchObject({ already: true, backup });
    expect(await readFile(join(old, 'identity.json'), 'utf8')).toBe(identity);
  });

  test.each([
    ['an empty directory', true],
    ['a directory of before', false],
  ])('of %s that is torn anywhere leaves the old one, or one that the same command finishes', async (_, isEmpty) => {
    const given = await prepared();
    const dataDir = isEmpty ? temporaryFolder() : await stoppedNode(2, { terms: [1, 1], commit: 3, term: 4 });
    const nodeId = isEmpty ? 6 : 2;
    const torn = new Map<RestoreStep, string>();
    await restore(given, dataDir, nodeId, (step) => torn.set(step, crashed(dataDir)));
    const whole = await inside(dataDir, nodeId);
    const steps: RestoreStep[] = ['check', 'build', ...(isEmpty ? [] : (['copy'] as const)), 'begin', 'install', 'end'];
    expect([...torn.keys()]).toEqual(steps);
    for (const [step, left] of torn) {
      if (step === 'install' || step === 'end') {
        await expect(openAs(left, nodeId)).rejects.toMatchObject({
          code: 'E_REFUSED',
          hint: expect.stringContaining('snapshot restore apply'),
        });
      } else if (!isEmpty) {
        expect((await inside(left, nodeId)).identity.incarnation).toBe(1);
      }
      await restore(given, left, nodeId);
      expect(await inside(left, nodeId)).toEqual(whole);
    }
  });

  test('that is torn within its last step, file by file, is finished by the same command', async () => {
    const given = await prepared();
    const dataDir = await stoppedNode(2, { terms: [1, 1], commit: 3, term: 4 });
    let left = '';
    await restore(given, dataDir, 2, (step) => {
      if (step === 'install') left = crashed(dataDir);
    });
    const whole = await inside(dataDir, 2);
    const moves: ((folder: string) => Promise<void>)[] = [
      (folder) => rm(join(folder, 'snapshots'), { recursive: true, force: true }),
      async (folder) => writeFile(join(folder, 'data.mdb'), await readFile(join(dataDir, 'data.mdb'))),
      async (folder) => writeFile(join(folder, 'identity.json'), await readFile(join(dataDir, 'identity.json'))),
    ];
    for (let done = 1; done <= moves.length; done++) {
      const folder = crashed(left);
      for (const move of moves.slice(0, done)) await move(folder);
      await restore(given, folder, 2);
      expect(await inside(folder, 2)).toEqual(whole);
    }
  });
});

describe('nothing is changed where', () => {
  const refusal = async (given: Prepared, dataDir: string, nodeId?: number) => {
    const names = await readdir(dataDir);
    const error = await restore(given, dataDir, nodeId).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect((await readdir(dataDir)).sort()).toEqual(names.sort());
    return `${error?.code} ${error?.message}`;
  };

  test('the file is another one, or damaged', async () => {
    const given = await prepared();
    const other = await prepared();
    const empty = temporaryFolder();
    expect(await refusal({ ...given, file: other.file }, empty, 6)).toContain('is not the snapshot of this plan');
    const bytes = await readFile(given.file);
    for (const [damage, code] of [
      [bytes.subarray(0, -1), 'E_CORRUPT'],
      [Buffer.alloc(0), 'E_CORRUPT'],
    ] as const) {
      await writeFile(given.file, damage);
      expect(await refusal(given, empty, 6)).toContain(code);
    }
  });

  test('the directory holds something else, or is of another node or cluster, or nobody says whose it is to be', async () => {
    const given = await prepared();
    const letters = temporaryFolder();
    await writeFile(join(letters, 'letter.txt'), 'dear reader');
    expect(await refusal(given, letters, 6)).toContain('it has letter.txt');
    expect(await refusal(given, temporaryFolder())).toContain('is empty: of which node is it to be?');
    expect(await refusal(given, temporaryFolder(), 9)).toContain('the plan is for nodes 1, 2, 6, not for node 9');
    const one = await stoppedNode(1, { terms: [1], commit: 2, term: 1 });
    expect(await refusal(given, one, 2)).toContain('is the directory of node 1, not of node 2');
    const stranger = { ...given, plan: { ...given.plan, clusterId: 'f'.repeat(32) } };
    expect(await refusal(stranger, one)).toContain('E_REFUSED');
  });

  test('the node is of a later incarnation than the plan knows of, or runs', async () => {
    const given = await prepared();
    const one = await stoppedNode(1, { terms: [1], commit: 2, term: 1 });
    await restore(given, one);
    const older = await prepared();
    const again = { ...older, plan: { ...older.plan, createdAt: '2026-03-01T00:00:00.000Z' } };
    const error = await applyRestore(again.plan, {
      ...{ dataDir: one, file: again.file, planId: 'd'.repeat(64), nodeId: undefined, backupDir: undefined },
    }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'E_REFUSED',
      hint: expect.stringContaining(`--latest-incarnation ${given.plan.incarnation.after}`),
    });
    const store = await openAs(one, 1);
    await expect(restore(given, one)).rejects.toMatchObject({ code: 'E_DATA_DIR_LOCKED', exitCode: 10 });
    await store.close();
  });

  test('this version makes another state of the snapshot than the plan says', async () => {
    const given = await prepared();
    const plan = { ...given.plan, resultSha256: '0'.repeat(64) };
    expect(await refusal({ ...given, plan }, temporaryFolder(), 6)).toContain('makes another state');
  });

  test('the id was retired there', async () => {
    const given = await prepared();
    const folder = temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'retired-ids.json'), '{"ids": [6]}');
    expect(await refusal(given, folder, 6)).toContain('E_IDENTITY');
  });
});
