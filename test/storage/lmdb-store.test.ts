import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeldState, StateView } from '../../src/node/ports.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import {
  apply,
  bootstrappedStore,
  bytes,
  clusterSpec,
  mark,
  openTestStore,
  restart,
  run,
  shown,
  stateOf,
  temporaryFolder,
  text,
} from './store-fixture.js';

const context = { kind: 'empty', canAsync: false } as const;

test('a fresh node knows nothing', async () => {
  const store = await openTestStore(temporaryFolder());
  expect(store.initialState().hardState).toEqual({ term: 0, vote: 0, commit: 0 });
  expect([store.firstIndex(), store.lastIndex(), store.applied.index]).toEqual([1, 0, 0]);
  expect(store.identity.clusterId).toBe('');
  expect(store.bootstrapSpec).toBeUndefined();
});

test('bootstrap leaves a log that is compacted behind its first entry, and survives a restart', async () => {
  let store = await bootstrappedStore();
  for (const round of ['before', 'after']) {
    expect([round, store.firstIndex(), store.lastIndex(), store.term(1)]).toEqual([round, 2, 1, 1]);
    expect(store.initialState().hardState).toEqual({ term: 1, vote: 0, commit: 1 });
    expect(store.initialState().confState.voters).toEqual([1]);
    expect(store.applied.configIndex).toBe(1);
    expect(store.identity.clusterId).toBe(clusterSpec.clusterId);
    expect(store.bootstrapSpec).toEqual(clusterSpec);
    expect(stateOf(store)).toEqual({ 'member/1': 'localhost:1' });
    store = await restart(store);
  }
});

test('a turn is readable at once and there after a restart', async () => {
  let store = await bootstrappedStore();
  const entries = run(2, 50, 2);
  const txn = store.beginApply();
  txn.put(bytes('a'), bytes('1'));
  const written = store.write({
    entries,
    hardState: { term: 2, vote: 1, commit: 30 },
    applied: { ...store.applied, index: 30, term: 2 },
  });
  expect(shown(store.entries(2, 51, NO_LIMIT, context))).toEqual(shown(entries));
  expect(store.beginApply().get(bytes('a'))).toEqual(bytes('1'));
  expect(store.view().get(bytes('a'))).toBeUndefined();
  expect([store.applied.index, store.flushedApplied]).toEqual([30, 1]);
  await written;
  expect(store.flushedApplied).toBe(30);
  expect(text(store.view().get(bytes('a')))).toBe('1');
  store = await restart(store);
  expect(shown(store.entries(2, 51, NO_LIMIT, context))).toEqual(shown(entries));
  expect(store.initialState().hardState).toEqual({ term: 2, vote: 1, commit: 30 });
  expect(store.applied).toMatchObject({ index: 30, term: 2 });
  expect(stateOf(store)).toEqual({ 'member/1': 'localhost:1', a: '1' });
});

test('a snapshot goes from one node to another, and the log with it', async () => {
  const source = await bootstrappedStore();
  await source.write({ entries: run(2, 20, 1) });
  await apply(source, 20, 1, { a: '1', b: '2' });
  const info = await source.snapshots.create();
  await source.compact(15);
  expect(source.firstIndex()).toBe(16);
  const snapshot = source.snapshot(10, 1);
  expect(snapshot.metadata).toMatchObject({ index: 20, term: 1 });

  let target = await openTestStore(temporaryFolder(), { nodeId: 2 });
  await target.adopt(clusterSpec.clusterId, 'kv');
  const metadata = { index: info.index, term: info.term, confState: info.confState };
  const sink = await target.snapshots.receive(metadata);
  for await (const chunk of source.snapshots.open(20)?.chunks() ?? []) await sink.write(chunk);
  await sink.finish();
  expect(target.applied.index).toBe(0);
  await target.write({ snapshot: metadata, hardState: { term: 1, vote: 0, commit: 20 }, entries: run(21, 22, 1) });
  const { dataDir } = target.status();
  await target.close();
  target = await openTestStore(dataDir, { nodeId: 2 });
  expect([target.firstIndex(), target.lastIndex(), target.term(20)]).toEqual([21, 22, 1]);
  expect(stateOf(target)).toEqual({ 'member/1': 'localhost:1', a: '1', b: '2' });
  expect(target.bootstrapSpec).toEqual(clusterSpec);
});

test('a closed store refuses everything in the same words', async () => {
  const store = await bootstrappedStore();
  const { dataDir } = store.status();
  await store.close();
  expect(() => store.view().get(bytes('a'))).toThrow('the store is closed');
  expect(() => [...store.view().range({ start: bytes('a') })]).toThrow('the store is closed');
  await expect(store.write({ entries: run(2, 2, 1) })).rejects.toMatchObject({ code: 'E_STOPPED' });
  await expect(store.snapshots.create()).rejects.toMatchObject({ code: 'E_STOPPED' });
  expect(store.status().dataDir).toBe(dataDir);
  await store.close();
});

test('what is held stays as apply has left it, flushed or not, whatever is written behind it', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.option(fc.constantFrom('1', '2')))), {
      minLength: 2,
      maxLength: 8,
    }),
    fc.nat({ max: 7 }),
    async (turns, heldBehind) => {
      const store = await bootstrappedStore();
      await store.write({ entries: run(2, 20, 1) });
      const txn = store.beginApply();
      const shownOf = (view: StateView) =>
        Array.from(view.range({ start: new Uint8Array() }), ({ key, value }) => `${text(key)} ${text(value)}`);
      let expected: string[] = [];
      let held: HeldState | undefined;
      const writes: Promise<void>[] = [];
      for (const [at, changes] of turns.entries()) {
        for (const [key, value] of changes) {
          if (value === null) txn.delete(bytes(key));
          else txn.put(bytes(key), bytes(value));
        }
        if (at === heldBehind % turns.length) [held, expected] = [store.hold(), shownOf(txn)];
        writes.push(store.write({ entries: [], applied: mark(store, at + 2, 1) }));
        if (at % 2 === 0) await writes.at(-1);
      }
      await Promise.all(writes);
      expect(held && shownOf(held.view)).toEqual(expected);
      await store.close();
      expect(() => held && shownOf(held.view)).toThrow('not held any more');
    },
  );
  await fc.assert(property, { numRuns: 15 });
});
