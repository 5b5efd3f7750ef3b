import {
  decodeConfChange,
  defaultConfig,
  type Entry,
  EntryType,
  MemStorage,
  type Message,
  RaftError,
  RawNode,
  seededRandom,
  silentLogger,
} from 'raftctl/raft';

const toBytes = (text: string) => new TextEncoder().encode(text);
const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** What becomes of a proposal. `unknown`: its node lost the leadership before it was committed; it may be committed all the same. */
export type Outcome = 'applied' | 'unknown';

/** One node: a core, its storage, and a table as its state machine. */
class Member {
  readonly table = new Map<string, string>();
  readonly node: RawNode;
  readonly #waiting = new Map<string, (outcome: Outcome) => void>();
  #proposals = 0;

  constructor(
    readonly id: number,
    readonly storage: MemStorage,
    private readonly send: (message: Message) => void,
  ) {
    // A seed of its own for each node, so that their time-outs differ. The table begins empty, so the log is applied from its beginning.
    const config = { ...defaultConfig(id, seededRandom(id), silentLogger), preVote: true, checkQuorum: true };
    this.node = new RawNode(config, storage);
  }

  /** @throws ProposalDroppedError where this node does not lead */
  put(key: string, value: string, done: (outcome: Outcome) => void): void {
    const id = `${this.id}/${++this.#proposals}`;
    this.node.propose(toBytes(id), toBytes(JSON.stringify([key, value])));
    this.#waiting.set(id, done);
  }

  /** Carries every Ready. */
  work(): void {
    while (this.node.hasReady()) {
      const ready = this.node.ready();
      if (ready.ss !== undefined && ready.ss.raftState !== 'leader') this.#giveUp();
      // A leader's messages need not wait for its own disk.
      ready.messages.forEach(this.send);
      if (ready.snapshot !== undefined) this.storage.applySnapshot(ready.snapshot);
      this.storage.append(ready.entries);
      if (ready.hs !== undefined) this.storage.setHardState(ready.hs);
      // Votes and acknowledgements must: they go out now that what they promise is written.
      ready.persistedMessages.forEach(this.send);
      const light = this.node.advanceAppend(ready);
      light.messages.forEach(this.send);
      for (const entry of [...ready.committedEntries, ...light.committedEntries]) this.#apply(entry);
      this.node.advanceApply();
    }
  }

  #apply(entry: Entry): void {
    if (entry.entryType !== EntryType.NORMAL) {
      this.storage.setConfState(this.node.applyConfChange(decodeConfChange(entry)));
    } else if (entry.data.length > 0) {
      const [key, value] = JSON.parse(toText(entry.data)) as [string, string];
      this.table.set(key, value);
      const id = toText(entry.context);
      this.#waiting.get(id)?.('applied');
      this.#waiting.delete(id);
    }
  }

  /** Whoever proposed here must ask the next leader. */
  #giveUp(): void {
    for (const done of this.#waiting.values()) done('unknown');
    this.#waiting.clear();
  }
}

/** Five nodes in one process, and the network between them, which loses what is meant for a node that is down. */
export class FiveNodeCluster {
  readonly #members = new Map<number, Member>();
  readonly #storages = new Map<number, MemStorage>();
  #flying: Message[] = [];

  constructor() {
    const voters = [1, 2, 3, 4, 5];
    for (const id of voters) {
      this.#storages.set(id, MemStorage.withConfState({ voters }));
      this.start(id);
    }
  }

  /** Starts a node from what is in its storage. */
  start(id: number): void {
    const storage = this.#storages.get(id);
    if (storage === undefined) throw new Error(`there is no node ${id}`);
    this.#members.set(id, new Member(id, storage, (message) => this.#flying.push(message)));
  }

  /** Takes a node down; its storage stays. */
  stop(id: number): void {
    this.#members.delete(id);
  }

  /** Id of the node that leads the newest term; undefined where nobody does. */
  get leader(): number | undefined {
    const leaders = [...this.#members.values()].filter(({ node }) => node.raft.role === 'leader');
    return leaders.sort((left, right) => right.node.raft.term - left.node.raft.term)[0]?.id;
  }

  /** One tick passes for everybody, and all that follows from it happens. */
  tick(): void {
    for (const { node } of this.#members.values()) node.tick();
    this.#settle();
  }

  /** Ticks until somebody leads. */
  elect(ticksMax = 1000): number {
    for (let ticks = 0; ticks < ticksMax; ticks++) {
      const { leader } = this;
      if (leader !== undefined) return leader;
      this.tick();
    }
    throw new Error(`nobody leads after ${ticksMax} ticks`);
  }

  /** Puts a value through the leader. */
  put(key: string, value: string, done: (outcome: Outcome) => void): void {
    this.#member(this.elect()).put(key, value, done);
    this.#settle();
  }

  /** What a node's table holds. */
  table(id: number): ReadonlyMap<string, string> {
    return this.#member(id).table;
  }

  #member(id: number): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new Error(`node ${id} is down`);
    return member;
  }

  /** Delivers messages until there are none. */
  #settle(): void {
    for (;;) {
      for (const member of this.#members.values()) member.work();
      const arriving = this.#flying;
      if (arriving.length === 0) return;
      this.#flying = [];
      for (const message of arriving) this.#deliver(message);
    }
  }

  #deliver(message: Message): void {
    try {
      this.#members.get(message.to)?.node.step(message);
    } catch (error) {
      // A message that is refused changes nothing; the sender will learn more.
      if (!(error instanceof RaftError) || error.kind === 'fatal') throw error;
    }
  }
}
