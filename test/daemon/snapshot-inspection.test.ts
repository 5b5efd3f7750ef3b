import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { decodeSnapshot, diffSnapshots, inspectSnapshot } from '../../src/daemon/offline-snapshots.js';
import { KvRecord } from '../../src/gen/raftctl/v1/kv.js';
import { applyWholeLog } from '../../src/node/offline-apply.js';
import { KvMachine } from '../../src/state-machine/index.js';
import { openStore } from '../../src/storage/index.js';
import { snapshotFile } from '../storage/store-fixture.js';
import { put, stoppedNode, temporaryFolder } from './offline-fixture.js';

/** A snapshot file of a cluster whose log holds these values for `key-2`, `key-3` and so on. */
async function snapshotOf(values: readonly (string | undefined)[]): Promise<string> {
  const more = values.map((value, at) => put(at + 2, 1, value));
  const dataDir = await stoppedNode(1, { terms: [], commit: 1, term: 1, more });
  const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
  await applyWholeLog(store, new KvMachine(), silentLogger);
  const { index, term } = await store.snapshots.create();
  await store.close();
  return join(dataDir, 'snapshots', `${index}-${term}.snap`);
}

/** A snapshot file of a hash table with these keys, in chunks of three. */
function fileOf(pairs: readonly (readonly [key: string, value: string])[]): string {
  const path = join(temporaryFolder(), 'made.snap');
  const records = [...pairs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({
      key: Buffer.from(`\x01${key}`),
      value: KvRecord.encode({ value, version: 1, modifiedIndex: 1 }).finish(),
    }));
  const chunks = Array.from({ length: Math.ceil(records.length / 3) }, (_, at) => records.slice(3 * at, 3 * at + 3));
  writeFileSync(path, snapshotFile({ index: 5, term: 1 }, chunks));
  return path;
}

async function linesOf(path: string) {
  const lines = [];
  for await (const record of decodeSnapshot(path)) lines.push(record);
  return lines;
}

async function differencesOf(before: string, after: string): Promise<string[]> {
  const lines = [];
  for await (const { change, before: was, after: is } of diffSnapshots(before, after)) {
    lines.push(`${change} ${(is ?? was)?.content.type} ${(is ?? was)?.name}`);
  }
  return lines;
}

describe('inspecting a snapshot file', () => {
  test('says whose it is, and counts its keys by type', async () => {
    const { header, info, groups } = await inspectSnapshot(await snapshotOf(['1', '2', '3']), 1);
    expect(header).toMatchObject({ stateMachine: 'kv', incarnation: 1, bootstrap: { name: 'prod' } });
    expect(info.index).toBe(4);
    const counts = Object.fromEntries(groups.map(({ type, keys }) => [type, keys]));
    expect(counts).toMatchObject({ kv: 3, member: 5, session: 1, 'session-result': 3, 'session-count': 1 });
    expect(groups.find(({ type }) => type === 'kv')).toMatchObject({ prefix: '' });
  });
});

describe('counting keys', () => {
  const prefixesAt = async (keys: readonly string[], depth: number) => {
    const { groups } = await inspectSnapshot(fileOf(keys.map((key) => [key, '1'])), depth);
    return Object.fromEntries(groups.map(({ prefix, keys: count }) => [prefix, count]));
  };

  test('tells keys of the hash table apart by as many parts as are asked for', async () => {
    const keys = ['a', 'app/1/x', 'app/1/y', 'app/2/x', 'app/z', 'b/c/d/e'];
    expect(await prefixesAt(keys, 0)).toEqual({ '': 6 });
    expect(await prefixesAt(keys, 1)).toEqual({ '': 1, 'app/': 4, 'b/': 1 });
    expect(await prefixesAt(keys, 2)).toEqual({ '': 1, 'app/': 1, 'app/1/': 2, 'app/2/': 1, 'b/c/': 1 });
  });

  test('counts together what is too much to tell apart', async () => {
    const keys = Array.from({ length: 1500 }, (_, at) => `${String(at).padStart(5, '0')}/x`);
    const counts = await prefixesAt(keys, 1);
    expect([Object.keys(counts).length, counts['null']]).toEqual([1001, 500]);
  });
});

describe('decoding a snapshot file', () => {
  test('gives what a person can read of each record', async () => {
    const lines = await linesOf(await snapshotOf(['{"a":1.000000000000000000001}', '"two"']));
    const contents = lines.map(({ content }) => content);
    expect(contents).toContainEqual({
      ...{ type: 'kv', key: 'key-2', value: '{"a":1.000000000000000000001}', version: 1, modifiedIndex: 2 },
    });
    expect(contents).toContainEqual({ type: 'session', clientId: 'writer', lastUsed: 2, lowestPending: 1, results: 2 });
    expect(contents.flatMap((content) => (content.type === 'member' ? [content.member.name] : []))).toEqual([
      'n1',
      'n2',
      'n3',
      'n4',
      'n5',
    ]);
    expect(contents.filter(({ type }) => type === 'unknown')).toEqual([]);
  });

  test('gives nothing of a damaged one', async () => {
    const path = await snapshotOf(['1']);
    truncateSync(path, readFileSync(path).length - 1);
    await expect(linesOf(path)).rejects.toMatchObject({ code: 'E_CORRUPT', exitCode: 14 });
  });
});

describe('comparing two snapshot files', () => {
  test('names what is more, what is less and what is other, in the order of the keys', async () => {
    const [before, after] = [await snapshotOf(['1', '2', '3']), await snapshotOf(['1', '"two"'])];
    const between = await differencesOf(before, after);
    expect(between.slice(0, 2)).toEqual(['changed kv key-3', 'removed kv key-4']);
    expect(await differencesOf(after, before)).toEqual(between.map((line) => line.replace('removed', 'added')));
    expect(await differencesOf(before, before)).toEqual([]);
  });

  test('finds what a look at all of both finds', async () => {
    const state = fc.dictionary(fc.stringMatching(/^[a-f]{1,2}$/), fc.constantFrom('1', '2'), { maxKeys: 20 });
    const property = fc.asyncProperty(state, state, async (before, after) => {
      const expected = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().flatMap((key) => {
        if (before[key] === after[key]) return [];
        const change = before[key] === undefined ? 'added' : after[key] === undefined ? 'removed' : 'changed';
        return [`${change} kv ${key}`];
      });
      const [left, right] = [fileOf(Object.entries(before)), fileOf(Object.entries(after))];
      expect(await differencesOf(left, right)).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  test('is refused where one was written by a newer version', async () => {
    const path = join(temporaryFolder(), 'newer.snap');
    writeFileSync(path, snapshotFile({ index: 5, term: 1, formatVersion: 2 }, []));
    await expect(inspectSnapshot(path, 1)).rejects.toThrow('written by a newer raftctl: its format is 2');
  });

  test('ends with an error where one is damaged, cut short, of a newer form, or no file', async () => {
    const good = await snapshotOf(['1']);
    const damaged = join(temporaryFolder(), 'damaged.snap');
    const bytes = readFileSync(good);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    await expect(differencesOf(good, damaged)).rejects.toMatchObject({ code: 'E_CORRUPT' });
    writeFileSync(damaged, '');
    await expect(differencesOf(damaged, good)).rejects.toMatchObject({ code: 'E_CORRUPT' });
    for (const path of [temporaryFolder(), join(temporaryFolder(), 'nowhere.snap'), '/dev/zero']) {
      await expect(differencesOf(good, path)).rejects.toMatchObject({ code: 'E_USAGE', exitCode: 2 });
    }
  });
});
