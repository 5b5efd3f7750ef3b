import { assert } from '../base/assert.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { ConfState, SnapshotMetadata } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { SnapshotFileHeader, SnapshotRecord } from '../gen/raftctl/v1/storage.js';
import type { NodeIdentity, SnapshotSink, SnapshotSource, SnapshotStore } from '../node/ports.js';
import type { CommitQueue } from './commit-queue.js';
import type { Environment, KeyspaceNumber } from './environment.js';
import { IncomingSnapshot } from './incoming-snapshot.js';
import { sealRecord } from './sealed-record.js';
import type { SnapshotCatalog } from './snapshot-catalog.js';
import { createSnapshot } from './snapshot-creation.js';
import type { Sweeper } from './sweeper.js';

/** A received snapshot whose records lie in the keyspace that is not live. */
export interface StagedSnapshot {
  readonly header: SnapshotFileHeader;
  readonly keyspace: KeyspaceNumber;
}

export interface NodeSnapshotsOptions {
  readonly environment: Environment;
  readonly commits: CommitQueue;
  readonly sweeper: Sweeper;
  readonly catalog: SnapshotCatalog;
  readonly nowMs: () => number;
  readonly identity: () => NodeIdentity;
  /** Keyspace and index that apply works on, flushed or not. */
  readonly live: () => { keyspace: KeyspaceNumber; index: number };
  /** Index up to which the state is flushed. */
  readonly flushedIndex: () => number;
  readonly logger: Logger;
}

/** The snapshots of a node: taken, kept, received and staged. */
export class NodeSnapshots implements SnapshotStore {
  #creating: { readonly index: number; readonly done: Promise<SnapshotInfo> } | undefined;
  #next: Promise<SnapshotInfo> | undefined;
  #incoming: IncomingSnapshot | undefined;
  #staged: StagedSnapshot | undefined;
  #closed = false;
  #damage: RaftctlError | undefined;
  #mayCreate: () => void = () => {};
  /** Why the last one in the background was not taken: who needs it asks several times a second, and is told once. */
  #missing: string | undefined;

  constructor(private readonly options: NodeSnapshotsOptions) {}

  get damage(): RaftctlError | undefined {
    return this.#damage;
  }

  list(): readonly SnapshotInfo[] {
    return this.options.catalog.list();
  }

  open(index: number): SnapshotSource | undefined {
    return this.options.catalog.open(index);
  }

  /** One that runs already is shared, unless the state has moved on since it began: then the next one is, behind it. */
  create(): Promise<SnapshotInfo> {
    const index = this.options.flushedIndex();
    if (this.#creating === undefined) return this.#create(index);
    if (this.#creating.index >= index) return this.#creating.done;
    this.#next ??= this.#creating.done
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#create(this.options.flushedIndex());
      });
    return this.#next;
  }

  guard(check: () => void): void {
    this.#mayCreate = check;
  }

  /** Takes one for whoever asks again later; does nothing while one is taken. */
  createInBackground(): void {
    if (this.#creating !== undefined) return;
    this.create().then(
      () => {
        this.#missing = undefined;
      },
      (thrown: unknown) => {
        const code = thrown instanceof RaftctlError ? thrown.code : messageOf(thrown);
        if (code === this.#missing) return;
        this.#missing = code;
        this.options.logger.warn('the snapshot that a peer needs was not taken', { reason: messageOf(thrown) });
      },
    );
  }

  async receive(metadata: SnapshotMetadata): Promise<SnapshotSink> {
    const before = this.#incoming;
    const path = this.options.catalog.partialPath('incoming');
    await before?.abort();
    if (this.#closed) throw new RaftctlError('E_STOPPED', 'the node stops');
    if (this.#incoming !== before) {
      throw new RaftctlError('E_CONFLICT', 'another snapshot is received instead', { retryable: true });
    }
    const incoming = await IncomingSnapshot.open(metadata, path, {
      check: (header) => this.#check(header, metadata),
      clear: () => this.#clearIdle(),
      load: (records) => this.#load(records),
      complete: async (header, info, handle) => {
        await this.options.catalog.add(path, handle, info);
        this.#staged = { header, keyspace: this.#idle() };
      },
    });
    this.#incoming = incoming;
    return incoming;
  }

  /** Gives out the staged snapshot, to be switched to now. */
  takeStaged({ index, term }: SnapshotMetadata): StagedSnapshot {
    const staged = this.#staged;
    assert(
      staged !== undefined && staged.header.index === index && staged.header.term === term,
      `the snapshot of index ${index} and term ${term} is installed, but not staged`,
    );
    this.#staged = undefined;
    return staged;
  }

  /** Ends what runs and lets go of the files. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#incoming?.abort();
    await this.#next?.catch(() => undefined);
    await this.#creating?.done.catch(() => undefined);
    await this.options.catalog.close();
  }

  async #create(index: number): Promise<SnapshotInfo> {
    this.#mayCreate();
    const { environment, catalog, identity, nowMs } = this.options;
    const done = createSnapshot({
      environment,
      catalog,
      identity: identity(),
      nowMs: nowMs(),
      isStopped: () => this.#closed,
    })
      .catch((thrown: unknown) => {
        if (thrown instanceof RaftctlError && thrown.code === 'E_CORRUPT') this.#damage = thrown;
        throw thrown;
      })
      .finally(() => {
        this.#creating = undefined;
      });
    this.#creating = { index, done };
    return done;
  }

  #idle(): KeyspaceNumber {
    return this.options.live().keyspace === 0 ? 1 : 0;
  }

  #check(header: SnapshotFileHeader, metadata: SnapshotMetadata): void {
    const { clusterId, stateMachine } = this.options.identity();
    if (header.clusterId !== clusterId) {
      throw new RaftctlError(
        'E_WRONG_CLUSTER',
        `the snapshot is of cluster ${header.clusterId}, this node is of ${clusterId}`,
      );
    }
    if (header.stateMachine !== stateMachine) {
      throw new RaftctlError(
        'E_WRONG_STATE_MACHINE',
        `the snapshot is of a ${header.stateMachine}, this node has a ${stateMachine}`,
      );
    }
    const same = header.index === metadata.index && header.term === metadata.term;
    if (!same || !sameConfState(header.confState, metadata.confState)) {
      const found = `index ${header.index}, term ${header.term}`;
      throw new RaftctlError(
        'E_CORRUPT',
        `the snapshot file is of ${found}; what was announced is of index ${metadata.index}, term ${metadata.term}, or of other members`,
      );
    }
    const { index } = this.options.live();
    if (header.index <= index) {
      throw new RaftctlError(
        'E_REFUSED',
        `the snapshot of index ${header.index} is of no use here: applied up to ${index}`,
      );
    }
  }

  /** The keyspace that is not live becomes empty; nothing that was staged there can be installed any more. */
  #clearIdle(): Promise<void> {
    this.#staged = undefined;
    return this.options.sweeper.sweep({ table: this.options.environment.states[this.#idle()] });
  }

  #load(records: readonly SnapshotRecord[]): Promise<void> {
    const table = this.options.environment.states[this.#idle()];
    return this.options.commits.commit((batch) => {
      for (const { key, value } of records) batch.put(table, key, sealRecord(key, value));
    });
  }
}

function sameConfState(a: ConfState | undefined, b: ConfState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sameIds = (x: readonly number[], y: readonly number[]) =>
    x.length === y.length && new Set([...x, ...y]).size === x.length;
  return (
    sameIds(a.voters, b.voters) &&
    sameIds(a.learners, b.learners) &&
    sameIds(a.votersOutgoing, b.votersOutgoing) &&
    sameIds(a.learnersNext, b.learnersNext) &&
    a.autoLeave === b.autoLeave
  );
}
