import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Message, Message as MessageCodec, MessageType } from '../../src/gen/raft/v1/raft.js';
import { messageBytes } from '../../src/transport/message-size.js';
import { PeerQueue } from '../../src/transport/peer-queue.js';
import { append, message } from './network.js';

const limits = { queueMessagesMax: 20, queueBytesMax: 10_000, messageBytesMax: 4000 };

/** The queue as two plain arrays. */
class Model {
  readonly urgent: Message[] = [];
  readonly bulk: Message[] = [];

  push(one: Message): string {
    if (messageBytes(one) > limits.messageBytesMax) return 'too-large';
    const lane = one.msgType === MessageType.APPEND ? this.bulk : this.urgent;
    if (lane.length === limits.queueMessagesMax) return 'full';
    if (sum([...lane, one]) > limits.queueBytesMax) return 'full';
    lane.push(one);
    return 'queued';
  }

  take(bytesMax: number): Message[] {
    const batch: Message[] = [];
    for (const lane of [this.urgent, this.bulk]) {
      while (lane[0] !== undefined && (batch.length === 0 || sum([...batch, lane[0]]) <= bytesMax)) {
        batch.push(...lane.splice(0, 1));
      }
    }
    return batch;
  }
}

const sum = (messages: readonly Message[]) => messages.reduce((bytes, one) => bytes + messageBytes(one), 0);

const anyMessage = fc.oneof(
  fc.nat(5000).map((bytes) => append(1, 2, bytes, bytes)),
  fc.nat(300).map((bytes) => message(1, 2, { context: new Uint8Array(bytes) })),
);
const anyStep = fc.oneof(
  { weight: 20, arbitrary: anyMessage.map((one) => ({ kind: 'push' as const, one })) },
  { weight: 4, arbitrary: fc.nat(6000).map((bytes) => ({ kind: 'take' as const, bytes })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
);

describe('the queue of a peer', () => {
  it('does what two plain arrays do', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const queue = new PeerQueue(limits);
        let model = new Model();
        for (const step of steps) {
          if (step.kind === 'push') expect(queue.push(step.one)).toBe(model.push(step.one));
          else if (step.kind === 'take') {
            const messages = model.take(step.bytes);
            expect(queue.takeBatch(step.bytes)).toEqual({ messages, bytes: sum(messages) });
          } else {
            queue.clear();
            model = new Model();
          }
          expect(queue.length).toBe(model.urgent.length + model.bulk.length);
          expect(queue.bytes).toBe(sum(model.urgent) + sum(model.bulk));
        }
      }),
    );
  });

  it('counts no message smaller than it is on the wire', () => {
    const u64 = fc.maxSafeNat();
    const bytes = fc.uint8Array({ maxLength: 300 });
    const entry = fc.record({
      entryType: fc.constantFrom(0, 1, 2),
      term: u64,
      index: u64,
      data: bytes,
      context: bytes,
    });
    const fields = fc.record({
      msgType: fc.constant(MessageType.FORGET_LEADER),
      to: u64,
      from: u64,
      term: u64,
      logTerm: u64,
      index: u64,
      entries: fc.array(entry, { maxLength: 5 }),
      commit: u64,
      reject: fc.boolean(),
      rejectHint: u64,
      context: bytes,
      requestSnapshot: u64,
      deprecatedPriority: u64,
      commitTerm: u64,
      priority: fc.integer(),
    });
    fc.assert(
      fc.property(fields, (some) => {
        const one = MessageCodec.fromPartial(some);
        expect(MessageCodec.encode(one).finish().length).toBeLessThanOrEqual(messageBytes(one));
      }),
    );
  });

  it('sends heartbeats and votes before the appends that came first', () => {
    const queue = new PeerQueue(limits);
    queue.push(append(1, 2, 1, 10));
    queue.push(append(1, 2, 2, 10));
    queue.push(message(1, 2, { msgType: MessageType.HEARTBEAT }));
    queue.push(message(1, 2, { msgType: MessageType.REQUEST_VOTE }));
    expect(queue.takeBatch(10_000).messages.map(({ msgType }) => msgType)).toEqual([
      MessageType.HEARTBEAT,
      MessageType.REQUEST_VOTE,
      MessageType.APPEND,
      MessageType.APPEND,
    ]);
  });

  it('still takes a heartbeat where the appends have filled their lane', () => {
    const queue = new PeerQueue(limits);
    while (queue.push(append(1, 2, 1, 1000)) === 'queued');
    expect(queue.push(message(1, 2))).toBe('queued');
  });
});
