import type { Entry, Snapshot } from '../../src/gen/raft/v1/raft.js';
import { CompactedError, SnapshotTemporarilyUnavailableError, UnavailableError } from '../../src/raft/errors.js';
import { limitSize } from '../../src/raft/messages.js';
import type { RaftState, Storage } from '../../src/raft/storage.js';
import { type Batch, DiskImage, metadataOf } from './disk-image.js';

/**
 * A disk that shows at once what was written to it and keeps it only once it is flushed: a crash takes back what was not, save a first
 * part of it, as it pleases.
 *
 * Batches become durable in the order in which they were written.
 */
export class Disk implements Storage {
  /** What the node reads. */
  visible: DiskImage;
  /** What is left after a crash at the worst moment. */
  durable: DiskImage;
  /** A newer snapshot was asked for than there is. */
  snapshotWanted = false;
  readonly #pending: Batch[] = [];

  constructor(start: Snapshot) {
    this.durable = new DiskImage(start);
    this.visible = this.durable.clone();
  }

  /** Batches that are not durable yet. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  write(batch: Batch): void {
    this.visible.write(batch);
    this.#pending.push(batch);
  }

  /** Makes the oldest batches durable. */
  flush(count: number): void {
    for (const batch of this.#pending.splice(0, count)) this.durable.write(batch);
  }

  /** The power fails, with the oldest `survivors` of the pending batches on the disk. */
  crash(survivors: number): void {
    this.flush(survivors);
    this.#pending.length = 0;
    this.visible = this.durable.clone();
  }

  initialState(): RaftState {
    return { hardState: this.visible.hardState, confState: this.visible.applied.confState };
  }

  entries(low: number, high: number, maxBytes: number): Entry[] {
    const { base, entries, lastIndex } = this.visible;
    if (low <= base.index) throw new CompactedError();
    if (high > lastIndex + 1) throw new UnavailableError();
    return limitSize(entries.slice(low - base.index - 1, high - base.index - 1), maxBytes);
  }

  term(index: number): number {
    if (index < this.visible.base.index) throw new CompactedError();
    const term = this.visible.term(index);
    if (term === undefined) throw new UnavailableError();
    return term;
  }

  firstIndex(): number {
    return this.visible.base.index + 1;
  }

  lastIndex(): number {
    return this.visible.lastIndex;
  }

  snapshot(requestIndex: number): Snapshot {
    const { snapshot } = this.visible;
    const { index } = metadataOf(snapshot);
    this.snapshotWanted = index < requestIndex;
    if (index < requestIndex || index === 0) throw new SnapshotTemporarilyUnavailableError();
    return snapshot;
  }
}
