import { assert } from '../base/assert.js';
import { RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Entry, HardState, Snapshot, SnapshotMetadata } from '../gen/raft/v1/raft.js';
import type { BootstrapSpec, StorageStatus } from '../gen/raftctl/v1/cluster.js';
import type {
  AppliedMark,
  HeldState,
  LogStore,
  NodeIdentity,
  NodeSettings,
  StateRecord,
  StateTxn,
  StateView,
  TurnWrites,
} from '../node/ports.js';
import { configuredIds } from '../raft/conf-state.js';
import { SnapshotTemporarilyUnavailableError } from '../raft/errors.js';
import type { GetEntriesContext, RaftState } from '../raft/storage.js';
import { ApplyTxn } from './apply-txn.js';
import { keyBytes } from './byte-order.js';
import type { CommitQueue, WriteBatch } from './commit-queue.js';
import type { DirectoryLock } from './directory-lock.js';
import type { DiskSpace } from './disk-space.js';
import type { EntryLog, Leftover } from './entry-log.js';
import { type DatabaseStats, databaseStats, type Environment, type KeyspaceNumber, type Table } from './environment.js';
import { HeldKeyspace } from './held-state.js';
import { FIRST_INCARNATION, type StoredIdentity, writeIdentity } from './identity-file.js';
import { KeyspaceReader } from './keyspace-reader.js';
import { indexOfKey, logKey } from './log-record.js';
import { NodeSnapshots } from './node-snapshots.js';
import { Overlay } from './overlay.js';
import { sealRecord } from './sealed-record.js';
import { writeSettings } from './settings-file.js';
import type { SnapshotCatalog } from './snapshot-catalog.js';
import { appliedRecord, bootstrapRecord, boundsRecord, hardStateRecord, type StoredState } from './stored-state.js';
import type { Sweeper } from './sweeper.js';

/** What a store is put together from, once its directory is known to be sound. */
export interface LmdbStoreParts {
  readonly dataDir: string;
  readonly environment: Environment;
  readonly identity: StoredIdentity;
  readonly settings: NodeSettings;
  readonly stored: StoredState;
  readonly log: EntryLog;
  readonly commits: CommitQueue;
  readonly sweeper: Sweeper;
  readonly catalog: SnapshotCatalog;
  /** Undefined where somebody else holds the directory. */
  readonly lock: DirectoryLock | undefined;
  readonly space: DiskSpace;
  readonly logger: Logger;
  readonly nowMs: () => number;
}

/** The disk of a node, on LMDB. Made by `openStore`. */
export class LmdbStore implements LogStore {
  readonly snapshots: NodeSnapshots;
  #identity: StoredIdentity;
  #settings: NodeSettings;
  #bootstrapSpec: BootstrapSpec | undefined;
  #hardState: HardState;
  #applied: AppliedMark;
  #flushedApplied: number;
  /** Where apply works, and where what is flushed is read: they differ while a snapshot's install is on its way to disk. */
  #keyspace: KeyspaceNumber;
  #flushedKeyspace: KeyspaceNumber;
  #writes = 0;
  #closing: Promise<void> | undefined;
  #stats: DatabaseStats = { dbBytes: 0, mapBytes: 0, readers: 0 };
  readonly #log: EntryLog;
  readonly #overlay = new Overlay();
  readonly #held = new Set<HeldKeyspace>();
  readonly #applyTxn: StateTxn;
  readonly #view: StateView;

  constructor(private readonly parts: LmdbStoreParts) {
    const { environment, commits, sweeper, catalog, stored, nowMs } = parts;
    this.#identity = parts.identity;
    this.#settings = parts.settings;
    this.#log = parts.log;
    this.#bootstrapSpec = stored.bootstrapSpec;
    this.#hardState = stored.hardState;
    this.#applied = stored.applied;
    this.#flushedApplied = stored.applied.index;
    this.#keyspace = stored.keyspace;
    this.#flushedKeyspace = stored.keyspace;
    this.#applyTxn = new ApplyTxn(this.#overlay, new KeyspaceReader(() => environment.states[this.#keyspace]));
    this.#view = new KeyspaceReader(() => environment.states[this.#flushedKeyspace]);
    this.snapshots = new NodeSnapshots({
      ...{ environment, commits, sweeper, catalog, nowMs, logger: parts.logger },
      identity: () => this.#identity,
      live: () => ({ keyspace: this.#keyspace, index: this.#applied.index }),
      flushedIndex: () => this.#flushedApplied,
    });
  }

  get identity(): NodeIdentity {
    return this.#identity;
  }

  get settings(): NodeSettings {
    return this.#settings;
  }

  get bootstrapSpec(): BootstrapSpec | undefined {
    return this.#bootstrapSpec;
  }

  get applied(): AppliedMark {
    return this.#applied;
  }

  get flushedApplied(): number {
    return this.#flushedApplied;
  }

  get logBytes(): number {
    return this.#log.bytes;
  }

  initialState(): RaftState {
    return { hardState: this.#hardState, confState: this.#applied.confState };
  }

  firstIndex(): number {
    return this.#log.firstIndex;
  }

  lastIndex(): number {
    return this.#log.lastIndex;
  }

  term(index: number): number {
    return this.#log.term(index);
  }

  entries(low: number, high: number, maxBytes: number, _context: GetEntriesContext): Entry[] {
    return this.#log.entries(low, high, maxBytes);
  }

  snapshot(requestIndex: number, to: number): Snapshot {
    const newest = this.snapshots.list()[0];
    // One that ends before the log begins would leave its receiver with a gap; one from before it was a member it would refuse for ever.
    const useful = Math.max(requestIndex, this.#log.firstIndex - 1);
    if (newest !== undefined && newest.index >= useful && configuredIds(newest.confState).has(to)) {
      const { index, term, confState } = newest;
      return { data: new Uint8Array(), metadata: { index, term, confState } };
    }
    this.snapshots.createInBackground();
    throw new SnapshotTemporarilyUnavailableError();
  }

  beginApply(): StateTxn {
    return this.#applyTxn;
  }

  view(): StateView {
    return this.#view;
  }

  hold(): HeldState {
    const { environment } = this.parts;
    const table = environment.states[this.#keyspace];
    const held = new HeldKeyspace(environment, table, this.#overlay.copy(), (released) => this.#held.delete(released));
    this.#held.add(held);
    return held;
  }

  write(turn: TurnWrites): Promise<void> {
    const write = ++this.#writes;
    const leftovers: Leftover[] = [];
    const keep = (leftover: Leftover | undefined) => {
      if (leftover !== undefined) leftovers.push(leftover);
    };
    const flushed = this.parts.commits.commit((batch) => {
      if (turn.snapshot !== undefined) keep(this.#install(batch, turn.snapshot));
      if (turn.entries.length > 0) keep(this.#append(batch, turn.entries, write));
      if (turn.hardState !== undefined) this.#setHardState(batch, turn.hardState);
      if (turn.applied !== undefined) this.#setApplied(batch, turn.applied, write);
      assert(!this.#overlay.hasOpenWrites, 'apply has written to the state, but does not say up to which entry');
    });
    const { index } = this.#applied;
    const keyspace = this.#keyspace;
    return flushed.then(() => {
      this.#log.onFlushed(write);
      this.#overlay.onFlushed(write);
      this.#flushedApplied = index;
      this.#flushedKeyspace = keyspace;
      for (const leftover of leftovers) this.#sweepLog(leftover);
      if (turn.snapshot !== undefined) this.#sweepKeyspace(keyspace);
    });
  }

  async bootstrap(spec: BootstrapSpec, state: readonly StateRecord[]): Promise<void> {
    const existing = this.#bootstrapSpec;
    const { clusterId } = this.#identity;
    const isOther = [existing?.clusterId ?? '', clusterId].some((id) => id !== '' && id !== spec.clusterId);
    if (isOther || (existing === undefined && this.lastIndex() > 0)) {
      throw new RaftctlError(
        'E_ALREADY_BOOTSTRAPPED',
        `node ${this.#identity.nodeId} is of cluster ${clusterId || existing?.clusterId} already`,
      );
    }
    if (existing === undefined) await this.#writeBootstrap(spec, state);
    // Where this does not happen any more, the next start makes up for it.
    await this.#joinCluster(spec.clusterId, FIRST_INCARNATION);
  }

  async adopt(clusterId: string, stateMachine: string, incarnation = FIRST_INCARNATION): Promise<void> {
    const own = this.#identity;
    if (stateMachine !== own.stateMachine) {
      throw new RaftctlError(
        'E_WRONG_STATE_MACHINE',
        `cluster ${clusterId} runs a ${stateMachine}, node ${own.nodeId} has a ${own.stateMachine}`,
      );
    }
    if (own.clusterId !== '' && own.clusterId !== clusterId) {
      throw new RaftctlError(
        'E_WRONG_CLUSTER',
        `node ${own.nodeId} is of cluster ${own.clusterId}, not of ${clusterId}`,
      );
    }
    await this.#joinCluster(clusterId, incarnation);
  }

  async supersede(incarnation: number): Promise<void> {
    const identity = { ...this.#identity, supersededBy: incarnation };
    await writeIdentity(this.parts.dataDir, identity);
    this.#identity = identity;
  }

  async saveSettings(settings: NodeSettings): Promise<void> {
    await writeSettings(this.parts.dataDir, settings);
    this.#settings = settings;
  }

  async compact(index: number): Promise<void> {
    if (index < this.firstIndex()) return;
    assert(index <= this.#applied.index, `cannot compact up to ${index}: applied is ${this.#applied.index}`);
    const leftover = this.#log.compact(index);
    await this.parts.commits.commit((batch) => boundsRecord.write(batch, this.parts.environment, this.#log.bounds));
    if (leftover !== undefined) this.#sweepLog(leftover);
  }

  status(): StorageStatus {
    const { dataDir, environment, space } = this.parts;
    try {
      this.#stats = databaseStats(environment);
    } catch {
      // Closed, or damaged: then as it was before. Reads and writes say what is wrong.
    }
    return { dataDir, ...this.#stats, diskFreeBytes: space.freeBytes() ?? 0 };
  }

  freeBytes(): number | undefined {
    return this.parts.space.freeBytes();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { commits, sweeper, environment, lock } = this.parts;
    for (const held of this.#held) held.release();
    await this.snapshots.close();
    await sweeper.close();
    const flushed = commits.settled().catch(() => undefined);
    commits.close(new RaftctlError('E_STOPPED', 'the store is closed'));
    await flushed;
    this.status();
    await environment.root.close();
    await lock?.release();
  }

  #install(batch: WriteBatch, metadata: SnapshotMetadata): Leftover | undefined {
    const { environment } = this.parts;
    assert(!this.#overlay.hasOpenWrites, 'a turn that installs a snapshot applies nothing before it');
    const { header, keyspace } = this.snapshots.takeStaged(metadata);
    this.#overlay.clear();
    this.#keyspace = keyspace;
    const { index, term, configIndex } = header;
    this.#applied = { index, term, configIndex, confState: header.confState ?? this.#applied.confState };
    appliedRecord.write(batch, environment, { ...this.#applied, keyspace });
    if (this.#bootstrapSpec === undefined && header.bootstrap !== undefined) {
      this.#bootstrapSpec = header.bootstrap;
      bootstrapRecord.write(batch, environment, header.bootstrap);
    }
    const leftover = this.#log.restart(index, term);
    boundsRecord.write(batch, environment, this.#log.bounds);
    this.#setHardState(batch, { ...this.#hardState, commit: Math.max(this.#hardState.commit, index) });
    return leftover;
  }

  #append(batch: WriteBatch, entries: readonly Entry[], write: number): Leftover | undefined {
    const { environment } = this.parts;
    const { records, leftover } = this.#log.append(entries, write);
    for (const [index, { bytes }] of records) this.#put(batch, environment.log, logKey(index), bytes);
    boundsRecord.write(batch, environment, this.#log.bounds);
    return leftover;
  }

  #setHardState(batch: WriteBatch, hardState: HardState): void {
    this.#hardState = hardState;
    hardStateRecord.write(batch, this.parts.environment, hardState);
  }

  #setApplied(batch: WriteBatch, applied: AppliedMark, write: number): void {
    const { environment } = this.parts;
    assert(applied.index >= this.#applied.index, `applied goes back from ${this.#applied.index} to ${applied.index}`);
    this.#applied = applied;
    const table = environment.states[this.#keyspace];
    for (const [text, { value }] of this.#overlay.seal(write)) {
      const key = keyBytes(text);
      if (value === undefined) batch.remove(table, key);
      else this.#put(batch, table, key, sealRecord(key, value));
    }
    appliedRecord.write(batch, environment, { ...applied, keyspace: this.#keyspace });
  }

  #put(batch: WriteBatch, table: Table, key: Uint8Array, value: Uint8Array): void {
    batch.put(table, key, value);
    this.parts.space.onQueued(key.length + value.length);
  }

  async #writeBootstrap(spec: BootstrapSpec, state: readonly StateRecord[]): Promise<void> {
    const { environment, commits } = this.parts;
    const index = 1;
    const term = 1;
    const confState = {
      voters: spec.voters,
      learners: spec.learners,
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    await commits.commit((batch) => {
      this.#log.restart(index, term);
      boundsRecord.write(batch, environment, this.#log.bounds);
      const { hardState } = this.initialState();
      // A node that was adopted before may have voted: what it promised stays.
      this.#setHardState(batch, { ...hardState, term: Math.max(hardState.term, term), commit: index });
      for (const { key, value } of state) batch.put(environment.states[this.#keyspace], key, sealRecord(key, value));
      this.#applied = { index, term, confState, configIndex: index };
      appliedRecord.write(batch, environment, { ...this.#applied, keyspace: this.#keyspace });
      this.#bootstrapSpec = spec;
      bootstrapRecord.write(batch, environment, spec);
    });
    this.#flushedApplied = index;
  }

  async #joinCluster(clusterId: string, incarnation: number): Promise<void> {
    if (this.#identity.clusterId === clusterId) return;
    const identity = { ...this.#identity, clusterId, incarnation };
    await writeIdentity(this.parts.dataDir, identity);
    this.#identity = identity;
  }

  /** Removes from disk what the log no longer holds, however the log goes on meanwhile. */
  #sweepLog({ from, to }: Leftover): void {
    this.parts.sweeper.sweepInBackground({
      table: this.parts.environment.log,
      start: logKey(from),
      end: logKey(to + 1),
      isLive: (key) => this.#log.holds(indexOfKey(key)),
    });
  }

  #sweepKeyspace(live: KeyspaceNumber): void {
    this.parts.sweeper.sweepInBackground({ table: this.parts.environment.states[live === 0 ? 1 : 0] });
  }
}
