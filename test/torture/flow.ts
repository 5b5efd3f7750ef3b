import type { Socket } from 'node:net';
import type { Link } from './links.js';

/** Bytes that wait here; beyond, the sender is not read from, and notices. */
const waitingBytesMax = 256 * 1024;

/** A piece of a stream, or its end. */
interface Piece {
  readonly bytes: Buffer | undefined;
  /** When it arrives, by `performance.now()`. */
  readonly dueMs: number;
}

/** One direction of a connection: carries what comes from one socket to another, as its link lets it. */
export class Flow {
  readonly #waiting: Piece[] = [];
  readonly #stopListening: () => void;
  #waitingBytes = 0;
  #lastDueMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param link undefined: nothing is done to it */
  constructor(
    private readonly source: Socket,
    private readonly sink: Socket,
    private readonly link: Link | undefined,
  ) {
    this.#stopListening = link?.onHeal(() => this.#carry()) ?? (() => {});
    source.on('data', (bytes: Buffer) => this.#take(bytes));
    source.once('close', () => this.#take(undefined));
    sink.on('drain', () => this.#carry());
    sink.once('close', () => this.#end());
  }

  #take(bytes: Buffer | undefined): void {
    if (this.#isOver) return;
    const time = this.link?.timeOf(bytes?.length ?? 0) ?? { latencyMs: 0, busyMs: 0 };
    const dueMs = Math.max(this.#lastDueMs + time.busyMs, performance.now() + time.busyMs + time.latencyMs);
    this.#lastDueMs = dueMs;
    this.#waiting.push({ bytes, dueMs });
    this.#waitingBytes += bytes?.length ?? 0;
    if (this.#waitingBytes > waitingBytesMax) this.source.pause();
    this.#carry();
  }

  #carry(): void {
    clearTimeout(this.#timer);
    for (let next = this.#waiting[0]; next !== undefined && !this.#isOver; next = this.#waiting[0]) {
      if (this.link?.isCut || this.sink.writableNeedDrain) return;
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.#carry(), leftMs);
        return;
      }
      this.#waiting.shift();
      if (next.bytes === undefined) {
        this.sink.destroySoon();
        this.#end();
        return;
      }
      this.#waitingBytes -= next.bytes.length;
      if (this.#waitingBytes <= waitingBytesMax) this.source.resume();
      this.sink.write(next.bytes);
    }
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#stopListening();
    this.#waiting.length = 0;
    // Nobody listens any more, and a socket that is not read from never notices that it was closed.
    this.source.resume();
  }
}
