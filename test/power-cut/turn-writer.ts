import { writeSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { silentLogger } from '../../src/base/logger.js';
import { type Random, randomInt, seededRandom } from '../../src/base/random.js';
import { ConfState, Entry, EntryType } from '../../src/gen/raft/v1/raft.js';
import { BootstrapSpec } from '../../src/gen/raftctl/v1/cluster.js';
import type { TurnWrites } from '../../src/node/ports.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { type LmdbStore, openStore } from '../../src/storage/index.js';
import { verifySnapshotFile } from '../../src/storage/offline-snapshot.js';
import { SnapshotFileWriter } from '../../src/storage/snapshot-file.js';

/*
 * Opens the store of a data directory and says what is in it; then plays random turns until somebody ends it, and says before each what
 * will be in the store behind it, and after it that it is acknowledged. Arguments: data directory, seed.
 */

const spec = BootstrapSpec.create({
  clusterId: '0123456789abcdef0123456789abcdef',
  name: 'power-cut',
  members: [{ id: 1, name: 'n1', address: 'localhost:1', addedIndex: 1 }],
  voters: [1],
  learners: [],
});
const confState = ConfState.create({ voters: spec.voters });
const context = { kind: 'empty', canAsync: false } as const;
const ENTRIES_KEPT = 200;

/** All that a store holds, in memory. */
class Model {
  hardState = { term: 0, vote: 0, commit: 0 };
  first = 1;
  applied = 0;
  drained = false;
  bootstrapped = false;
  /** From `first` on. */
  entries: Entry[] = [];
  readonly state = new Map<string, string>();

  static of(store: LmdbStore): Model {
    const model = new Model();
    model.hardState = { ...store.initialState().hardState };
    model.first = store.firstIndex();
    model.applied = store.applied.index;
    model.drained = store.settings.drained;
    model.bootstrapped = store.bootstrapSpec !== undefined && store.identity.clusterId === spec.clusterId;
    model.entries = store.entries(store.firstIndex(), store.lastIndex() + 1, NO_LIMIT, context);
    for (const { key, value } of store.view().range({ start: new Uint8Array() })) {
      model.state.set(Buffer.from(key).toString(), Buffer.from(value).toString());
    }
    return model;
  }

  get last(): number {
    return this.first + this.entries.length - 1;
  }

  /** Two stores with the same content have the same digest. */
  digest(): string {
    const log = this.entries.reduce((sum, entry) => crc32(Entry.encode(entry).finish(), sum), 0);
    const state = crc32(JSON.stringify([...this.state].sort(([a], [b]) => (a < b ? -1 : 1))));
    const { hardState, first, last, applied, drained, bootstrapped } = this;
    return JSON.stringify({ ...hardState, first, last, log, applied, state, drained, bootstrapped });
  }
}

function say(what: object): void {
  writeSync(1, `${JSON.stringify(what)}\n`);
}

class TurnWriter {
  #step = 0;

  constructor(
    private readonly store: LmdbStore,
    private readonly model: Model,
    private readonly random: Random,
  ) {}

  async playForEver(): Promise<never> {
    if (!this.model.bootstrapped) await this.#bootstrap();
    for (;;) {
      const dice = this.random();
      if (dice < 0.03) await this.#install();
      else if (dice < 0.06) await this.#takeSnapshot();
      else if (dice < 0.08) await this.#set();
      else if (dice < 0.16) await this.#compact();
      else await this.#turns(randomInt(this.random, 1, 5));
    }
  }

  async #bootstrap(): Promise<void> {
    const { model } = this;
    model.bootstrapped = true;
    model.hardState = { ...model.hardState, term: Math.max(1, model.hardState.term), commit: 1 };
    model.first = 2;
    model.applied = 1;
    await this.#acknowledged('bootstrap', () => this.store.bootstrap(spec, []));
  }

  /** Several turns of one event loop: they are not waited for one by one. */
  async #turns(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#turn()));
  }

  #turn(): Promise<void> {
    const { model, random, store } = this;
    const entries = random() < 0.8 ? this.#append() : [];
    if (random() < 0.3)
      model.hardState = { ...model.hardState, term: model.hardState.term + 1, vote: randomInt(random, 0, 4) };
    const isApplying = random() < 0.5 && model.last > model.applied;
    if (isApplying) this.#apply(randomInt(random, model.applied + 1, model.last + 1));
    const { term } = model.hardState;
    const turn: TurnWrites = {
      entries,
      hardState: { ...model.hardState },
      ...(isApplying ? { applied: { index: model.applied, term, confState, configIndex: 1 } } : {}),
    };
    return this.#acknowledged('turn', () => store.write(turn));
  }

  /** New entries at the end, or in the place of some that are not committed. */
  #append(): Entry[] {
    const { model, random } = this;
    const uncommitted = model.last - model.hardState.commit;
    const from = random() < 0.2 ? model.last + 1 - randomInt(random, 0, uncommitted + 1) : model.last + 1;
    const { term } = model.hardState;
    const entries = Array.from({ length: randomInt(random, 1, 20) }, (_, i) => ({
      entryType: EntryType.NORMAL,
      term,
      index: from + i,
      data: Buffer.alloc(randomInt(random, 0, 3) === 0 ? randomInt(random, 0, 9000) : 40, `${from + i} of ${term} `),
      context: new Uint8Array(),
    }));
    model.entries = [...model.entries.slice(0, from - model.first), ...entries];
    return entries;
  }

  #apply(index: number): void {
    const { model, random, store } = this;
    const txn = store.beginApply();
    for (let writes = randomInt(random, 1, 6); writes > 0; writes--) {
      const key = `key ${randomInt(random, 0, 100)}`;
      if (random() < 0.2) {
        txn.delete(Buffer.from(key));
        model.state.delete(key);
      } else {
        const value = `${index} `.repeat(randomInt(random, 1, 400));
        txn.put(Buffer.from(key), Buffer.from(value));
        model.state.set(key, value);
      }
    }
    model.applied = index;
    model.hardState = { ...model.hardState, commit: Math.max(model.hardState.commit, index) };
  }

  async #set(): Promise<void> {
    this.model.drained = !this.model.drained;
    const { drained } = this.model;
    await this.#acknowledged('settings', () => this.store.saveSettings({ drained, electionsPaused: false }));
  }

  async #compact(): Promise<void> {
    const { model, store } = this;
    const index = Math.max(model.applied - randomInt(this.random, 0, 30), model.last - ENTRIES_KEPT);
    if (index < model.first || index > model.applied) return;
    model.entries = model.entries.slice(index + 1 - model.first);
    model.first = index + 1;
    await this.#acknowledged('compaction', () => store.compact(index));
  }

  async #takeSnapshot(): Promise<void> {
    say({ snapshot: await this.store.snapshots.create() });
  }

  /** Receives the snapshot of a later state, as from a leader, and goes on from there. */
  async #install(): Promise<void> {
    const { model, random, store } = this;
    const index = model.applied + randomInt(random, 1, 60);
    const { term } = model.hardState;
    const records = Array.from({ length: 50 }, (_, i) => [`key ${10 + i}`, `snapshot ${index} `.repeat(30)] as const);
    const file = await snapshotFile(index, term, records);
    const metadata = { index, term, confState };
    const sink = await store.snapshots.receive(metadata);
    for (let at = 0; at < file.length; at += 10_000) await sink.write(file.subarray(at, at + 10_000));
    await sink.finish();
    model.state.clear();
    for (const [key, value] of records) model.state.set(key, value);
    model.entries = [];
    model.first = index + 1;
    model.applied = index;
    model.hardState = { ...model.hardState, commit: Math.max(model.hardState.commit, index) };
    await this.#acknowledged('install', () => store.write({ entries: [], snapshot: metadata }));
  }

  async #acknowledged(what: string, write: () => Promise<void>): Promise<void> {
    const step = ++this.#step;
    say({ issued: step, what, digest: this.model.digest() });
    await write();
    say({ acknowledged: step });
  }
}

async function snapshotFile(
  index: number,
  term: number,
  records: readonly (readonly [string, string])[],
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const sink = { appendFile: async (bytes: Uint8Array) => void parts.push(bytes), sync: async () => {} };
  const writer = new SnapshotFileWriter(sink);
  const { clusterId } = spec;
  const header = {
    clusterId,
    incarnation: 1,
    stateMachine: 'kv',
    confState,
    configIndex: 1,
    createdMs: 0,
    bootstrap: spec,
  };
  await writer.writeHeader({ ...header, index, term });
  await writer.writeChunk(records.map(([key, value]) => ({ key: Buffer.from(key), value: Buffer.from(value) })));
  await writer.writeTrailer();
  return Buffer.concat(parts);
}

/** Reads every snapshot file to its end, which verifies it. What was put aside was there in part. */
async function verifiedSnapshots(folder: string): Promise<object[]> {
  const verified: object[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.snap')) throw new Error(`there is ${name} among the snapshots`);
    const { info } = await verifySnapshotFile(join(folder, name));
    verified.push({ index: info.index, checksum: info.checksum });
  }
  return verified;
}

const [dataDir = '', seed = ''] = process.argv.slice(2);
const store = await openStore({ dataDir, nodeId: 1, stateMachine: 'kv', logger: silentLogger });
const model = Model.of(store);
const { instance } = store.identity;
say({ opened: model.digest(), instance, snapshots: await verifiedSnapshots(join(dataDir, 'snapshots')) });
await new TurnWriter(store, model, seededRandom(Number(seed))).playForEver();
