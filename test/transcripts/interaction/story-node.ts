import { silentLogger } from '../../../src/base/logger.js';
import { seededRandom } from '../../../src/base/random.js';
import type { HardState, Snapshot } from '../../../src/gen/raft/v1/raft.js';
import { type Config, defaultConfig, NO_LIMIT } from '../../../src/raft/config.js';
import { MemStorage } from '../../../src/raft/mem-storage.js';
import { RawNode } from '../../../src/raft/raw-node.js';

/** A node of a story: the core, its storage, and a state machine that appends what it applies to the data of its snapshot. */
export class StoryNode {
  readonly node: RawNode;
  readonly storage: StoryStorage;
  /** Hard state as the last Ready left it. */
  hardState: HardState;

  /** @param snapshot what the node starts from; undefined: it knows of no group */
  constructor(
    readonly config: Config,
    snapshot: Snapshot | undefined,
    storage = new StoryStorage(snapshot),
  ) {
    this.storage = storage;
    this.hardState = this.storage.hardState;
    this.node = new RawNode(config, this.storage);
  }

  get id(): number {
    return this.config.id;
  }

  /** The same node after its power has failed: its storage is there, of its state machine what it last wrote to a snapshot. */
  static restarted({ config, storage }: StoryNode): StoryNode {
    storage.forgetAppliedState();
    return new StoryNode({ ...config, applied: 0 }, undefined, storage);
  }
}

/** Storage that gives the newest state of the state machine as its snapshot, whatever was compacted. */
class StoryStorage extends MemStorage {
  /** Snapshots after each applied entry, oldest first; the first is what the node started from. */
  readonly history: Snapshot[];

  constructor(first: Snapshot | undefined) {
    super();
    this.history = [first ?? { data: new Uint8Array(), metadata: { confState: this.confState, index: 0, term: 0 } }];
    if (first === undefined) return;
    this.applySnapshot(first);
    // The node has not taken part in any term yet, so that a story begins with term 1.
    this.setHardState({ term: 0, vote: 0, commit: 0 });
  }

  get newest(): Snapshot {
    const newest = this.history.at(-1);
    if (newest === undefined) throw new Error('a history has at least one snapshot');
    return newest;
  }

  override snapshot(): Snapshot {
    return this.newest;
  }

  /** Compaction is what makes the state of there durable, and the configuration with it. */
  override compact(index: number): void {
    super.compact(index);
    const state = this.#stateAt(index);
    if (state?.metadata?.confState !== undefined) this.setConfState(state.metadata.confState);
  }

  /** Goes back to the state where the log begins, from which a restarted node applies it again. */
  forgetAppliedState(): void {
    const state = this.#stateAt(this.firstIndex() - 1);
    if (state !== undefined) this.history.splice(this.history.indexOf(state) + 1);
  }

  #stateAt(index: number): Snapshot | undefined {
    return this.history.find(({ metadata }) => metadata?.index === index);
  }
}

/** Settings of a node as etcd/raft's stories have them: nothing of raft-rs alone is on. */
export function storyConfig(id: number): Config {
  return {
    ...defaultConfig(id, seededRandom(id), silentLogger),
    electionTick: 3,
    heartbeatTick: 1,
    maxSizePerMsg: NO_LIMIT,
    maxInflightMsgs: 2 ** 31 - 1,
    applyUnstableEntries: true,
  };
}
