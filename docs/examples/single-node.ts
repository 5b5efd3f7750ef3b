import { defaultConfig, type Entry, EntryType, MemStorage, RawNode, seededRandom, silentLogger } from 'raftctl/raft';

const toBytes = (text: string) => new TextEncoder().encode(text);
const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/**
 * The smallest group there is: one voter, in memory, with a table as its state machine. Everything that a real node does is here but
 * what has to do with others: see `five-node-cluster.ts`.
 */
export class SingleNode {
  readonly table = new Map<string, string>();
  readonly #storage = MemStorage.withConfState({ voters: [1] });
  readonly #node = new RawNode(defaultConfig(1, seededRandom(1), silentLogger), this.#storage);
  /** Who waits for which proposal. The id travels with the entry: results are found by it, never by their order. */
  readonly #waiting = new Map<string, () => void>();
  #proposals = 0;

  constructor() {
    // Nobody else can be elected, so there is no need to wait for a time-out.
    this.#node.campaign();
    this.#work();
  }

  /** Puts a value under a key; `done` is called once that is committed and applied. */
  put(key: string, value: string, done: () => void): void {
    const id = String(++this.#proposals);
    this.#node.propose(toBytes(id), toBytes(JSON.stringify([key, value])));
    this.#waiting.set(id, done);
    this.#work();
  }

  /** Carries every Ready, in this order: write, then say that it is durable, then apply. */
  #work(): void {
    while (this.#node.hasReady()) {
      const ready = this.#node.ready();
      this.#storage.append(ready.entries);
      if (ready.hs !== undefined) this.#storage.setHardState(ready.hs);
      const light = this.#node.advanceAppend(ready);
      for (const entry of [...ready.committedEntries, ...light.committedEntries]) this.#apply(entry);
      this.#node.advanceApply();
    }
  }

  #apply({ entryType, data, context }: Entry): void {
    // A new leader's empty entry means nothing to the table.
    if (entryType !== EntryType.NORMAL || data.length === 0) return;
    const [key, value] = JSON.parse(toText(data)) as [string, string];
    this.table.set(key, value);
    const id = toText(context);
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }
}
