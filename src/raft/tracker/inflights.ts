import { assert } from '../../base/assert.js';
import { NO_LIMIT } from '../config.js';

/** Slots of the first buffer; it doubles as it fills. */
const FIRST_CAPACITY = 8;

/**
 * The window of appends under way to one peer: for each message its last index and its bytes, oldest first. A ring that grows with use,
 * so that a wide window costs nothing while it is idle.
 *
 * Invariant: indexes ascend from oldest to newest, and `bytes` is the sum over the messages that are counted.
 */
export class Inflights {
  #limit: number;
  readonly #bytesLimit: number;
  #indexes = new Float64Array(0);
  #sizes = new Float64Array(0);
  #start = 0;
  #count = 0;
  #bytes = 0;

  /**
   * @param limit messages
   * @param bytesLimit once reached, the window is full; NO_LIMIT: only messages count
   */
  constructor(limit: number, bytesLimit = NO_LIMIT) {
    this.#limit = limit;
    this.#bytesLimit = bytesLimit;
  }

  /** Messages under way. */
  get count(): number {
    return this.#count;
  }

  /** Bytes under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /** No more may be sent. One message may pass the limit of bytes: it is looked at before a send, not after. */
  full(): boolean {
    return this.#count >= this.#limit || this.#bytes >= this.#bytesLimit;
  }

  /** Takes a message of `bytes` whose last entry is `index` into the window, which must not be full. */
  add(index: number, bytes = 0): void {
    assert(!this.full(), 'an append was sent into a full window');
    if (this.#count === this.#indexes.length) this.#grow();
    const at = (this.#start + this.#count) % this.#indexes.length;
    this.#indexes[at] = index;
    this.#sizes[at] = bytes;
    this.#count++;
    this.#bytes += bytes;
  }

  /** Frees every message whose last index is at or below `index`. */
  freeTo(index: number): void {
    while (this.#count > 0 && this.#indexes[this.#start]! <= index) this.#freeOldest();
  }

  /** Forgets all messages. */
  reset(): void {
    this.#start = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  /** Another limit of messages. A smaller one drops nothing that is under way: the window is full until enough of it is freed. */
  setCap(limit: number): void {
    this.#limit = limit;
  }

  /** Gives the buffer back where the window is empty. */
  maybeFreeBuffer(): void {
    if (this.#count > 0) return;
    this.#start = 0;
    this.#indexes = new Float64Array(0);
    this.#sizes = new Float64Array(0);
  }

  /** Slots of the buffer, 0 where none is held. */
  get bufferCapacity(): number {
    return this.#indexes.length;
  }

  #freeOldest(): void {
    this.#bytes -= this.#sizes[this.#start]!;
    this.#start = (this.#start + 1) % this.#indexes.length;
    this.#count--;
  }

  #grow(): void {
    const capacity = Math.min(Math.max(FIRST_CAPACITY, this.#indexes.length * 2), this.#limit);
    this.#indexes = enlarged(this.#indexes, this.#start, capacity);
    this.#sizes = enlarged(this.#sizes, this.#start, capacity);
    this.#start = 0;
  }
}

/** A full ring, unrolled from its oldest slot on, with room behind. */
function enlarged(ring: Float64Array, start: number, capacity: number): Float64Array<ArrayBuffer> {
  const slots = new Float64Array(capacity);
  slots.set(ring.subarray(start));
  slots.set(ring.subarray(0, start), ring.length - start);
  return slots;
}
