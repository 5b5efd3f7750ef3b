import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { ConfState, type Entry, EntryType, type SnapshotMetadata } from '../../src/gen/raft/v1/raft.js';
import type { AppliedMark, StateRecord } from '../../src/node/ports.js';
import { type LmdbStore, openStore, type StoreOptions } from '../../src/storage/index.js';
import { clusterSpec } from './snapshot-bytes.js';

export { clusterSpec, snapshotFile } from './snapshot-bytes.js';

const opened = new Set<LmdbStore>();
const folders: string[] = [];

afterEach(async () => {
  for (const store of opened) await store.close();
  opened.clear();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A folder of its own, removed behind the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-storage-'));
  folders.push(folder);
  return folder;
}

/** Opens a store that is closed behind the test at the latest. */
export async function openTestStore(dataDir: string, options: Partial<StoreOptions> = {}): Promise<LmdbStore> {
  const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger, ...options });
  opened.add(store);
  return store;
}

/** Opens a copy of a directory as it is now: what a crash of the process at this moment would leave. */
export function reopenCopy(dataDir: string, options: Partial<StoreOptions> = {}): Promise<LmdbStore> {
  return openTestStore(copyOf(dataDir), options);
}

/** A copy of a data directory without its lock. Made synchronously: no transaction begins meanwhile. */
export function copyOf(dataDir: string): string {
  const copy = temporaryFolder();
  cpSync(dataDir, copy, { recursive: true });
  rmSync(join(copy, 'LOCK'), { force: true });
  return copy;
}

/** Closes a store and opens its folder again. */
export async function restart(store: LmdbStore): Promise<LmdbStore> {
  const { dataDir } = store.status();
  await store.close();
  return openTestStore(dataDir);
}

/** A store that is the only voter of a cluster. */
export async function bootstrappedStore(options: Partial<StoreOptions> = {}): Promise<LmdbStore> {
  const store = await openTestStore(temporaryFolder(), options);
  await store.bootstrap(clusterSpec, [record('member/1', 'localhost:1')]);
  return store;
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value).toString();
}

export function record(key: string, value: string): StateRecord {
  return { key: bytes(key), value: bytes(value) };
}

export function entry(index: number, term: number, data = `entry ${index} of term ${term}`): Entry {
  return { entryType: EntryType.NORMAL, term, index, data: bytes(data), context: new Uint8Array() };
}

/** Entries [from, to] of one term. */
export function run(from: number, to: number, term: number): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, term));
}

/** Where apply stands at `index`, with the cluster as it was bootstrapped. */
export function mark(store: LmdbStore, index: number, term: number): AppliedMark {
  return { ...store.applied, index, term };
}

/** Applies up to `index` in one write: for each key a value, or undefined to delete it. */
export function apply(
  store: LmdbStore,
  index: number,
  term: number,
  state: Record<string, string | undefined>,
): Promise<void> {
  const txn = store.beginApply();
  for (const [key, value] of Object.entries(state)) {
    if (value === undefined) txn.delete(bytes(key));
    else txn.put(bytes(key), bytes(value));
  }
  return store.write({ entries: [], applied: mark(store, index, term) });
}

/** All records of the flushed state. */
export function stateOf(store: LmdbStore): Record<string, string | undefined> {
  const records = [...store.view().range({ start: new Uint8Array() })];
  return Object.fromEntries(records.map(({ key, value }) => [text(key), text(value)]));
}

/** What announces a snapshot of the test's cluster. */
export function metadataOf(index: number, term: number): SnapshotMetadata {
  return { index, term, confState: ConfState.create({ voters: clusterSpec.voters }) };
}

/** Receives a file in pieces and stages it. */
export async function receive(
  store: LmdbStore,
  metadata: SnapshotMetadata,
  file: Uint8Array,
  pieceBytes = 1000,
): Promise<void> {
  const sink = await store.snapshots.receive(metadata);
  for (let at = 0; at < file.length; at += pieceBytes) await sink.write(file.subarray(at, at + pieceBytes));
  await sink.finish();
}

/** Entries in a form that compares by what they say: some bytes come as a `Buffer`, some do not. */
export function shown(entries: readonly Entry[]): string[] {
  return entries.map(({ index, term, entryType, data }) => `${index} ${term} ${entryType} ${text(data)}`);
}
