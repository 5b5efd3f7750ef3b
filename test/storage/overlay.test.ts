import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StateRange, StateRecord } from '../../src/node/ports.js';
import type { LmdbStore } from '../../src/storage/index.js';
import { bootstrappedStore, bytes, mark, record, text } from './store-fixture.js';

/** Few keys, so that they meet often; with the bytes at both ends of the range, and of different lengths. */
const key = fc
  .uint8Array({ minLength: 1, maxLength: 2 })
  .map((raw) => raw.map((byte) => [0, 1, 127, 255][byte % 4] ?? 0));

type Step =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: string }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  | { readonly kind: 'write' }
  | { readonly kind: 'flush' }
  | { readonly kind: 'range'; readonly range: StateRange };

const range = fc.record(
  { start: fc.oneof(key, fc.constant(new Uint8Array())), end: key, limit: fc.nat(5), reverse: fc.boolean() },
  { requiredKeys: ['start'] },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value: fc.string({ maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('write' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('range' as const), range }) },
);

test('apply sees what it wrote, flushed or not, in key order and both directions; views see what is flushed', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    const store = await bootstrappedStore();
    await runAgainstMap(store, steps);
    await store.close();
  });
  await fc.assert(property, { numRuns: 25 });
});

async function runAgainstMap(store: LmdbStore, steps: readonly Step[]): Promise<void> {
  const model = new Map([['member/1', 'localhost:1']]);
  const txn = store.beginApply();
  await store.write({ entries: [], applied: mark(store, 1, 1) });
  let flushed: Promise<void> = Promise.resolve();
  for (const next of steps) {
    if (next.kind === 'put') {
      txn.put(next.key, bytes(next.value));
      model.set(latin1(next.key), next.value);
    } else if (next.kind === 'delete') {
      txn.delete(next.key);
      model.delete(latin1(next.key));
    } else if (next.kind === 'write') {
      flushed = store.write({ entries: [], applied: mark(store, 1, 1) });
    } else if (next.kind === 'flush') {
      await flushed;
    } else {
      expect(read(txn.range(next.range))).toEqual(select(model, next.range));
    }
    if ('key' in next) expect(text(txn.get(next.key))).toBe(model.get(latin1(next.key)));
  }
  await store.write({ entries: [], applied: mark(store, 1, 1) });
  for (const reverse of [false, true]) {
    const all = { start: new Uint8Array(), reverse };
    expect(read(store.view().range(all))).toEqual(select(model, all));
    expect(read(txn.range(all))).toEqual(select(model, all));
  }
}

test('a range may be written to while it is read', async () => {
  const store = await bootstrappedStore();
  const txn = store.beginApply();
  for (const name of ['a', 'b', 'c', 'd']) txn.put(bytes(name), bytes(name));
  await store.write({ entries: [], applied: mark(store, 1, 1) });
  const seen: (string | undefined)[] = [];
  for (const { key: found } of txn.range({ start: bytes('a'), end: bytes('f') })) {
    seen.push(text(found));
    txn.delete(found);
    if (text(found) === 'b') txn.put(bytes('e'), bytes('new'));
    if (text(found) === 'b') txn.delete(bytes('c'));
  }
  expect(seen).toEqual(['a', 'b', 'd', 'e']);
  expect(read(txn.range({ start: new Uint8Array() }))).toEqual([record('member/1', 'localhost:1')].map(pair));
  await store.write({ entries: [], applied: mark(store, 1, 1) });
});

test('a value that is overwritten in a later write is not lost when the earlier one is flushed', async () => {
  const store = await bootstrappedStore();
  const txn = store.beginApply();
  txn.put(bytes('k'), bytes('first'));
  const first = store.write({ entries: [], applied: mark(store, 1, 1) });
  txn.put(bytes('k'), bytes('second'));
  await first;
  expect(text(store.view().get(bytes('k')))).toBe('first');
  expect(text(txn.get(bytes('k')))).toBe('second');
  await store.write({ entries: [], applied: mark(store, 1, 1) });
  expect(text(store.view().get(bytes('k')))).toBe('second');
});

test('state that is written without saying up to where is a defect, and stops the store', async () => {
  const store = await bootstrappedStore();
  store.beginApply().put(bytes('k'), bytes('v'));
  await expect(store.write({ entries: [] })).rejects.toThrow('does not say up to which entry');
  await expect(store.write({ entries: [], applied: mark(store, 1, 1) })).rejects.toThrow(
    'does not say up to which entry',
  );
});

function latin1(raw: Uint8Array): string {
  return Buffer.from(raw).toString('latin1');
}

function pair({ key: raw, value }: StateRecord): [string, string | undefined] {
  return [latin1(raw), text(value)];
}

function read(records: Iterable<StateRecord>): [string, string | undefined][] {
  return [...records].map(pair);
}

function select(model: ReadonlyMap<string, string>, { start, end, limit, reverse }: StateRange): [string, string][] {
  const within = [...model]
    .filter(([name]) => name >= latin1(start) && (end === undefined || name < latin1(end)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (reverse === true ? within.reverse() : within).slice(0, limit);
}
