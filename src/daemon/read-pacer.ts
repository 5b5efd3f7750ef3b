import type { Socket } from 'node:net';
import type { MonotonicClock } from '../node/ports.js';

/** How much of the event loop callers may have. */
export interface PaceLimits {
  /** Of one turn of the event loop, for what callers send, in milliseconds: a small part of the shortest sensible tick. */
  readonly turnMs: number;
  /** A caller who has waited so long to be read, in milliseconds, is refused: what he waits for is worth less and less to him. */
  readonly waitMaxMs: number;
  /** Refusals go on until callers wait no longer than this, in milliseconds. */
  readonly waitCalmMs: number;
}

export const defaultPaceLimits: PaceLimits = { turnMs: 10, waitMaxMs: 5000, waitCalmMs: 1000 };

/**
 * Reading of a socket as Node's HTTP/2 does it, underneath the stream: `pause()` of the socket does not reach it. There is no public way, and a
 * stream of our own in between would double what a message costs. HTTP/2 stops reading, too, while a write to a slow reader is under way;
 * letting such a socket on lets in no more than the calls that one connection may have open.
 */
interface ReadHandle {
  readStart(): number;
  readStop(): number;
}

/** A connection whose reading is paced. */
interface Paced {
  readonly socket: Socket;
  /** When it was last held. */
  heldAtMs: number;
}

/**
 * Shares the event loop between the callers of a node and its own work. Node reads every socket that has something before it looks at a timer again: a
 * thousand callers who write at once would keep a leader from its heartbeats for seconds, and cost it its leadership.
 *
 * What callers send is counted in time. When it has used up its share of a turn, no more of their sockets are read in it; timers and the node's
 * own turn come next, and then those who have waited longest. The sockets of peers are never held. What is not read waits at the other
 * end of the line, and costs this node nothing.
 */
export class ReadPacer {
  readonly #byName = new Map<string, Paced>();
  readonly #flowing = new Set<Paced>();
  /** In the order in which they are let on. */
  readonly #held = new Set<Paced>();
  #waiting: (() => void)[] = [];
  /** How many are let on in a turn: twice as many after one that had time left, half as many after one that had not. */
  #batch = 1;
  #turnEndsMs: number | undefined;
  #awaitsEndOfTurn = false;
  #isExhausted = false;
  #isRefusing = false;

  constructor(
    private readonly clock: MonotonicClock,
    private readonly limits: PaceLimits = defaultPaceLimits,
  ) {}

  /** Whether callers have waited so long for being read that they are better told to come back. */
  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  /** Paces this connection from now on, until it is closed. */
  add(socket: Socket): void {
    const name = nameOf(socket);
    const paced = { socket, heldAtMs: 0 };
    this.#byName.set(name, paced);
    this.#flowing.add(paced);
    socket.once('close', () => {
      this.#drop(paced);
      if (this.#byName.get(name) === paced) this.#byName.delete(name);
    });
  }

  /** Holds this connection no more: it is a peer's. @param name HOST:PORT of its other end */
  exempt(name: string): void {
    const paced = this.#byName.get(name);
    if (paced === undefined) return;
    this.#drop(paced);
    readHandleOf(paced.socket)?.readStart();
  }

  /** Cuts this connection. @param name HOST:PORT of its other end */
  cutOff(name: string): void {
    this.#byName.get(name)?.socket.destroy();
  }

  /** Something of a caller is being worked on: it counts against the callers' share of this turn. */
  spend(): void {
    const now = this.clock();
    if (this.#turnEndsMs === undefined) {
      this.#turnEndsMs = now + this.limits.turnMs;
      this.#awaitEndOfTurn();
    } else if (!this.#isExhausted && now >= this.#turnEndsMs) {
      this.#exhaust(now);
    }
  }

  /** Runs this now where the turn has time for it, and otherwise in a later one, in the order of asking. */
  whenThereIsTime(run: () => void): void {
    if (this.#isExhausted || this.#waiting.length > 0) {
      this.#waiting.push(run);
      return;
    }
    this.spend();
    run();
  }

  #awaitEndOfTurn(): void {
    if (this.#awaitsEndOfTurn) return;
    this.#awaitsEndOfTurn = true;
    setImmediate(() => this.#endTurn());
  }

  #exhaust(now: number): void {
    this.#isExhausted = true;
    for (const paced of this.#flowing) {
      readHandleOf(paced.socket)?.readStop();
      paced.heldAtMs = now;
      this.#held.add(paced);
    }
    this.#flowing.clear();
  }

  /** The node's own turn comes in the same phase, and timers in the next one; then the sockets that are let on here are read. */
  #endTurn(): void {
    this.#awaitsEndOfTurn = false;
    this.#batch = this.#isExhausted ? Math.max(1, this.#batch >> 1) : Math.min(this.#batch * 2, this.#held.size + 1);
    this.#turnEndsMs = undefined;
    this.#isExhausted = false;
    const now = this.clock();
    this.#judge(now);
    this.#letOn();
    this.#runWaiting(now);
    if (this.#held.size > 0 || this.#waiting.length > 0) this.#awaitEndOfTurn();
    else this.#batch = 1;
  }

  #judge(now: number): void {
    const { waitMaxMs, waitCalmMs } = this.limits;
    const [first] = this.#held;
    const waitedMs = first === undefined ? 0 : now - first.heldAtMs;
    this.#isRefusing = waitedMs > (this.#isRefusing ? waitCalmMs : waitMaxMs);
  }

  #letOn(): void {
    let left = this.#batch;
    for (const paced of this.#held) {
      if (left-- === 0) return;
      this.#held.delete(paced);
      this.#flowing.add(paced);
      readHandleOf(paced.socket)?.readStart();
    }
  }

  #runWaiting(now: number): void {
    let count = 0;
    while (count < this.#waiting.length && this.clock() < now + this.limits.turnMs) this.#waiting[count++]?.();
    this.#waiting.splice(0, count);
  }

  #drop(paced: Paced): void {
    this.#flowing.delete(paced);
    this.#held.delete(paced);
  }
}

/** As gRPC names the other end of a connection. */
const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`;

function readHandleOf(socket: Socket): ReadHandle | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  return isReadHandle(handle) ? handle : undefined;
}

function isReadHandle(handle: unknown): handle is ReadHandle {
  return typeof handle === 'object' && handle !== null && 'readStart' in handle && 'readStop' in handle;
}
