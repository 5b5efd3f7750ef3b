import { EMPTY } from './messages.js';
import type { JointConfig } from './quorum/joint.js';
import type { AckedIndexer } from './quorum/quorum.js';

/** A read that may be answered from state applied up to `index`. */
export interface ReadState {
  readonly index: number;
  /** What the caller gave to `readIndex`. */
  readonly requestContext: Uint8Array;
}

/** A read that waits for the leader's word. */
export interface PendingRead {
  /** Who asked; the leader's own id for its own. */
  readonly from: number;
  /** The caller's context, or the token of the follower that asked. */
  readonly context: Uint8Array;
  /** Commit index when it came in: what a read must see at least. */
  readonly index: number;
}

/** Reads that a follower has forwarded and still waits for; the oldest are forgotten, as their callers have given up long ago. */
const FORWARDED_READS_MAX = 16_384;

/** 8 bytes, little-endian. Byte by byte: a view of them would cost several times as much as all the rest of a read. */
export function encodeReadNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  let rest = value;
  for (let at = 0; at < 8; at++) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** The number in such 8 bytes; undefined where they are no such number. */
export function decodeReadNumber(bytes: Uint8Array): number | undefined {
  if (bytes.length !== 8) return undefined;
  let value = 0;
  for (let at = 7; at >= 0; at--) value = value * 256 + (bytes[at] as number);
  return Number.isSafeInteger(value) ? value : undefined;
}

/**
 * Reads on the leader that wait until a quorum has confirmed, after they came in, that it still is the leader (Paper §8, Thesis §6.4).
 *
 * Reads are numbered as they come. A heartbeat carries the number of the newest one, its answer acknowledges all up to there, and
 * what a quorum has acknowledged is released in order. Numbers never come again, so that an answer to an earlier round cannot
 * confirm a later one, whatever contexts callers choose.
 *
 * Invariant: read number n is queue[n - released - 1].
 */
export class ReadOnly implements AckedIndexer {
  /** Number of the newest read that was released or dropped. */
  #released = 0;
  #queue: PendingRead[] = [];
  readonly #acks = new Map<number, number>();

  /** Reads that wait. */
  get pendingCount(): number {
    return this.#queue.length;
  }

  /** Takes a read in. */
  add(read: PendingRead): void {
    this.#queue.push(read);
  }

  /** What a heartbeat carries: the number of the newest read that waits; empty where none does. */
  lastContext(): Uint8Array {
    return this.#queue.length === 0 ? EMPTY : encodeReadNumber(this.#released + this.#queue.length);
  }

  /** A peer has answered a heartbeat that carried this context. Numbers that were never given out count for nothing. */
  recvAck(id: number, context: Uint8Array): void {
    const number = decodeReadNumber(context);
    if (number === undefined || number > this.#released + this.#queue.length) return;
    if (number > (this.#acks.get(id) ?? 0)) this.#acks.set(id, number);
  }

  ackedIndex(id: number): number | undefined {
    return this.#acks.get(id);
  }

  /** Reads that a quorum has confirmed, in the order they came in. */
  release(voters: JointConfig): PendingRead[] {
    const confirmed = Math.min(voters.committedIndex(this) - this.#released, this.#queue.length);
    if (confirmed <= 0) return [];
    this.#released += confirmed;
    return this.#queue.splice(0, confirmed);
  }

  /** Forgets all that wait; their numbers are not used again. */
  drop(): void {
    this.#released += this.#queue.length;
    this.#queue = [];
    this.#acks.clear();
  }
}

/**
 * Reads that a follower has sent to its leader. What travels is a token of this node, not the caller's context, so that an answer
 * finds its read once and no other.
 */
export class ForwardedReads {
  #nextToken: number;
  readonly #contexts = new Map<number, Uint8Array>();

  /** @param chance in [0, 1): tokens begin anywhere, so that a restarted node takes no answer meant for its earlier life */
  constructor(chance: number) {
    this.#nextToken = Math.floor(chance * 2 ** 44) + 1;
  }

  /** The token to send for a read with this context. */
  add(context: Uint8Array): Uint8Array {
    const token = this.#nextToken++;
    this.#contexts.set(token, context);
    if (this.#contexts.size > FORWARDED_READS_MAX) {
      for (const oldest of this.#contexts.keys()) {
        this.#contexts.delete(oldest);
        break;
      }
    }
    return encodeReadNumber(token);
  }

  /** The caller's context for an answered token; undefined where it is not waited for. */
  take(token: Uint8Array): Uint8Array | undefined {
    const number = decodeReadNumber(token);
    if (number === undefined) return undefined;
    const context = this.#contexts.get(number);
    this.#contexts.delete(number);
    return context;
  }

  /** Forgets all that wait. */
  drop(): void {
    this.#contexts.clear();
  }
}
