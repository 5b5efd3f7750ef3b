import { silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import { type ConfState, type Entry, EntryType, Message, type MessageType } from '../../src/gen/raft/v1/raft.js';
import { decodeConfChange } from '../../src/raft/conf-change.js';
import { type Config, defaultConfig, NO_LIMIT } from '../../src/raft/config.js';
import { RaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, newEntry, newMessage } from '../../src/raft/messages.js';
import { RawNode } from '../../src/raft/raw-node.js';
import type { ReadState } from '../../src/raft/read-only.js';
import type { LightReady, Ready } from '../../src/raft/ready.js';

const ROUNDS_MAX = 10_000;

/** Bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of bytes. */
export function text(data: Uint8Array): string {
  return new TextDecoder().decode(data);
}

/** Settings of tests: short time-outs, whole messages. */
export function testConfig(id: number, settings: Partial<Config> = {}): Config {
  return {
    ...defaultConfig(id, seededRandom(id), silentLogger),
    electionTick: 10,
    heartbeatTick: 1,
    maxSizePerMsg: NO_LIMIT,
    ...settings,
  };
}

/** A message with some of its fields set. */
export function message(msgType: MessageType, fields: Partial<Message>): Message {
  return { ...newMessage(msgType, fields.to ?? 0), ...fields };
}

/** A normal entry. */
export function entry(index: number, term: number, data = ''): Entry {
  return { ...newEntry(EntryType.NORMAL, data === '' ? EMPTY : bytes(data), EMPTY), index, term };
}

/** Storage of a group whose log holds entries of these terms, from index 1 on. */
export function storageWith(confState: Partial<ConfState>, terms: readonly number[] = []): MemStorage {
  const storage = MemStorage.withConfState(confState);
  storage.append(terms.map((term, i) => entry(i + 1, term)));
  const term = terms.at(-1) ?? 0;
  storage.setHardState({ term, vote: 0, commit: 0 });
  return storage;
}

/** A node with its storage and what it has applied. It writes, applies and acknowledges each Ready before it takes the next. */
export class Peer {
  readonly node: RawNode;
  readonly applied: Entry[] = [];
  readonly readStates: ReadState[] = [];
  /** Configuration after the last applied change. */
  confState: ConfState;
  /** Runs before a committed configuration change is applied. */
  onConfChange: (entry: Entry) => void = () => {};

  constructor(
    readonly config: Config,
    readonly storage: MemStorage,
  ) {
    this.confState = storage.confState;
    this.node = new RawNode(config, storage);
  }

  get id(): number {
    return this.config.id;
  }

  /** Data of the applied entries that are no no-ops and no changes. */
  get commands(): string[] {
    return this.applied.filter((e) => e.entryType === EntryType.NORMAL && e.data.length > 0).map((e) => text(e.data));
  }

  /** Handles all Readys. @returns what is to be sent */
  work(): Message[] {
    const out: Message[] = [];
    while (this.node.hasReady()) {
      const ready = this.node.ready();
      this.write(ready);
      out.push(...ready.messages, ...ready.persistedMessages);
      this.node.advanceAppendAsync(ready);
      this.node.onPersistReady(ready.number);
      this.apply(ready);
    }
    return out;
  }

  /** Puts a Ready into storage. */
  write(ready: Ready): void {
    if (ready.snapshot !== undefined) {
      this.storage.applySnapshot(ready.snapshot);
      this.confState = this.storage.confState;
    }
    this.storage.append(ready.entries);
    if (ready.hs !== undefined) this.storage.setHardState(ready.hs);
    this.readStates.push(...ready.readStates);
  }

  /** Applies what was committed, and says so. */
  apply({ committedEntries }: Ready | LightReady): void {
    for (const committed of committedEntries) {
      if (committed.entryType !== EntryType.NORMAL) {
        this.onConfChange(committed);
        this.#applyConfChange(committed);
      }
      this.applied.push(committed);
      this.node.advanceApplyTo(committed.index);
    }
  }

  /** A change that cannot be made is left out, as it is by everybody. */
  #applyConfChange(committed: Entry): void {
    try {
      this.confState = this.node.applyConfChange(decodeConfChange(committed));
    } catch (error) {
      if (!(error instanceof RaftError) || error.kind !== 'conf-change') throw error;
    }
  }

  /** Takes a snapshot of what is applied, and compacts the log up to there. */
  compact(): void {
    const index = this.node.raft.raftLog.applied;
    this.storage.createSnapshot(index, this.confState, bytes(`state at ${index}`));
    this.storage.compact(index);
    this.storage.setConfState(this.confState);
  }

  /** Starts again from what is in storage. */
  restarted(settings: Partial<Config> = {}): Peer {
    return new Peer({ ...this.config, applied: 0, ...settings }, this.storage);
  }
}

/**
 * Nodes that hear from each other. Messages go through their encoded form, as on a real network; each call lets them flow until
 * nobody has anything left to say.
 */
export class Network {
  readonly peers = new Map<number, Peer>();
  /** Every message that was sent, in order, whether or not it arrived. */
  readonly sent: Message[] = [];
  readonly #cut = new Set<string>();
  readonly #ignored = new Set<MessageType>();

  /** Nodes 1 to `count`, all voters, with empty logs. */
  static ofVoters(count: number, settings: Partial<Config> = {}): Network {
    const voters = Array.from({ length: count }, (_, i) => i + 1);
    return Network.of({ voters }, settings);
  }

  /** The members of a configuration, with empty logs. */
  static of(confState: Partial<ConfState>, settings: Partial<Config> = {}): Network {
    const network = new Network();
    const { voters = [], learners = [], votersOutgoing = [] } = confState;
    for (const id of new Set([...voters, ...learners, ...votersOutgoing])) {
      network.add(new Peer(testConfig(id, settings), MemStorage.withConfState(confState)));
    }
    return network;
  }

  add(peer: Peer): Peer {
    this.peers.set(peer.id, peer);
    return peer;
  }

  /** A node that knows of no group. */
  addStranger(id: number, settings: Partial<Config> = {}): Peer {
    return this.add(new Peer(testConfig(id, settings), new MemStorage()));
  }

  peer(id: number): Peer {
    const peer = this.peers.get(id);
    if (peer === undefined) throw new Error(`no peer ${id}`);
    return peer;
  }

  node(id: number): RawNode {
    return this.peer(id).node;
  }

  /** The one leader of the highest term. */
  get leader(): RawNode {
    const leaders = [...this.peers.values()].map(({ node }) => node).filter(({ raft }) => raft.role === 'leader');
    const [first] = leaders.sort((left, right) => right.raft.term - left.raft.term);
    if (first === undefined) throw new Error('no leader');
    return first;
  }

  /** The power of these nodes fails and comes back: what is in their storage is all that is left. */
  powerCycle(...ids: number[]): void {
    for (const id of ids) this.peers.set(id, this.peer(id).restarted());
  }

  /** Nothing passes between these two. */
  cut(a: number, b: number): void {
    this.#cut.add(`${a}>${b}`).add(`${b}>${a}`);
  }

  isolate(id: number): void {
    for (const other of this.peers.keys()) if (other !== id) this.cut(id, other);
  }

  /** Messages of this type get lost. */
  ignore(msgType: MessageType): void {
    this.#ignored.add(msgType);
  }

  /** The network is whole again. */
  recover(): void {
    this.#cut.clear();
    this.#ignored.clear();
  }

  /** Campaigns and lets the election happen. */
  campaign(id: number): void {
    this.node(id).campaign();
    this.settle();
  }

  /** Proposes and lets it be replicated. */
  propose(id: number, data: string): void {
    this.node(id).propose(EMPTY, bytes(data));
    this.settle();
  }

  /** Ticks one node, and lets follow what follows, tick by tick. */
  tick(id: number, ticks = 1): void {
    for (let i = 0; i < ticks; i++) {
      this.node(id).tick();
      this.settle();
    }
  }

  /** Delivers messages, and all that follows from them. */
  deliver(...messages: Message[]): void {
    for (const one of messages) this.#deliver(one);
    this.settle();
  }

  /** Lets everybody work until nobody has anything left to do. */
  settle(): void {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const flying = [...this.peers.values()].flatMap((peer) => peer.work());
      if (flying.length === 0) return;
      for (const one of flying) this.#deliver(one);
    }
    throw new Error(`the network is not quiet after ${ROUNDS_MAX} rounds`);
  }

  #deliver(one: Message): void {
    this.sent.push(one);
    const to = this.peers.get(one.to);
    if (to === undefined || this.#cut.has(`${one.from}>${one.to}`) || this.#ignored.has(one.msgType)) return;
    try {
      to.node.step(Message.decode(Message.encode(one).finish()));
    } catch (error) {
      // A proposal that was passed on may be dropped, and a removed peer's answers are refused.
      if (!(error instanceof RaftError) || !['proposal-dropped', 'step-peer-not-found'].includes(error.kind))
        throw error;
    }
  }
}
