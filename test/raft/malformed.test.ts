import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EntryType, type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { NO_LIMIT } from '../../src/raft/config.js';
import { RaftError } from '../../src/raft/errors.js';
import { emptyConfState } from '../../src/raft/messages.js';
import { bytes, entry, message, Network, type Peer } from './network.js';
import { stateOf } from './state-of.js';

/** Node 2 of three, which follows 1 in term 1 and has applied two entries. */
function follower(): Peer {
  const network = Network.ofVoters(3);
  network.campaign(1);
  network.propose(1, 'x');
  return network.peer(2);
}

const confState = { ...emptyConfState(), voters: [1, 2, 3] };
const from1 = (msgType: MessageType, fields: Partial<Message>) =>
  message(msgType, { from: 1, to: 2, term: 1, ...fields });
const snapshot = (metadata: object) => ({
  snapshot: { data: bytes('s'), metadata: { index: 9, term: 1, confState, ...metadata } },
});

describe('a malformed message is refused by name', () => {
  test.each([
    ['an unknown type', from1(99 as MessageType, {})],
    ['no sender', from1(MessageType.HEARTBEAT, { from: 0 })],
    ['itself as sender', from1(MessageType.HEARTBEAT, { from: 2 })],
    ['another receiver', from1(MessageType.HEARTBEAT, { to: 3 })],
    ['no term', from1(MessageType.APPEND, { term: 0 })],
    ['a term that no election reaches', from1(MessageType.REQUEST_VOTE, { term: Number.MAX_SAFE_INTEGER })],
    ['a fraction', from1(MessageType.HEARTBEAT, { commit: 0.5 })],
    ['a negative number', from1(MessageType.APPEND, { index: -1 })],
    ['an index past the safe integers', from1(MessageType.APPEND, { index: 2 ** 53 })],
    ['a gap in its entries', from1(MessageType.APPEND, { index: 2, logTerm: 1, entries: [entry(4, 1)] })],
    ['entries out of order', from1(MessageType.APPEND, { index: 2, logTerm: 1, entries: [entry(3, 1), entry(3, 1)] })],
    ['terms that fall', from1(MessageType.APPEND, { term: 3, index: 2, logTerm: 2, entries: [entry(3, 1)] })],
    ['an entry of a later term', from1(MessageType.APPEND, { index: 2, logTerm: 1, entries: [entry(3, 2)] })],
    ['an entry without a term', from1(MessageType.APPEND, { index: 0, logTerm: 0, entries: [entry(1, 0)] })],
    ['a previous entry without a term', from1(MessageType.APPEND, { index: 2, logTerm: 0 })],
    ['a commit index behind the log', from1(MessageType.HEARTBEAT, { commit: 3 })],
    ['a snapshot without metadata', from1(MessageType.SNAPSHOT, { snapshot: { data: bytes('s') } })],
    ['no snapshot', from1(MessageType.SNAPSHOT, {})],
    ['a snapshot of index 0', from1(MessageType.SNAPSHOT, snapshot({ index: 0 }))],
    ['a snapshot of a later term', from1(MessageType.SNAPSHOT, snapshot({ term: 2 }))],
    ['a snapshot without a configuration', from1(MessageType.SNAPSHOT, snapshot({ confState: undefined }))],
    [
      'a snapshot whose configuration cannot be',
      from1(MessageType.SNAPSHOT, snapshot({ confState: { ...confState, learners: [2] } })),
    ],
    ['an empty proposal', from1(MessageType.PROPOSE, { term: 0 })],
    [
      'a proposal of an unknown type',
      from1(MessageType.PROPOSE, { term: 0, entries: [{ ...entry(0, 0), entryType: 7 as EntryType }] }),
    ],
    ['a read without a token', from1(MessageType.READ_INDEX, { term: 0 })],
    ['a proposal of a term', from1(MessageType.PROPOSE, { entries: [entry(0, 0, 'x')] })],
    ['a read of a term', from1(MessageType.READ_INDEX, { entries: [entry(0, 0, 'x')] })],
    ['no list of entries', from1(MessageType.APPEND, { entries: undefined as never })],
    ['an entry that is nothing', from1(MessageType.APPEND, { index: 2, logTerm: 1, entries: [null as never] })],
    ['a context that is text', from1(MessageType.HEARTBEAT, { context: 'x' as never })],
    ['a word for a yes or no', from1(MessageType.REQUEST_VOTE, { term: 2, reject: 'no' as never })],
    [
      'entries up to behind the safe integers',
      from1(MessageType.APPEND, {
        index: Number.MAX_SAFE_INTEGER,
        logTerm: 1,
        entries: [entry(Number.MAX_SAFE_INTEGER + 1, 1)],
      }),
    ],
    [
      'a snapshot that is text',
      from1(MessageType.SNAPSHOT, { snapshot: { ...snapshot({}).snapshot, data: 's' as never } }),
    ],
    [
      'a snapshot of no metadata',
      from1(MessageType.SNAPSHOT, { snapshot: { data: bytes('s'), metadata: null as never } }),
    ],
    ['a snapshot of no configuration', from1(MessageType.SNAPSHOT, snapshot({ confState: null }))],
    ['a snapshot with node 0', from1(MessageType.SNAPSHOT, snapshot({ confState: { ...confState, voters: [0, 1] } }))],
    ['a snapshot without lists', from1(MessageType.SNAPSHOT, snapshot({ confState: { ...confState, voters: 3 } }))],
    ['a candidate of a later log', from1(MessageType.REQUEST_VOTE, { term: 2, index: 9, logTerm: 3 })],
  ])('%s', (_, malformed) => {
    const peer = follower();
    const before = stateOf(peer.node);
    expect(() => peer.node.step(malformed)).toThrow(/^malformed message: /);
    expect(stateOf(peer.node)).toEqual(before);
  });

  test('a configuration change that nobody could apply', () => {
    const peer = follower();
    const before = stateOf(peer.node);
    for (const entryType of [EntryType.CONF_CHANGE, EntryType.CONF_CHANGE_V2]) {
      const unreadable = { ...entry(3, 1), entryType, data: Uint8Array.of(0x0a, 0xff) };
      const append = from1(MessageType.APPEND, { index: 2, logTerm: 1, entries: [unreadable] });
      expect(() => peer.node.step(append)).toThrow('configuration change cannot be read');
    }
    expect(stateOf(peer.node)).toEqual(before);
  });

  test('to a leader: an acknowledgement of what was never sent', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const forged = message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 99 });
    expect(() => network.node(1).step(forged)).toThrow('acknowledges 99, the last entry is 1');
    expect(network.node(1).raft.raftLog.committed).toBe(1);
  });

  test('to a leader: a wish for a snapshot of what is not there', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const forged = { from: 2, to: 1, term: 1, index: 1, reject: true, rejectHint: 1, requestSnapshot: 99 };
    expect(() => network.node(1).step(message(MessageType.APPEND_RESPONSE, forged))).toThrow(
      'wants a snapshot of 99, the last entry is 1',
    );
  });
});

const small = fc.oneof(fc.nat(6), fc.constantFrom(-1, 0.5, 2 ** 53, Number.MAX_SAFE_INTEGER, Number.NaN));
/** What no peer written in TypeScript could send. */
const nonsense = fc.constantFrom<never>(null as never, undefined as never, 'text' as never, 7n as never, {} as never);
const anEntry = fc.record({
  entryType: fc.nat(3),
  term: small,
  index: small,
  data: fc.uint8Array({ maxLength: 3 }),
  context: fc.constant(bytes('')),
});
const ids = fc.array(fc.nat(4), { maxLength: 4 });
const aSnapshot = fc.record(
  {
    data: fc.constant(bytes('s')),
    metadata: fc.record({
      index: small,
      term: small,
      confState: fc.record({
        voters: ids,
        learners: ids,
        votersOutgoing: ids,
        learnersNext: ids,
        autoLeave: fc.boolean(),
      }),
    }),
  },
  { requiredKeys: ['data'] },
);
const aMessage = fc.record({
  msgType: fc.oneof(fc.nat(24), fc.constantFrom(3, 4, 7, 8, 9)),
  to: fc.constantFrom(0, 2, 3),
  from: fc.nat(5),
  term: small,
  logTerm: small,
  index: small,
  entries: fc.oneof(
    { weight: 20, arbitrary: fc.array(anEntry, { maxLength: 3 }) },
    { weight: 1, arbitrary: nonsense },
    { weight: 1, arbitrary: fc.array(nonsense, { maxLength: 2 }) },
  ),
  commit: small,
  snapshot: fc.oneof(
    { weight: 20, arbitrary: fc.option(aSnapshot, { nil: undefined }) },
    { weight: 1, arbitrary: nonsense },
  ),
  reject: fc.boolean(),
  rejectHint: small,
  context: fc.oneof({ weight: 20, arbitrary: fc.uint8Array({ maxLength: 9 }) }, { weight: 1, arbitrary: nonsense }),
  requestSnapshot: small,
  deprecatedPriority: fc.nat(3),
  commitTerm: small,
  priority: fc.integer({ min: -2, max: 2 }),
}) as fc.Arbitrary<Message>;

/** Term and data of each committed entry, index 1 first; undefined for those that a snapshot stands for. */
function committedEntries({ node: { raft } }: Peer): (string | undefined)[] {
  const { raftLog } = raft;
  return Array.from({ length: raftLog.committed }, (_, at) => {
    if (at + 1 < raftLog.firstIndex()) return undefined;
    const [found] = raftLog.slice(at + 1, at + 2, NO_LIMIT, { kind: 'empty', canAsync: false });
    return `${found?.term} ${found?.entryType} ${found?.data}`;
  });
}

describe('whatever a peer sends', () => {
  test.each(['follower', 'leader', 'candidate'])(
    'a %s takes it, ignores it or refuses it, and its invariants hold',
    (role) => {
      fc.assert(
        fc.property(fc.array(aMessage, { maxLength: 12 }), (messages) => {
          const network = Network.ofVoters(3, { piggybackCommit: true, checkQuorum: role === 'leader' });
          network.campaign(role === 'leader' ? 2 : 1);
          network.propose(1, 'x');
          const peer = network.peer(2);
          if (role === 'candidate') {
            peer.node.campaign();
            peer.work();
          }
          for (const one of messages) {
            const before = stateOf(peer.node);
            const { term, vote } = peer.node.raft;
            const committed = committedEntries(peer);
            try {
              peer.node.step(one);
            } catch (error) {
              expect(error).toBeInstanceOf(RaftError);
              expect((error as RaftError).kind).not.toBe('fatal');
              expect(stateOf(peer.node)).toEqual(before);
            }
            peer.work();
            const { raftLog } = peer.node.raft;
            expect(raftLog.applied).toBeLessThanOrEqual(raftLog.committed);
            expect(raftLog.committed).toBeLessThanOrEqual(raftLog.lastIndex());
            expect(peer.node.raft.term).toBeGreaterThanOrEqual(term);
            if (peer.node.raft.term === term && vote !== 0) expect(peer.node.raft.vote).toBe(vote);
            // What was committed is still there, each entry at its place, unless a snapshot has taken its place.
            expect(raftLog.committed).toBeGreaterThanOrEqual(committed.length);
            expect(committedEntries(peer).slice(0, committed.length)).toEqual(
              committed.map((known, at) => (at + 1 < raftLog.firstIndex() ? undefined : known)),
            );
            expect(raftLog.persisted).toBeLessThan(raftLog.unstable.offset);
            expect([...peer.node.raft.tracker.progress.keys()]).toEqual([...peer.node.raft.tracker.conf.members()]);
            for (const { matched, nextIdx } of peer.node.raft.tracker.progress.values())
              expect(matched).toBeLessThan(nextIdx);
          }
        }),
        { numRuns: 250 },
      );
    },
  );
});
