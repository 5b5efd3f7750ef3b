import { type ConfChangeV2, type ConfState, type Entry, EntryType, Message } from '../../src/gen/raft/v1/raft.js';
import { decodeConfChange } from '../../src/raft/conf-change.js';
import { type Config, NO_LIMIT } from '../../src/raft/config.js';
import { RaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import { RawNode } from '../../src/raft/raw-node.js';
import type { ReadState } from '../../src/raft/read-only.js';
import type { Ready } from '../../src/raft/ready.js';
import { bytes, testConfig } from './network.js';

/** A write that was begun: storage shows it, but a crash takes it back. */
interface Write {
  readonly ready: Ready;
  readonly number: number;
}

/**
 * A node whose life goes in the smallest steps there are: it hands out a Ready, which is written later, which is durable later, and what it
 * committed is applied later still; a crash may come between any two.
 */
export class Member {
  node: RawNode;
  /** What the node reads, writes under way among it. */
  #storage: MemStorage;
  /** What was durably done to storage, in order: done again, it gives the storage after a crash. */
  readonly #durable: ((storage: MemStorage) => void)[] = [];
  #writes: Write[] = [];
  #toApply: Entry[] = [];
  #confState: ConfState;
  readonly readStates: ReadState[] = [];

  constructor(
    readonly config: Config,
    confState: ConfState | undefined,
  ) {
    // Who joins later learns the first configuration from this snapshot: no entry says it.
    const first = { data: EMPTY, metadata: { index: 1, term: 1, confState: confState ?? emptyConfState() } };
    if (confState !== undefined) this.#durable.push((storage) => storage.applySnapshot(first));
    this.#storage = this.#afterCrash();
    this.#confState = this.#storage.confState;
    this.node = new RawNode(config, this.#storage);
  }

  get id(): number {
    return this.config.id;
  }

  /** Hands out a Ready, if there is one. @returns what a leader sends at once */
  handOut(): readonly Message[] {
    if (!this.node.hasReady()) return [];
    const ready = this.node.ready();
    write(this.#storage, ready);
    this.node.advanceAppendAsync(ready);
    this.#writes.push({ ready, number: ready.number });
    this.#toApply.push(...ready.committedEntries);
    this.readStates.push(...ready.readStates);
    return ready.messages;
  }

  /** The oldest write becomes durable. @returns what may be sent now */
  persist(): readonly Message[] {
    const oldest = this.#writes.shift();
    if (oldest === undefined) return [];
    const { ready, number } = oldest;
    this.#durable.push((storage) => write(storage, ready));
    if (ready.snapshot !== undefined) {
      this.#toApply = [];
      this.#confState = ready.snapshot.metadata?.confState ?? this.#confState;
    }
    this.node.onPersistReady(number);
    return ready.persistedMessages;
  }

  /** Applies one committed entry, if one waits. */
  apply(): void {
    const entry = this.#toApply.shift();
    if (entry === undefined) return;
    if (entry.entryType !== EntryType.NORMAL) this.#applyConfChange(decodeConfChange(entry));
    this.node.advanceApplyTo(entry.index);
  }

  /** A change that cannot be made is left out, as it is by everybody. */
  #applyConfChange(change: ConfChangeV2): void {
    try {
      this.#confState = this.node.applyConfChange(change);
    } catch (error) {
      if (!(error instanceof RaftError) || error.kind !== 'conf-change') throw error;
    }
  }

  /** Makes a snapshot of what is applied, and gives the log up to there away. */
  compact(): void {
    const { applied } = this.node.raft.raftLog;
    if (this.#writes.length > 0 || applied <= this.#storage.firstIndex() - 1) return;
    const confState = this.#confState;
    const compaction = (storage: MemStorage) => {
      storage.createSnapshot(applied, confState, bytes(`state at ${applied}`));
      storage.compact(applied);
      storage.setConfState(confState);
    };
    compaction(this.#storage);
    this.#durable.push(compaction);
  }

  /** What was not durable is gone, and so is what was applied: all that is left is storage. */
  crash(): void {
    this.#writes = [];
    this.#toApply = [];
    this.#storage = this.#afterCrash();
    this.#confState = this.#storage.confState;
    this.node = new RawNode(this.config, this.#storage);
  }

  #afterCrash(): MemStorage {
    const storage = new MemStorage();
    for (const step of this.#durable) step(storage);
    return storage;
  }

  /** The log that can be read, first index first. */
  log(): Entry[] {
    const { raftLog } = this.node.raft;
    return raftLog.slice(raftLog.firstIndex(), raftLog.lastIndex() + 1, NO_LIMIT, { kind: 'empty', canAsync: false });
  }
}

/** Entries are stored as copies, as a disk does. */
function write(storage: MemStorage, { snapshot, entries, hs }: Ready): void {
  if (snapshot !== undefined) storage.applySnapshot(snapshot);
  storage.append(entries.map((entry) => ({ ...entry })));
  if (hs !== undefined) storage.setHardState(hs);
}

/** Members, and the messages between them, which arrive in any order, twice or never. */
export class World {
  readonly members = new Map<number, Member>();
  flying: Message[] = [];
  /** While the network is parted: those on one side of it. Nothing that is sent passes between them and the others. */
  side: ReadonlySet<number> = new Set();
  /** Every message that ever left a member. */
  onSend: (message: Message) => void = () => {};

  /** @param confState of those who are members from the beginning; nodes up to `count` that are not in it know of no group */
  constructor(count: number, confState: ConfState, settings: Partial<Config>) {
    const known = new Set([...confState.voters, ...confState.learners]);
    for (let id = 1; id <= count; id++) {
      this.members.set(id, new Member(testConfig(id, settings), known.has(id) ? confState : undefined));
    }
  }

  member(id: number): Member {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** The leader of the highest term; where nobody leads, the member of that id. */
  leader(id: number): Member {
    const leaders = [...this.members.values()].filter(({ node }) => node.raft.role === 'leader');
    const [first] = leaders.sort((left, right) => right.node.raft.term - left.node.raft.term);
    return first ?? this.member(id);
  }

  send(messages: readonly Message[]): void {
    for (const message of messages) {
      this.onSend(message);
      if (this.side.has(message.from) === this.side.has(message.to))
        this.flying.push(Message.decode(Message.encode(message).finish()));
    }
  }

  /** Delivers the message at `at`, which may come again where it is kept. */
  deliver(at: number, keep: boolean): void {
    const message = this.flying[at];
    if (message === undefined) return;
    if (!keep) this.flying.splice(at, 1);
    this.try(() => this.members.get(message.to)?.node.step(Message.decode(Message.encode(message).finish())));
  }

  /** Calls a node, which may refuse by a typed error and by no other. */
  try(call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!(error instanceof RaftError) || error.kind === 'fatal') throw error;
    }
  }

  /** Everybody does all there is to do, once, and all messages arrive. */
  round(): void {
    for (const member of this.members.values()) {
      member.node.tick();
      for (let step = 0; step < 50 && member.node.hasReady(); step++) {
        this.send(member.handOut());
        this.send(member.persist());
        for (let entry = 0; entry < 50; entry++) member.apply();
      }
    }
    for (let left = this.flying.length; left > 0; left--) this.deliver(0, false);
  }
}
