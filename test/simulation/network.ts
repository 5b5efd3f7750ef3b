import { type Random, randomInt } from '../../src/base/random.js';
import { Message, MessageType } from '../../src/gen/raft/v1/raft.js';

/** How bad the network is, each as a probability a message. */
export interface NetworkFaults {
  readonly lose: number;
  readonly duplicate: number;
  /** Takes any message that is under way rather than the oldest. */
  readonly reorder: number;
}

/** What comes off the network: a message, or word to the sender of a snapshot that it was lost, which a real transport gives as well. */
export type Delivery =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'lost-snapshot'; readonly from: number; readonly to: number };

interface Packet {
  readonly from: number;
  readonly to: number;
  readonly snapshot: boolean;
  /** Undefined: lost. Only snapshots are missed by anybody. */
  readonly bytes: Uint8Array | undefined;
}

/** Messages between nodes, as bytes, so that no two nodes ever hold the same object. */
export class Network {
  faults: NetworkFaults = { lose: 0, duplicate: 0, reorder: 0 };
  readonly #underWay: Packet[] = [];
  /** Links on which nothing passes, as `from>to`. */
  readonly #cut = new Set<string>();

  constructor(readonly random: Random) {}

  get underWayCount(): number {
    return this.#underWay.length;
  }

  send(message: Message): void {
    const { from, to } = message;
    const lost = this.#cut.has(`${from}>${to}`) || this.random() < this.faults.lose;
    const snapshot = message.msgType === MessageType.SNAPSHOT;
    if (lost && !snapshot) return;
    this.#underWay.push({ from, to, snapshot, bytes: lost ? undefined : Message.encode(message).finish() });
  }

  /** Takes one packet off the network; undefined where none is under way, or it was lost and nobody misses it. */
  next(): Delivery | undefined {
    const at = this.random() < this.faults.reorder ? randomInt(this.random, 0, this.#underWay.length) : 0;
    const packet = this.#underWay[at];
    if (packet === undefined) return undefined;
    if (this.random() >= this.faults.duplicate) this.#underWay.splice(at, 1);
    const { from, to, snapshot, bytes } = packet;
    if (bytes !== undefined && !this.#cut.has(`${from}>${to}`))
      return { kind: 'message', message: Message.decode(bytes) };
    return snapshot ? { kind: 'lost-snapshot', from, to } : undefined;
  }

  /** Cuts the link one way. */
  cut(from: number, to: number): void {
    this.#cut.add(`${from}>${to}`);
  }

  /** Cuts all links between two sides, both ways. */
  partition(side: readonly number[], other: readonly number[]): void {
    for (const one of side) {
      for (const two of other) {
        this.cut(one, two);
        this.cut(two, one);
      }
    }
  }

  /** All links are whole again. */
  heal(): void {
    this.#cut.clear();
  }
}
