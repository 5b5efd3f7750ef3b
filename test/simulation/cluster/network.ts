import { type Random, randomInt } from '../../../src/base/random.js';
import { Message, MessageType } from '../../../src/gen/raft/v1/raft.js';
import type { Counters } from './counters.js';
import type { SimulatedTransport } from './transport.js';
import type { VirtualTime } from './virtual-time.js';

/** How bad the network is. */
export interface NetworkQuality {
  /** Milliseconds that every message takes, and how many more it may take. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Probabilities a message. */
  readonly lose: number;
  readonly duplicate: number;
  /** That a message of some time ago comes once more. */
  readonly replay: number;
  /** That it is held back for long. */
  readonly delay: number;
  /** That a snapshot which has arrived is sent once more. */
  readonly repeatTransfer: number;
  /** Milliseconds that it takes until both sides of a connection have noticed that nothing passes. */
  readonly noticeMs: number;
}

export const GOOD_NETWORK: NetworkQuality = {
  latencyMs: 1,
  jitterMs: 1,
  lose: 0,
  duplicate: 0,
  replay: 0,
  delay: 0,
  repeatTransfer: 0,
  noticeMs: 1000,
};

/** Messages kept to come once more. */
const REPLAYABLE_MAX = 300;
/** Milliseconds by which a late message is late, at most. */
const LATE_MS_MAX = 5000;
/** A link in one direction, as a number. */
export function linkOf(from: number, to: number): number {
  return from * LINKS_FROM_ONE + to;
}

/** Whether a link leads to a node. */
export function isTo(link: number, id: number): boolean {
  return link % LINKS_FROM_ONE === id;
}

const LINKS_FROM_ONE = 1000;

/** The network between machines: messages travel as bytes, so that no two nodes ever hold the same object. */
export class SimulatedNetwork {
  quality: NetworkQuality = GOOD_NETWORK;
  readonly ends = new Map<number, SimulatedTransport>();
  /** Links on which nothing passes, by `linkOf`, with when they were cut. */
  readonly #cuts = new Map<number, number>();
  readonly #clogs = new Map<number, number>();
  readonly #past: { readonly from: number; readonly to: number; readonly bytes: Uint8Array }[] = [];
  /** Grows with each change of the links: connections made before are made anew. */
  epoch = 0;
  onSend: (message: Message) => void = () => {};
  /** Whether a node has taken a snapshot in that is not durable yet. */
  isInstalling: (id: number) => boolean = () => false;
  /** A message that was let in. */
  onReceive: (id: number, from: number) => void = () => {};

  constructor(
    readonly time: VirtualTime,
    readonly random: Random,
    readonly counters: Counters,
  ) {}

  send(message: Message): void {
    this.onSend(message);
    const { from, to } = message;
    const bytes = Message.encode(message).finish();
    const { lose, duplicate, replay } = this.quality;
    if (this.random() < replay) this.#replay();
    if (message.msgType !== MessageType.SNAPSHOT) {
      if (this.#past.length === REPLAYABLE_MAX)
        this.#past[randomInt(this.random, 0, REPLAYABLE_MAX)] = { from, to, bytes };
      else this.#past.push({ from, to, bytes });
    }
    if (this.random() < lose) {
      this.counters.add('message lost');
      return;
    }
    this.#travel(from, to, bytes);
    if (this.random() < duplicate) {
      this.counters.add('message duplicated');
      this.#travel(from, to, bytes);
    }
  }

  /** Milliseconds on the way from one to another. */
  latencyMs(from: number, to: number): number {
    const { latencyMs, jitterMs, delay } = this.quality;
    const late = this.random() < delay ? this.random() * LATE_MS_MAX : 0;
    const clogged = Math.max(0, (this.#clogs.get(linkOf(from, to)) ?? 0) - this.time.nowMs);
    return latencyMs + this.random() * jitterMs + late + clogged;
  }

  passes(from: number, to: number): boolean {
    return !this.#cuts.has(linkOf(from, to));
  }

  /** Whether two nodes believe that they are connected: it takes a while until a cut shows. */
  seemsConnected(left: number, right: number): boolean {
    return this.#cuts.size === 0 || (this.#seemsOpen(left, right) && this.#seemsOpen(right, left));
  }

  #seemsOpen(from: number, to: number): boolean {
    const cutMs = this.#cuts.get(linkOf(from, to));
    return cutMs === undefined || this.time.nowMs - cutMs < this.quality.noticeMs;
  }

  cut(from: number, to: number): void {
    this.#cuts.set(linkOf(from, to), this.time.nowMs);
    this.epoch++;
  }

  /** Cuts a link in both directions. */
  isolate(left: number, right: number): void {
    this.cut(left, right);
    this.cut(right, left);
  }

  /** Nothing passes for a while; all of it arrives afterwards. */
  clog(from: number, to: number, ms: number): void {
    this.#clogs.set(linkOf(from, to), this.time.nowMs + ms);
  }

  heal(): void {
    this.#cuts.clear();
    this.#clogs.clear();
    this.epoch++;
  }

  mend(from: number, to: number): void {
    this.#cuts.delete(linkOf(from, to));
    this.epoch++;
  }

  healOne(random: Random): void {
    const cuts = [...this.#cuts.keys()];
    const link = cuts[randomInt(random, 0, Math.max(1, cuts.length))];
    if (link !== undefined) this.#cuts.delete(link);
    this.epoch++;
  }

  get hasCuts(): boolean {
    return this.#cuts.size > 0;
  }

  #replay(): void {
    const old = this.#past[randomInt(this.random, 0, Math.max(1, this.#past.length))];
    if (old === undefined) return;
    this.counters.add('old message replayed');
    // A late copy was under way before whatever was cut since.
    this.#travel(old.from, old.to, old.bytes, true);
  }

  #travel(from: number, to: number, bytes: Uint8Array, isLate = false): void {
    this.time.in(this.latencyMs(from, to), () => {
      if (!isLate && !this.passes(from, to)) {
        this.counters.add('message lost in a partition');
        return;
      }
      this.ends.get(to)?.arrive(bytes, from);
    });
  }
}
