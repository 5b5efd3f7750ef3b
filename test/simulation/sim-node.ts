import type { Random } from '../../src/base/random.js';
import { type ConfState, type Entry, EntryType, type Message, type Snapshot } from '../../src/gen/raft/v1/raft.js';
import { decodeConfChange } from '../../src/raft/conf-change.js';
import { RaftError } from '../../src/raft/errors.js';
import { RawNode } from '../../src/raft/raw-node.js';
import type { Ready } from '../../src/raft/ready.js';
import { Disk } from './disk.js';
import { type AppliedState, appliedStateOf, metadataOf } from './disk-image.js';
import { payloadOf } from './ledger.js';
import { configOf, type Settings } from './settings.js';
import { hashOf } from './trace.js';

/** Log entries kept before a snapshot. */
const KEEP_ENTRIES = 3;

/** A write that is not durable yet. */
interface Unflushed {
  /** Ready that it belongs to; undefined: a snapshot of the node's own. */
  readonly number: number | undefined;
  /** What may leave the node only afterwards. */
  readonly messages: readonly Message[];
}

/** Who is told of what a node does; each may end the run. */
export interface Observer {
  send(message: Message): void;
  /** Entries are about to be written: behind the snapshot, if there is one, or what the disk shows. */
  stores(node: SimNode, entries: readonly Entry[], snapshot: Snapshot | undefined): void;
  /** The core may have moved; before anything is made of it. */
  moved(node: SimNode): void;
  applies(node: SimNode, entry: Entry): void;
  reaches(node: SimNode, state: AppliedState): void;
}

/**
 * One node of a run: the core, a disk, and a state machine; what a real node does around the core, without time and files.
 *
 * `alive` is undefined while the node is down.
 */
export class SimNode {
  readonly disk: Disk;
  alive: RawNode | undefined;
  /** Oldest first, one for each pending batch of the disk. */
  #unflushed: Unflushed[] = [];

  constructor(
    readonly id: number,
    readonly settings: Settings,
    readonly random: Random,
    readonly observer: Observer,
    start: Snapshot,
  ) {
    this.disk = new Disk(start);
  }

  /** Starts from what is on the disk. */
  start(): void {
    const { applied } = this.disk.visible;
    this.alive = new RawNode(configOf(this.settings, this.id, applied.index, this.random), this.disk);
    this.work();
  }

  /** The power fails; as many of the pending writes have made it to the disk. */
  crash(survivors: number): void {
    this.alive = undefined;
    this.#unflushed = [];
    this.disk.crash(survivors);
  }

  /** Gives the node one input, and carries what comes of it. A refusal is an answer, not a failure. */
  input(act: (node: RawNode) => void): void {
    if (this.alive === undefined) return;
    try {
      act(this.alive);
    } catch (error) {
      if (!(error instanceof RaftError) || error.kind === 'fatal') throw error;
    }
    this.work();
  }

  /** The disk has written the oldest batches. */
  flush(count: number): void {
    this.disk.flush(count);
    const done = this.#unflushed.splice(0, count);
    const newest = done.findLast(({ number }) => number !== undefined)?.number;
    if (newest === undefined || this.alive === undefined || !this.settings.asynchronous) return;
    this.alive.onPersistReady(newest);
    for (const { messages } of done) this.#send(messages);
    this.work();
  }

  /** Makes a snapshot of what is applied, and gives up the log before it. */
  compact(): void {
    this.disk.snapshotWanted = false;
    const { applied, snapshot } = this.disk.visible;
    if (this.alive === undefined || applied.index <= metadataOf(snapshot).index) return;
    const { index, confState } = applied;
    const metadata = { index, term: this.disk.term(index), confState };
    const own = { data: new TextEncoder().encode(applied.hash), metadata };
    this.disk.write({ compactTo: { snapshot: own, keep: KEEP_ENTRIES } });
    this.#unflushed.push({ number: undefined, messages: [] });
  }

  /** Carries every Ready there is. */
  work(): void {
    while (this.alive?.hasReady()) {
      const node = this.alive;
      const ready = node.ready();
      this.observer.moved(this);
      if (this.settings.asynchronous) this.#carryAsynchronously(node, ready);
      else this.#carryAndWait(node, ready);
    }
    if (this.disk.snapshotWanted) this.compact();
    if (this.alive !== undefined) this.observer.moved(this);
  }

  /** The write of this Ready and the next input overlap. */
  #carryAsynchronously(node: RawNode, ready: Ready): void {
    this.#send(ready.messages);
    this.#write(node, ready);
    this.#unflushed.push({ number: ready.number, messages: ready.persistedMessages });
    node.advanceAppendAsync(ready);
    node.advanceApply();
  }

  /** Nothing else happens before the write is durable. */
  #carryAndWait(node: RawNode, ready: Ready): void {
    this.#send(ready.messages);
    this.#write(node, ready);
    this.disk.flush(this.disk.pendingCount);
    this.#unflushed = [];
    this.#send(ready.persistedMessages);
    const light = node.advance(ready);
    this.observer.moved(this);
    this.#send(light.messages);
    if (light.committedEntries.length === 0) return;
    this.disk.write({ applied: this.#apply(node, this.disk.visible.applied, light.committedEntries) });
    this.#unflushed.push({ number: undefined, messages: [] });
    node.advanceApply();
  }

  /** One batch for all that the Ready brings, the state machine's writes among it. */
  #write(node: RawNode, { hs, snapshot, entries, committedEntries }: Ready): void {
    const start = snapshot === undefined ? this.disk.visible.applied : appliedStateOf(snapshot);
    if (snapshot !== undefined) this.observer.reaches(this, start);
    const applied = this.#apply(node, start, committedEntries);
    this.observer.stores(this, entries, snapshot);
    this.disk.write({ hardState: hs, snapshot, entries, applied });
  }

  /** Applies entries, one after the other, and changes the configuration where they say so. */
  #apply(node: RawNode, start: AppliedState, entries: readonly Entry[]): AppliedState {
    let state = start;
    for (const entry of entries) {
      this.observer.applies(this, entry);
      const confState =
        entry.entryType === EntryType.NORMAL ? state.confState : this.#change(node, entry, state.confState);
      state = { index: entry.index, hash: hashOf(`${state.hash} ${entry.term} ${payloadOf(entry)}`), confState };
      this.observer.reaches(this, state);
    }
    return state;
  }

  /** A change that does not fit the configuration any more is the same no-op on every node. */
  #change(node: RawNode, entry: Entry, before: ConfState): ConfState {
    try {
      return node.applyConfChange(decodeConfChange(entry));
    } catch (error) {
      if (error instanceof RaftError && error.kind === 'conf-change') return before;
      throw error;
    }
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) this.observer.send(message);
  }
}
