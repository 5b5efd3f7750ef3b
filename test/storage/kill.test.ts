import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomInt, seededRandom } from '../../src/base/random.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { ScriptProcess } from './child-process.js';
import { bootstrappedStore, openTestStore, shown, stateOf, temporaryFolder } from './store-fixture.js';

/** Opens a store and writes turns as fast as it can: entries, now and then over old ones, and state that says up to where. */
const writer = `
import { openStore } from './src/storage/index.js';
import { silentLogger } from './src/base/logger.js';
const [dataDir, seed] = process.argv.slice(2);
const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
const confState = { voters: [1], learners: [] };
if (store.bootstrapSpec === undefined) {
  await store.bootstrap({ clusterId: 'c'.repeat(32), name: '', members: [], voters: [1], learners: [] }, []);
}
let term = store.initialState().hardState.term + 1;
for (let turn = Number(seed); ; turn++) {
  const commit = store.applied.index;
  const from = turn % 7 === 0 ? Math.max(commit + 1, store.lastIndex() - 3) : store.lastIndex() + 1;
  if (from <= store.lastIndex()) term++;
  const entries = Array.from({ length: 1 + (turn % 20) }, (_, i) => ({
    entryType: 0, term, index: from + i, data: Buffer.from('entry ' + (from + i) + ' of term ' + term), context: new Uint8Array(),
  }));
  const applied = Math.max(commit, from - 5);
  store.beginApply().put(Buffer.from('at'), Buffer.from(String(applied)));
  const last = from + entries.length - 1;
  const mark = { ...store.applied, index: applied, term };
  // Said of this turn: the next ones may have begun before it is flushed.
  const what = JSON.stringify({ turn, term, last, applied });
  const flushed = store.write({ entries, hardState: { term, vote: 1, commit: applied }, applied: mark });
  const said = flushed.then(() => process.stdout.write(what + '\\n'));
  if (turn % 3 === 0) await said;
  if (turn % 50 === 0 && applied > 40) await store.compact(applied - 20);
  if (turn % 60 === 0 && applied > 1) await store.snapshots.create();
}
`;

interface Acknowledged {
  readonly turn: number;
  readonly term: number;
  readonly last: number;
  readonly applied: number;
}

test('kill -9 at any moment loses nothing that was acknowledged', async () => {
  const dataDir = temporaryFolder();
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  let acknowledged: Acknowledged | undefined;
  for (let round = 0; round < 5; round++) {
    const until = randomInt(random, 1, 300);
    const process = new ScriptProcess(writer, [dataDir, String(randomInt(random, 1, 1000))]);
    let seen = 0;
    await process.readUntil((line) => {
      acknowledged = JSON.parse(line);
      return ++seen >= until;
    });
    await process.kill();
    expect(seen, `seed ${seed}, round ${round}`).toBe(until);

    const store = await openTestStore(dataDir);
    const { hardState } = store.initialState();
    expect(hardState.term, `seed ${seed}, round ${round}`).toBeGreaterThanOrEqual(acknowledged?.term ?? 0);
    expect(store.applied.index).toBeGreaterThanOrEqual(acknowledged?.applied ?? 0);
    if (hardState.term === acknowledged?.term) expect(store.lastIndex()).toBeGreaterThanOrEqual(acknowledged.last);
    expect(stateOf(store)).toEqual({ at: String(store.applied.index) });
    const entries = store.entries(store.firstIndex(), store.lastIndex() + 1, NO_LIMIT, {
      kind: 'empty',
      canAsync: false,
    });
    expect(shown(entries)).toEqual(
      entries.map(({ index, term }) => `${index} ${term} 0 entry ${index} of term ${term}`),
    );
    await store.close();
  }
});

test('a directory that a living process uses is refused, and the process named; a dead one is succeeded', async () => {
  const dataDir = temporaryFolder();
  const process = new ScriptProcess(writer, [dataDir, '1']);
  await process.readUntil(() => true);
  await expect(openTestStore(dataDir)).rejects.toMatchObject({
    code: 'E_DATA_DIR_LOCKED',
    message: `${dataDir} is in use by process ${process.pid}`,
  });
  await process.kill();
  expect((await openTestStore(dataDir)).lastIndex()).toBeGreaterThan(1);
});

test('the same process cannot open a directory twice, and can once it is closed', async () => {
  const store = await bootstrappedStore();
  const { dataDir } = store.status();
  await expect(openTestStore(dataDir)).rejects.toMatchObject({ code: 'E_DATA_DIR_LOCKED' });
  await store.close();
  expect((await openTestStore(dataDir)).lastIndex()).toBe(1);
});

test('a lock of a process whose id is used again by another, or that makes no sense, is taken over', async () => {
  for (const content of [JSON.stringify({ pid: process.pid, startTime: 'another time' }), '', '{"pid":-1}']) {
    const dataDir = temporaryFolder();
    writeFileSync(join(dataDir, 'LOCK'), content);
    expect((await openTestStore(dataDir)).lastIndex()).toBe(0);
  }
});

/** Writes until the disk fails it, says how, and tries once more. */
const failing = `
import { openStore } from './src/storage/index.js';
import { silentLogger } from './src/base/logger.js';
const store = await openStore({ dataDir: process.argv[2], nodeId: 1, stateMachine: 'kv', logger: silentLogger });
await store.bootstrap({ clusterId: 'c'.repeat(32), name: '', members: [], voters: [1], learners: [] }, []);
const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
const entry = (index) => ({ entryType: 0, term: 1, index, data: Buffer.alloc(4000), context: new Uint8Array() });
let flushed = 1;
try {
  for (;;) {
    await store.write({ entries: [entry(store.lastIndex() + 1)] });
    flushed = store.lastIndex();
  }
} catch (thrown) {
  say({ flushed, code: thrown.code });
}
await store.write({ entries: [] }).catch((thrown) => say({ code: thrown.code }));
await store.close();
say('closed');
`;

test('a write that the disk refuses is the last one; what was flushed before is there', async () => {
  const dataDir = temporaryFolder();
  // No file may grow past 400 KiB.
  const process = new ScriptProcess(failing, [dataDir], "trap '' XFSZ; ulimit -f 400");
  const said: unknown[] = [];
  await process.readUntil((line) => {
    said.push(JSON.parse(line));
    return false;
  });
  await process.ended;
  expect(said).toEqual([{ flushed: expect.any(Number), code: 'E_DISK' }, { code: 'E_DISK' }, 'closed']);
  const [{ flushed }] = said as [{ flushed: number }];
  expect(flushed).toBeGreaterThan(10);
  const store = await openTestStore(dataDir);
  expect(store.lastIndex()).toBe(flushed);
});
