import { silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import { type ConfState, type Entry, EntryType, type Message } from '../../src/gen/raft/v1/raft.js';
import { type Config, defaultConfig, EMPTY, MemStorage, newEntry, RawNode } from '../../src/raft/index.js';

/** A node and its storage. */
export interface Member {
  readonly node: RawNode;
  readonly storage: MemStorage;
}

/** Settings of every measured node: those of `defaultConfig`, with the time-outs of the two projects' own benchmarks. */
export function benchConfig(id: number, settings: Partial<Config> = {}): Config {
  return { ...defaultConfig(id, seededRandom(id), silentLogger), electionTick: 10, heartbeatTick: 1, ...settings };
}

/** `count` entries of 16 bytes, the last of them at `from + count - 1`. */
export function entriesOf(count: number, term: number, from = 1): Entry[] {
  const data = new Uint8Array(16);
  return Array.from({ length: count }, (_, at) => entryAt(from + at, term, data));
}

/** Made as the core makes its own, so that to the machine they are of one kind. */
function entryAt(index: number, term: number, data: Uint8Array): Entry {
  const entry = newEntry(EntryType.NORMAL, data, EMPTY);
  entry.index = index;
  entry.term = term;
  return entry;
}

/** A member that begins with this configuration and this log, all of it committed and applied. */
export function memberOf(
  id: number,
  confState: Partial<ConfState>,
  log: readonly Entry[] = [],
  settings: Partial<Config> = {},
): Member {
  const storage = MemStorage.withConfState(confState);
  storage.append(log);
  const last = log.at(-1);
  if (last !== undefined) storage.setHardState({ term: last.term, vote: 0, commit: last.index });
  return memberOver(id, storage, last?.index ?? 0, settings);
}

/** A member that starts from what is in storage. */
export function memberOver(id: number, storage: MemStorage, applied: number, settings: Partial<Config> = {}): Member {
  return { storage, node: new RawNode(benchConfig(id, { applied, ...settings }), storage) };
}

/**
 * Members in one process, each with its own storage in memory. Messages are handed over as objects: what is measured is the core and
 * nothing else, neither a codec nor a disk. Every node writes, acknowledges and applies each Ready before it takes the next.
 */
export class MemoryCluster {
  readonly #members = new Map<number, Member>();
  #waiting: Message[] = [];
  /** Committed entries that all members together have applied. */
  applied = 0;
  /** Reads that were answered. */
  reads = 0;

  constructor(members: readonly Member[]) {
    for (const member of members) this.#members.set(member.node.raft.id, member);
  }

  /** Voters 1 to `count` with the same log, the first of them leading. */
  static ofVoters(count: number, log: readonly Entry[] = [], settings: Partial<Config> = {}): MemoryCluster {
    const voters = Array.from({ length: count }, (_, at) => at + 1);
    return MemoryCluster.led({ voters }, voters, log, settings);
  }

  /** These members of a configuration, the first of them leading. */
  static led(
    confState: Partial<ConfState>,
    ids: readonly number[],
    log: readonly Entry[] = [],
    settings: Partial<Config> = {},
  ): MemoryCluster {
    const cluster = new MemoryCluster(ids.map((id) => memberOf(id, confState, log, settings)));
    const leader = cluster.node(ids[0] ?? 0);
    leader.campaign();
    cluster.settle();
    if (leader.raft.role !== 'leader') throw new Error('nobody leads');
    return cluster;
  }

  node(id: number): RawNode {
    return this.member(id).node;
  }

  member(id: number): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** Lets everybody work until nobody has anything left to do. */
  settle(): void {
    for (;;) {
      let busy = false;
      for (const member of this.#members.values()) {
        if (!member.node.hasReady()) continue;
        busy = true;
        this.#carry(member);
      }
      if (!busy) return;
      const arriving = this.#waiting;
      this.#waiting = [];
      for (const message of arriving) this.#members.get(message.to)?.node.step(message);
    }
  }

  #carry({ node, storage }: Member): void {
    const ready = node.ready();
    if (ready.snapshot !== undefined) storage.applySnapshot(ready.snapshot);
    storage.append(ready.entries);
    if (ready.hs !== undefined) storage.setHardState(ready.hs);
    this.#send(ready.messages);
    this.#send(ready.persistedMessages);
    const light = node.advanceAppend(ready);
    this.#send(light.messages);
    this.applied += ready.committedEntries.length + light.committedEntries.length;
    this.reads += ready.readStates.length;
    node.advanceApply();
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) this.#waiting.push(message);
  }
}
