import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import type { SnapshotSource, StateRecord } from '../../src/node/ports.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { SNAPSHOT_CHUNK_BYTES } from '../../src/storage/limits.js';
import {
  apply,
  bootstrappedStore,
  bytes,
  mark,
  metadataOf,
  openTestStore,
  receive,
  record,
  restart,
  run,
  snapshotFile,
  stateOf,
} from './store-fixture.js';

const base = { 'member/1': 'localhost:1' };

/** A store with entries to `last` that are applied, and a key that says so. */
async function storeAt(last: number): Promise<LmdbStore> {
  const store = await bootstrappedStore();
  await store.write({ entries: run(2, last, 1) });
  await apply(store, last, 1, { at: String(last) });
  return store;
}

async function readAll(source: SnapshotSource | undefined): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source?.chunks() ?? []) {
    expect(chunk.length).toBeLessThanOrEqual(SNAPSHOT_CHUNK_BYTES);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

describe('taking', () => {
  test('a snapshot is of one moment, while the state goes on changing', async () => {
    const store = await bootstrappedStore();
    const txn = store.beginApply();
    for (let i = 0; i < 20_000; i++) txn.put(bytes(`key ${String(i).padStart(6, '0')}`), bytes('before '.repeat(10)));
    await store.write({ entries: run(2, 3, 1), applied: mark(store, 2, 1) });
    const taking = store.snapshots.create();
    for (let i = 0; i < 20_000; i++) txn.put(bytes(`key ${String(i).padStart(6, '0')}`), bytes('behind'));
    const changed = store.write({ entries: [], applied: mark(store, 3, 1) });
    const info = await taking;
    await changed;
    expect(info.index).toBe(2);
    const file = await readAll(store.snapshots.open(2));
    expect(file.length).toBe(info.bytes);
    expect(file.includes('before')).toBe(true);
    expect(file.includes('behind')).toBe(false);
  });

  test('two at once are one; the same state again is the same file', async () => {
    const store = await storeAt(5);
    const [one, two] = await Promise.all([store.snapshots.create(), store.snapshots.create()]);
    expect(two).toBe(one);
    expect(await store.snapshots.create()).toBe(one);
    expect(store.snapshots.list()).toEqual([one]);
  });

  test('one that is asked for behind a newer flush has what was flushed', async () => {
    const store = await storeAt(5);
    const first = store.snapshots.create();
    await store.write({ entries: run(6, 6, 1), applied: mark(store, 6, 1) });
    expect([(await first).index, (await store.snapshots.create()).index]).toEqual([5, 6]);
  });

  test('two are kept, over a restart as well, and a reader of one that is removed reads it to its end', async () => {
    const store = await storeAt(5);
    await store.snapshots.create();
    const reading = store.snapshots.open(5)?.chunks()[Symbol.asyncIterator]();
    const first = await reading?.next();
    for (const index of [6, 7, 8]) {
      await store.write({ entries: run(index, index, 1), applied: mark(store, index, 1) });
      await store.snapshots.create();
    }
    expect(store.snapshots.list().map(({ index }) => index)).toEqual([8, 7]);
    expect(store.snapshots.open(9)).toBeUndefined();
    expect(first?.value.length).toBeGreaterThan(0);
    expect((await reading?.next())?.done).toBe(true);
    const infos = store.snapshots.list();
    expect((await restart(store)).snapshots.list()).toEqual(infos);
  });

  test('a node without a cluster has nothing to take one of', async () => {
    const { dataDir } = (await bootstrappedStore()).status();
    const fresh = await openTestStore(join(dataDir, 'other'));
    await expect(fresh.snapshots.create()).rejects.toMatchObject({ code: 'E_NOT_BOOTSTRAPPED' });
  });

  test('a snapshot that ends before the log begins is not given out', async () => {
    const store = await storeAt(20);
    await store.snapshots.create();
    await store.write({ entries: run(21, 40, 1), applied: mark(store, 40, 1) });
    await store.compact(30);
    expect(() => store.snapshot(10, 1)).toThrow('snapshot is temporarily unavailable');
    await store.snapshots.create();
    expect(store.snapshot(10, 1).metadata?.index).toBe(40);
    // A node that the snapshot does not know would take it for somebody else's.
    expect(() => store.snapshot(10, 9)).toThrow('snapshot is temporarily unavailable');
  });
});

describe('keeping', () => {
  test('a file whose body rots is noticed by who reads it, put aside, and taken anew', async () => {
    const store = await storeAt(5);
    const { bytes: length } = await store.snapshots.create();
    const folder = join(store.status().dataDir, 'snapshots');
    const path = join(folder, '5-1.snap');
    const file = readFileSync(path);
    const middle = Math.floor(length / 2);
    file[middle] = (file[middle] ?? 0) ^ 1;
    writeFileSync(path, file);
    await expect(readAll(store.snapshots.open(5))).rejects.toMatchObject({ code: 'E_CORRUPT' });
    expect(store.snapshots.list()).toEqual([]);
    const again = await store.snapshots.create();
    expect((await readAll(store.snapshots.open(5))).length).toBe(again.bytes);
  });

  test('a file that is cut short, or of another cluster, is put aside at start', async () => {
    const store = await storeAt(5);
    await store.snapshots.create();
    const folder = join(store.status().dataDir, 'snapshots');
    await store.close();
    const file = readFileSync(join(folder, '5-1.snap'));
    writeFileSync(join(folder, '6-1.snap'), file.subarray(0, file.length - 1));
    writeFileSync(join(folder, '7-1.snap'), snapshotFile({ index: 7, term: 1, clusterId: 'f'.repeat(32) }, []));
    const again = await restart(store);
    expect(again.snapshots.list().map(({ index }) => index)).toEqual([5]);
    expect(readdirSync(folder).sort()).toEqual(['5-1.snap', '6-1.snap.rejected', '7-1.snap.rejected']);
  });
});

describe('receiving', () => {
  const records = Array.from({ length: 3000 }, (_, i) => record(`key ${String(i).padStart(5, '0')}`, `value ${i}`));
  const file = snapshotFile({ index: 50, term: 2 }, [
    records.slice(0, 1000),
    records.slice(1000, 2999),
    records.slice(2999),
  ]);

  test('what one node takes another one stages, byte for byte, whatever the pieces', async () => {
    const property = fc.asyncProperty(stateArbitrary, fc.integer({ min: 1, max: 5000 }), async (state, pieceBytes) => {
      const [source, target] = [await bootstrappedStore(), await bootstrappedStore()];
      const txn = source.beginApply();
      for (const { key, value } of state) txn.put(key, value);
      await source.write({ entries: run(2, 9, 1), applied: mark(source, 9, 1) });
      const info = await source.snapshots.create();
      const metadata = { index: info.index, term: info.term, confState: info.confState };
      await receive(target, metadata, await readAll(source.snapshots.open(9)), pieceBytes);
      await target.write({ snapshot: metadata, entries: [] });
      expect(stateOf(target)).toEqual(stateOf(source));
      expect(target.snapshots.list()).toEqual([info]);
      await Promise.all([source.close(), target.close()]);
    });
    await fc.assert(property, { numRuns: 10 });
  });

  test('any flipped byte, and any cut, is refused, and the node keeps its state', async () => {
    const store = await bootstrappedStore();
    const small = snapshotFile({ index: 50, term: 2 }, [[record('a', '1')], [record('b', '2')]]);
    for (let at = 0; at < small.length; at++) {
      const flipped = Buffer.from(small);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await expect(receive(store, metadataOf(50, 2), flipped)).rejects.toMatchObject({ code: 'E_CORRUPT' });
      await expect(receive(store, metadataOf(50, 2), small.subarray(0, at))).rejects.toMatchObject({
        code: 'E_CORRUPT',
      });
    }
    expect(stateOf(store)).toEqual(base);
    expect(readdirSync(join(store.status().dataDir, 'snapshots'))).toEqual([]);
    await receive(store, metadataOf(50, 2), small);
    await store.write({ snapshot: metadataOf(50, 2), entries: [] });
    expect(stateOf(store)).toEqual({ a: '1', b: '2' });
  });

  test('frames repeated, left out or swapped are refused, though each of them is sound', async () => {
    const store = await bootstrappedStore();
    const whole = snapshotFile({ index: 50, term: 2 }, [[record('a', '1')], [record('b', '2')]]);
    const [header = 0, one = 0, two = 0] = frameEnds(whole);
    const [head, first, second, last] = [
      whole.subarray(0, header),
      whole.subarray(header, one),
      whole.subarray(one, two),
      whole.subarray(two),
    ];
    for (const frames of [
      [head, first, first, second, last],
      [head, first, last],
      [head, second, first, last],
      [head, first, second],
    ]) {
      await expect(receive(store, metadataOf(50, 2), Buffer.concat(frames))).rejects.toMatchObject({
        code: 'E_CORRUPT',
      });
    }
    await expect(receive(store, metadataOf(50, 2), Buffer.concat([whole, Buffer.alloc(9)]))).rejects.toMatchObject({
      code: 'E_CORRUPT',
    });
  });

  test('one of another cluster, machine, position or configuration, or of no use, is refused', async () => {
    const store = await storeAt(20);
    const announced = metadataOf(50, 2);
    const cases: [Parameters<typeof snapshotFile>[0], string][] = [
      [{ clusterId: 'f'.repeat(32) }, 'E_WRONG_CLUSTER'],
      [{ stateMachine: 'register' }, 'E_WRONG_STATE_MACHINE'],
      [{ index: 51 }, 'E_CORRUPT'],
      [{ term: 3 }, 'E_CORRUPT'],
      [{ confState: ConfState.create({ voters: [1, 2] }) }, 'E_CORRUPT'],
    ];
    for (const [header, code] of cases) {
      const other = snapshotFile({ index: 50, term: 2, ...header }, []);
      await expect(receive(store, announced, other)).rejects.toMatchObject({ code });
    }
    const old = receive(store, metadataOf(20, 1), snapshotFile({ index: 20, term: 1 }, []));
    await expect(old).rejects.toMatchObject({ code: 'E_REFUSED' });
    expect(stateOf(store)).toEqual({ ...base, at: '20' });
  });

  test('a newer one takes the place of one that is not complete', async () => {
    const store = await bootstrappedStore();
    const older = await store.snapshots.receive(metadataOf(40, 2));
    await older.write(file.subarray(0, 100));
    const newer = await store.snapshots.receive(metadataOf(50, 2));
    await expect(older.write(file.subarray(100))).rejects.toMatchObject({ code: 'E_CONFLICT' });
    expect(() => older.finish()).toThrow('another took its place');
    await older.abort();
    await newer.write(file);
    const finishing = newer.finish();
    const newest = await store.snapshots.receive(metadataOf(50, 2));
    await expect(finishing).rejects.toMatchObject({ code: 'E_CONFLICT' });
    await newest.write(file);
    await newest.finish();
    await store.write({ snapshot: metadataOf(50, 2), entries: [] });
    expect(Object.keys(stateOf(store))).toHaveLength(3000);
  });

  test('one that was given up leaves nothing behind', async () => {
    const store = await bootstrappedStore();
    const sink = await store.snapshots.receive(metadataOf(50, 2));
    await sink.write(file);
    await sink.abort();
    expect(readdirSync(join(store.status().dataDir, 'snapshots'))).toEqual([]);
    await expect(store.write({ snapshot: metadataOf(50, 2), entries: [] })).rejects.toThrow(
      'is installed, but not staged',
    );
  });
});

const stateArbitrary: fc.Arbitrary<StateRecord[]> = fc.array(
  fc.record({
    key: fc.uint8Array({ minLength: 1, maxLength: 20 }),
    value: fc.uint8Array({ maxLength: 3000, size: 'max' }),
  }),
  { maxLength: 200, size: 'max' },
);

/** Where each frame but the last ends. */
function frameEnds(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const ends: number[] = [];
  for (let at = 0; at < file.length; ) {
    at += 8 + view.getUint32(at);
    ends.push(at);
  }
  return ends.slice(0, -1);
}
