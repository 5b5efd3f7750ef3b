import { describe, expect, test } from 'vitest';
import { JointConfig } from '../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../src/raft/quorum/majority.js';
import { decodeReadNumber, encodeReadNumber, ForwardedReads, ReadOnly } from '../../src/raft/read-only.js';
import { bytes, text } from './network.js';

const three = new JointConfig(new MajorityConfig([1, 2, 3]));
const read = (name: string, index = 1) => ({ from: 1, context: bytes(name), index });
const names = (reads: readonly { context: Uint8Array }[]) => reads.map(({ context }) => text(context));

describe('reads that wait on the leader', () => {
  test('a quorum for the newest releases all before it, in order', () => {
    const reads = new ReadOnly();
    for (const name of ['a', 'b', 'c']) reads.add(read(name));
    reads.recvAck(1, reads.lastContext());
    expect(reads.release(three)).toEqual([]);
    reads.recvAck(2, reads.lastContext());
    expect(names(reads.release(three))).toEqual(['a', 'b', 'c']);
    expect(reads.pendingCount).toBe(0);
  });

  test('an answer to an earlier heartbeat confirms earlier reads only', () => {
    const reads = new ReadOnly();
    reads.add(read('a'));
    const early = reads.lastContext();
    reads.add(read('b'));
    reads.recvAck(1, reads.lastContext());
    reads.recvAck(3, early);
    expect(names(reads.release(three))).toEqual(['a']);
    reads.recvAck(2, reads.lastContext());
    expect(names(reads.release(three))).toEqual(['b']);
  });

  test('joint: both halves must confirm', () => {
    const joint = new JointConfig(new MajorityConfig([1, 2, 3]), new MajorityConfig([4, 5]));
    const reads = new ReadOnly();
    reads.add(read('a'));
    for (const id of [1, 2, 4]) reads.recvAck(id, reads.lastContext());
    expect(reads.release(joint)).toEqual([]);
    reads.recvAck(5, reads.lastContext());
    expect(names(reads.release(joint))).toEqual(['a']);
  });

  test('numbers that were dropped or never given confirm nothing', () => {
    const reads = new ReadOnly();
    reads.add(read('a'));
    const old = reads.lastContext();
    reads.drop();
    reads.add(read('b'));
    for (const id of [1, 2, 3]) {
      reads.recvAck(id, old);
      reads.recvAck(id, encodeReadNumber(99));
      reads.recvAck(id, bytes('odd'));
    }
    expect(reads.release(three)).toEqual([]);
  });

  test('nothing waits: heartbeats carry nothing', () => {
    expect(new ReadOnly().lastContext()).toHaveLength(0);
  });
});

test('read numbers go through 8 bytes; what is no such number is told apart', () => {
  for (const number of [0, 1, 255, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    expect(decodeReadNumber(encodeReadNumber(number))).toBe(number);
  }
  expect(decodeReadNumber(new Uint8Array(8).fill(255))).toBeUndefined();
  expect(decodeReadNumber(new Uint8Array(7))).toBeUndefined();
});

describe('reads that a follower has passed on', () => {
  test('an answer finds its read once, even where callers use one context twice', () => {
    const reads = new ForwardedReads(0.5);
    const [first, second] = [reads.add(bytes('same')), reads.add(bytes('same'))];
    expect(first).not.toEqual(second);
    expect(reads.take(second)).toEqual(bytes('same'));
    expect(reads.take(second)).toBeUndefined();
    expect(reads.take(first)).toEqual(bytes('same'));
  });

  test('a restarted node takes no answer meant for its earlier life', () => {
    const before = new ForwardedReads(0.25).add(bytes('before'));
    const after = new ForwardedReads(0.75);
    after.add(bytes('after'));
    expect(after.take(before)).toBeUndefined();
  });

  test('dropped reads and the oldest of very many are forgotten', () => {
    const reads = new ForwardedReads(0);
    const tokens = Array.from({ length: 16_385 }, () => reads.add(bytes('x')));
    expect(reads.take(tokens[0] as Uint8Array)).toBeUndefined();
    expect(reads.take(tokens[1] as Uint8Array)).toBeDefined();
    reads.drop();
    expect(reads.take(tokens[2] as Uint8Array)).toBeUndefined();
  });
});
