import { type Message, MessageType } from '../gen/raft/v1/raft.js';
import { messageBytes } from './message-size.js';
import type { TransportConfig } from './transport-config.js';

/** Taken or not, and why not. */
export type PushOutcome = 'queued' | 'full' | 'too-large';

/** Messages that go out together, and their encoded bytes, at most. */
export interface Batch {
  readonly messages: Message[];
  readonly bytes: number;
}

/** What a queue is bounded by. */
export type QueueLimits = Pick<TransportConfig, 'queueMessagesMax' | 'queueBytesMax' | 'messageBytesMax'>;

/** Taken items are cut off the front in one go once there are so many. */
const takenItemsMax = 1024;

/** First in, first out, with the bytes of each message beside it. */
class Lane {
  private items: { readonly message: Message; readonly bytes: number }[] = [];
  /** Invariant: 0 <= taken <= items.length; items before it are gone. */
  private taken = 0;
  bytes = 0;

  get length(): number {
    return this.items.length - this.taken;
  }

  push(message: Message, bytes: number): void {
    this.items.push({ message, bytes });
    this.bytes += bytes;
  }

  /** Moves messages to `batch` while they fit; returns the bytes of what was moved. */
  moveTo(batch: Message[], room: number): number {
    let moved = 0;
    for (let item = this.items[this.taken]; item !== undefined; item = this.items[this.taken]) {
      if (moved + item.bytes > room && batch.length > 0) break;
      batch.push(item.message);
      this.taken += 1;
      moved += item.bytes;
    }
    this.bytes -= moved;
    if (this.taken >= takenItemsMax || this.taken === this.items.length) {
      this.items = this.items.slice(this.taken);
      this.taken = 0;
    }
    return moved;
  }

  clear(): void {
    this.items = [];
    this.taken = 0;
    this.bytes = 0;
  }
}

/**
 * Messages that wait for one peer. Two lanes: appends, in order; and everything else, which is small and goes first, so that a
 * heartbeat or a vote never waits behind bulk. Raft takes messages in any order; within a lane the order is kept because a leader
 * that pipelines appends would otherwise see them rejected.
 *
 * A full lane refuses the new message, not the old ones: those are what the peer needs first.
 */
export class PeerQueue {
  private readonly urgent = new Lane();
  private readonly bulk = new Lane();

  constructor(private readonly limits: QueueLimits) {}

  /** Messages that wait. */
  get length(): number {
    return this.urgent.length + this.bulk.length;
  }

  /** Encoded bytes that wait, at most. */
  get bytes(): number {
    return this.urgent.bytes + this.bulk.bytes;
  }

  push(message: Message): PushOutcome {
    const bytes = messageBytes(message);
    if (bytes > this.limits.messageBytesMax) return 'too-large';
    const lane = message.msgType === MessageType.APPEND ? this.bulk : this.urgent;
    if (lane.length >= this.limits.queueMessagesMax) return 'full';
    if (lane.bytes + bytes > this.limits.queueBytesMax) return 'full';
    lane.push(message, bytes);
    return 'queued';
  }

  /** The next messages, of `bytesMax` bytes together at most; a larger one goes alone. Empty where nothing waits. */
  takeBatch(bytesMax: number): Batch {
    const messages: Message[] = [];
    const urgentBytes = this.urgent.moveTo(messages, bytesMax);
    const bulkBytes = this.bulk.moveTo(messages, bytesMax - urgentBytes);
    return { messages, bytes: urgentBytes + bulkBytes };
  }

  clear(): void {
    this.urgent.clear();
    this.bulk.clear();
  }
}
