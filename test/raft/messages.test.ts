import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Entry, MessageType } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import {
  entriesSize,
  entrySize,
  isLocalMessage,
  isResponseMessage,
  limitSize,
  snapshotIndex,
  snapshotTerm,
  voteResponseType,
} from '../../src/raft/messages.js';

const anEntry = fc.record({
  entryType: fc.constantFrom(0, 1, 2),
  term: fc.maxSafeNat(),
  index: fc.maxSafeNat(),
  data: fc.uint8Array({ maxLength: 300 }),
  context: fc.uint8Array({ maxLength: 20 }),
});

test('the size of an entry is known without encoding it', () => {
  fc.assert(fc.property(anEntry, (entry) => entrySize(entry) === Entry.encode(entry).finish().length));
});

test('also at every number of bytes that a length or a number can take', () => {
  for (let bits = 7; bits <= 49; bits += 7) {
    for (const term of [2 ** bits - 1, 2 ** bits]) {
      const entry = { entryType: 0, term, index: term, data: new Uint8Array(0), context: new Uint8Array(0) };
      expect(entrySize(entry)).toBe(Entry.encode(entry).finish().length);
    }
  }
  for (const length of [127, 128, 2 ** 14 - 1, 2 ** 14, 2 ** 21 - 1, 2 ** 21]) {
    const entry = { entryType: 1, term: 1, index: 1, data: new Uint8Array(length), context: new Uint8Array(0) };
    expect(entrySize(entry)).toBe(Entry.encode(entry).finish().length);
  }
});

test('a snapshot without metadata is none', () => {
  const none = { data: new Uint8Array(0), metadata: undefined };
  expect([snapshotIndex(none), snapshotTerm(none)]).toEqual([0, 0]);
});

test('limitSize keeps the longest prefix that fits, and at least one entry', () => {
  fc.assert(
    fc.property(fc.array(anEntry, { maxLength: 10 }), fc.nat(1000), (entries, maxBytes) => {
      const kept = limitSize(entries, maxBytes);
      expect(kept).toEqual(entries.slice(0, kept.length));
      if (entries.length === 0) return;
      expect(kept.length).toBeGreaterThan(0);
      if (kept.length > 1) expect(entriesSize(kept)).toBeLessThanOrEqual(maxBytes);
      if (kept.length < entries.length)
        expect(entriesSize(entries.slice(0, kept.length + 1))).toBeGreaterThan(maxBytes);
    }),
  );
});

test('without a limit nothing is copied', () => {
  fc.assert(fc.property(fc.array(anEntry), (entries) => limitSize(entries, NO_LIMIT) === entries));
});

test('types that never come from another node, and types that answer', () => {
  const types = Object.values(MessageType).filter((type) => typeof type === 'number') as MessageType[];
  expect(types.filter(isLocalMessage).map((type) => MessageType[type])).toEqual([
    'HUP',
    'BEAT',
    'UNREACHABLE',
    'SNAP_STATUS',
    'CHECK_QUORUM',
    'FORGET_LEADER',
  ]);
  expect(types.filter(isResponseMessage).map((type) => MessageType[type])).toEqual([
    'APPEND_RESPONSE',
    'REQUEST_VOTE_RESPONSE',
    'HEARTBEAT_RESPONSE',
    'UNREACHABLE',
    'READ_INDEX_RESP',
    'REQUEST_PRE_VOTE_RESPONSE',
  ]);
  expect(voteResponseType(MessageType.REQUEST_PRE_VOTE)).toBe(MessageType.REQUEST_PRE_VOTE_RESPONSE);
  expect(voteResponseType(MessageType.REQUEST_VOTE)).toBe(MessageType.REQUEST_VOTE_RESPONSE);
});
