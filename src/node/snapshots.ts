import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { Message } from '../gen/raft/v1/raft.js';
import type { SnapshotInfo } from '../gen/raftctl/v1/cluster.js';
import type { NodeConfig } from './node-config.js';
import type { LogStore, Metrics, MonotonicClock, SnapshotSink, SnapshotSource, Transport } from './ports.js';

/** Bytes of a running transfer to one peer. */
export interface SnapshotTransfer {
  readonly total: number;
  sent: number;
}

/** Read access to the transfers under way. */
export interface SnapshotTransfers {
  of(id: number): SnapshotTransfer | undefined;
}

/** A snapshot that failed (the disk is full, say) is not tried again at each turn. */
const pauseAfterFailureMs = 30_000;

/** Shares of `snapshotLogBytes` that the log may have before peers that lag behind keep nothing in it any more: they get a snapshot. */
const keptForPeersMax = 2;

export interface SnapshotsOptions {
  readonly config: NodeConfig;
  readonly store: LogStore;
  readonly transport: Transport;
  readonly clock: MonotonicClock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Tells the core how a transfer ended. */
  readonly onTransferEnded: (to: number, delivered: boolean) => void;
  /** Told of each transfer that was begun and has ended, and why it failed if it did. */
  readonly onTransferTold: (to: number, snapshot: SnapshotInfo, failure: string | undefined) => void;
  /** Throws E_NO_SPACE where so many bytes more would take the reserve of the disk. */
  readonly requireRoom: (bytes: number) => void;
  /** Lowest index that a reachable peer of this leader has; undefined on a node that does not lead. */
  readonly lowestActiveMatch: () => number | undefined;
  /** Whether the core has taken a snapshot that no turn has installed yet. */
  readonly isInstalling: () => boolean;
  /**
   * Told of a snapshot that a leader offers and whose state is here already: the core answers it with how far this node is. A leader that
   * does not hear of that offers the same one again and again, and nothing else.
   */
  readonly onKnown: (message: Message) => void;
  /** Term and commit index, to judge what is offered. */
  readonly position: () => { term: number; commit: number };
}

/**
 * Snapshots of this node: taken by policy and on demand, the log compacted behind them, sent to peers that need what the log no
 * longer has, and received.
 */
export class Snapshots implements SnapshotTransfers {
  private readonly transfers = new Map<number, SnapshotTransfer>();
  private running = false;
  private notBeforeMs = Number.NEGATIVE_INFINITY;
  /** Bytes that the log still had behind the last snapshot: they do not make the node take the next one. */
  private keptBytes = 0;
  /** A received file waits for the core to take or leave it. */
  private staged = false;

  constructor(private readonly options: SnapshotsOptions) {
    options.store.snapshots.guard(() => this.requireRoom());
  }

  of(id: number): SnapshotTransfer | undefined {
    return this.transfers.get(id);
  }

  /**
   * Takes the next snapshot where the log has grown enough since the last one. Called after each turn.
   * @throws RaftctlError E_CORRUPT where one, whoever asked for it, could not be taken since the state is damaged
   */
  maybeTake(): void {
    const { store, config, clock, logger } = this.options;
    if (store.snapshots.damage !== undefined) throw store.snapshots.damage;
    if (this.running || store.identity.clusterId === '' || clock() < this.notBeforeMs) return;
    const lastIndex = store.snapshots.list()[0]?.index ?? store.firstIndex() - 1;
    const grown = store.flushedApplied - lastIndex;
    if (grown <= 0) return;
    this.keptBytes = Math.min(this.keptBytes, store.logBytes);
    if (grown < config.snapshotEntries && store.logBytes - this.keptBytes < config.snapshotLogBytes) return;
    this.running = true;
    this.take(store.logBytes < config.snapshotLogBytes ? config.keepEntries : 0)
      .catch((thrown: unknown) => {
        this.notBeforeMs = clock() + pauseAfterFailureMs;
        logger.error('the snapshot failed', { reason: messageOf(thrown) });
      })
      .finally(() => {
        this.running = false;
      });
  }

  /**
   * Takes a snapshot and compacts the log up to `keepEntries` before it, but for what reachable peers of this leader still need while that is
   * not too much.
   * @returns the snapshot, and the first index of the log afterwards
   */
  async take(keepEntries: number): Promise<{ snapshot: SnapshotInfo; logFirst: number }> {
    const { store, config, clock, metrics, lowestActiveMatch } = this.options;
    if (store.identity.clusterId === '') throw nothingToTake();
    const startedMs = clock();
    const snapshot = await store.snapshots.create();
    metrics.snapshotCreated(clock() - startedMs, snapshot.bytes);
    const needed = store.logBytes < keptForPeersMax * config.snapshotLogBytes ? lowestActiveMatch() : undefined;
    const upTo = Math.min(snapshot.index - keepEntries, needed ?? snapshot.index);
    if (upTo >= store.firstIndex()) await store.compact(upTo);
    this.keptBytes = store.logBytes;
    return { snapshot, logFirst: store.firstIndex() };
  }

  /** A snapshot of what is flushed now, to be read by somebody who keeps it. The log stays as it is. */
  async save(reason: string): Promise<SnapshotSource> {
    const { store, logger } = this.options;
    if (store.identity.clusterId === '') throw nothingToTake();
    const { index } = await store.snapshots.create();
    const source = store.snapshots.open(index);
    logger.info('a snapshot is read', { index, reason });
    if (source !== undefined) return source;
    throw new RaftctlError('E_OVERLOADED', 'the snapshot was replaced by another one at once', { retryable: true });
  }

  /** Streams the snapshot that the core wants sent; says how it ended. One at a time to each peer. */
  send(message: Message): void {
    const { store, transport, logger, metrics, onTransferEnded, onTransferTold } = this.options;
    const to = message.to;
    const source = store.snapshots.open(message.snapshot?.metadata?.index ?? 0);
    if (source === undefined || this.transfers.has(to)) {
      onTransferEnded(to, false);
      return;
    }
    // The file may be newer than what the core asked for: then the newer one is what the message must name.
    const { index, term, confState } = source.info;
    const named: Message = { ...message, snapshot: { data: new Uint8Array(0), metadata: { index, term, confState } } };
    const transfer: SnapshotTransfer = { total: source.info.bytes, sent: 0 };
    this.transfers.set(to, transfer);
    logger.info('sending a snapshot', { to, index, bytes: source.info.bytes });
    transport
      .sendSnapshot(named, source, (bytes) => {
        transfer.sent = bytes;
      })
      .then(
        () => {
          metrics.snapshotSent(source.info.bytes);
          this.transfers.delete(to);
          onTransferTold(to, source.info, undefined);
          onTransferEnded(to, true);
        },
        (thrown: unknown) => {
          logger.warn('the snapshot did not arrive', { to, index, reason: messageOf(thrown) });
          if (thrown instanceof RaftctlError && thrown.code === 'E_REFUSED') this.renew(index);
          this.transfers.delete(to);
          onTransferTold(to, source.info, messageOf(thrown));
          onTransferEnded(to, false);
        },
      );
  }

  /** Who came back after it was removed may know more than the snapshot, and yet not what it needs next: only a newer one helps. */
  private renew(refusedIndex: number): void {
    const { store, logger } = this.options;
    if (store.flushedApplied <= refusedIndex) return;
    store.snapshots
      .create()
      .catch((thrown: unknown) => logger.error('the snapshot failed', { reason: messageOf(thrown) }));
  }

  /** Room for a snapshot that a peer offers, where it is of use here. */
  receive(message: Message): Promise<SnapshotSink> {
    const metadata = message.snapshot?.metadata;
    const { term, commit } = this.options.position();
    if (metadata !== undefined && message.term >= term && metadata.index <= commit) this.options.onKnown(message);
    if (metadata?.confState === undefined || message.term < term || metadata.index <= commit) {
      return Promise.reject(
        new RaftctlError(
          'E_REFUSED',
          `a snapshot of index ${metadata?.index ?? 0} is of no use here: committed up to ${commit}`,
        ),
      );
    }
    try {
      this.requireRoom();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
    this.options.logger.info('receiving a snapshot', { from: message.from, index: metadata.index });
    return this.options.store.snapshots.receive(metadata).then((sink) => this.guarded(sink));
  }

  /** A file half written would fill the disk for the log beside it. The next snapshot is taken to be about as large as the last one. */
  private requireRoom(): void {
    this.options.requireRoom(this.options.store.snapshots.list()[0]?.bytes ?? 0);
  }

  /** The turn is over that took in what was received: what was staged is installed, or was not wanted, or waits for the disk. */
  onTurnEnded(): void {
    this.staged &&= this.options.isInstalling();
  }

  /** Staging another file would pull the staged one from under the core, which may be about to install it. */
  private guarded(sink: SnapshotSink): SnapshotSink {
    return {
      write: (chunk) => sink.write(chunk),
      abort: () => sink.abort(),
      finish: async () => {
        if (this.staged)
          throw new RaftctlError('E_OVERLOADED', 'another snapshot is being installed', { retryable: true });
        await sink.finish();
        this.staged = true;
      },
    };
  }
}

function nothingToTake(): RaftctlError {
  return new RaftctlError(
    'E_NOT_BOOTSTRAPPED',
    'this node belongs to no cluster yet: there is nothing to take a snapshot of',
  );
}
