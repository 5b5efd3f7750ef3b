import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { RaftctlError } from '../../src/base/errors.js';
import { silentLogger } from '../../src/base/logger.js';
import { ConfState, Entry, EntryType } from '../../src/gen/raft/v1/raft.js';
import { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { type LmdbStore, openStore } from '../../src/storage/index.js';

const spec = BootstrapSpec.create({
  clusterId: '0123456789abcdef0123456789abcdef',
  name: 'bit-rot',
  members: [{ id: 1, name: 'n1', address: 'localhost:1', addedIndex: 1 }],
  voters: [1],
  learners: [],
});
const confState = ConfState.create({ voters: spec.voters });
const context = { kind: 'empty', canAsync: false } as const;
const KEYS = 300;
const ENTRIES = 400;

/** Everything that a store gives out, by the name of the question. */
export type Answers = Record<string, string>;

export function openExaminedStore(dataDir: string): Promise<LmdbStore> {
  return openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger, clock: () => 0 });
}

/** Makes the directory of a node with entries, state that was changed often, snapshots and settings; and says what it answers. */
export async function makeDirectory(dataDir: string): Promise<Answers> {
  const store = await openExaminedStore(dataDir);
  await store.bootstrap(spec, []);
  for (let index = 2; index < ENTRIES; index += 5) await writeTurn(store, index, 5);
  await store.compact(100);
  await store.snapshots.create();
  for (let index = ENTRIES + 2; index < ENTRIES + 100; index += 5) await writeTurn(store, index, 5);
  await store.snapshots.create();
  await store.write({
    entries: entriesFrom(store.lastIndex() + 1, 40, 2),
    hardState: { term: 7, vote: 3, commit: store.applied.index },
  });
  await store.saveSettings({ drained: true, electionsPaused: false });
  await store.close();
  const again = await openExaminedStore(dataDir);
  const { answers, refused } = await askEverything(again);
  await again.close();
  if (refused.length > 0) throw new Error(`a sound store refuses to answer: ${refused.join(', ')}`);
  return answers;
}

/** Appends entries and applies them: each changes two keys, or deletes one. */
async function writeTurn(store: LmdbStore, from: number, count: number): Promise<void> {
  const commit = from + count - 1;
  const txn = store.beginApply();
  for (let index = from; index <= commit; index++) {
    txn.put(keyOf(index % KEYS), Buffer.from(`value ${index} `.repeat(1 + (index % 20))));
    txn.put(keyOf((index * 7) % KEYS), Buffer.from(`other value ${index}`));
    if (index % 11 === 0) txn.delete(keyOf((index * 3) % KEYS));
  }
  const applied = { index: commit, term: 1, confState, configIndex: 1 };
  await store.write({ entries: entriesFrom(from, count, 1), hardState: { term: 1, vote: 1, commit }, applied });
}

function entriesFrom(from: number, count: number, term: number): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    entryType: EntryType.NORMAL,
    term,
    index: from + i,
    data: Buffer.from(`entry ${from + i} `.repeat(1 + (i % 30))),
    context: new Uint8Array(),
  }));
}

const keyOf = (number: number): Uint8Array => Buffer.from(`key ${String(number).padStart(4, '0')}`);

/** What a store answers to everything that can be asked, and which questions it refuses because of damage. */
export interface Answered {
  readonly answers: Answers;
  readonly refused: string[];
  /** Sentences of the refusals. */
  readonly reasons: Set<string>;
}

/**
 * Asks each question by itself.
 * @throws what is no refusal because of damage
 */
export async function askEverything(store: LmdbStore): Promise<Answered> {
  const answered: Answered = { answers: {}, refused: [], reasons: new Set() };
  for (const [question, ask] of questions(store)) {
    try {
      answered.answers[question] = await ask();
    } catch (thrown) {
      if (!(thrown instanceof RaftctlError) || (thrown.code !== 'E_CORRUPT' && thrown.code !== 'E_DISK')) throw thrown;
      answered.refused.push(question);
      answered.reasons.add(thrown.message);
    }
  }
  return answered;
}

function* questions(store: LmdbStore): Generator<[string, () => string | Promise<string>]> {
  yield ['identity', () => JSON.stringify(store.identity)];
  yield ['settings', () => JSON.stringify(store.settings)];
  yield ['hard state', () => JSON.stringify(store.initialState())];
  yield ['applied', () => JSON.stringify(store.applied)];
  yield ['bounds of the log', () => `${store.firstIndex()} ${store.lastIndex()}`];
  yield ['bootstrap', () => JSON.stringify(store.bootstrapSpec)];
  for (let index = store.firstIndex(); index <= store.lastIndex(); index++) {
    yield [`entry ${index}`, () => digestOf(store.entries(index, index + 1, NO_LIMIT, context))];
  }
  for (let number = 0; number < KEYS; number++) {
    yield [`key ${number}`, () => textOf(store.view().get(keyOf(number)))];
  }
  for (let number = 0; number < KEYS; number += 10) {
    yield [`from key ${number}`, () => textOf([...store.view().range({ start: keyOf(number), limit: 1 })][0]?.value)];
  }
  yield ['a range', () => rangeOf(store, false)];
  yield ['a range backwards', () => rangeOf(store, true)];
  // Of what is put aside at start there is no answer: it counts as not there.
  const newest = store.snapshots.list()[0];
  if (newest !== undefined) yield [`snapshot ${newest.index}`, () => snapshotOf(store, newest.index)];
}

function digestOf(entries: readonly Entry[]): string {
  return entries.map((entry) => Buffer.from(Entry.encode(entry).finish()).toString('base64')).join();
}

function textOf(value: Uint8Array | undefined): string {
  return value === undefined ? 'none' : Buffer.from(value).toString();
}

function rangeOf(store: LmdbStore, reverse: boolean): string {
  const records = [...store.view().range({ start: new Uint8Array(), ...(reverse ? { reverse } : {}) })];
  return records.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`).join('\n');
}

async function snapshotOf(store: LmdbStore, index: number): Promise<string> {
  const source = store.snapshots.open(index);
  if (source === undefined) return 'none';
  let checksum = 0;
  for await (const chunk of source.chunks()) checksum = crc32(chunk, checksum);
  return `${source.info.index}: ${checksum}`;
}

/** Lets a store go on as a node would, so that what is damaged and not read gets in the way of what is written. */
export async function goOn(store: LmdbStore): Promise<void> {
  for (let turn = 0; turn < 5; turn++) {
    await store.write({ entries: entriesFrom(store.lastIndex() + 1, 10, 7) });
  }
}

export function readTruth(folder: string): Answers {
  return JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8'));
}
