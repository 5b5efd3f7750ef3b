import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Entry, type Message, MessageType, type Snapshot } from '../../src/gen/raft/v1/raft.js';
import { CompactedError, FatalRaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import type { GetEntriesContext } from '../../src/raft/storage.js';
import { bytes, entry, message, Network, Peer, testConfig } from './network.js';

type Read = 'firstIndex' | 'term' | 'entries' | 'snapshot';

/** Storage whose reads fail when the test says so: with an error of its own, or with the answer that is put in their place. */
class FailingStorage extends MemStorage {
  fails: Partial<Record<Read, () => unknown>> = {};

  #read<T>(name: Read, answer: () => T): T {
    const fail = this.fails[name];
    return fail === undefined ? answer() : (fail() as T);
  }

  override firstIndex(): number {
    return this.#read('firstIndex', () => super.firstIndex());
  }

  override term(index: number): number {
    return this.#read('term', () => super.term(index));
  }

  override entries(low: number, high: number, maxBytes: number, context: GetEntriesContext): Entry[] {
    return this.#read('entries', () => super.entries(low, high, maxBytes, context));
  }

  override snapshot(requestIndex: number, to: number): Snapshot {
    return this.#read('snapshot', () => super.snapshot(requestIndex, to));
  }
}

const broken = (): never => {
  throw new Error('the disk is gone');
};

/** Node 1 of three leads from a storage that can be made to fail; node 3 has been away since the first entry. */
function leaderOnFailingStorage(): { network: Network; storage: FailingStorage } {
  const network = Network.ofVoters(3, { checkQuorum: false });
  const storage = new FailingStorage();
  storage.initializeWithConfState({ ...emptyConfState(), voters: [1, 2, 3] });
  network.add(new Peer(testConfig(1), storage));
  network.campaign(1);
  network.isolate(3);
  for (const data of ['a', 'b', 'c']) network.propose(1, data);
  network.recover();
  network.node(1).reportUnreachable(3);
  return { network, storage };
}

/** What node 3 answers to the next heartbeat, which makes the leader read its log for it. */
function answerOf3(network: Network): Message {
  return message(MessageType.HEARTBEAT_RESPONSE, { from: 3, to: 1, term: network.node(1).raft.term });
}

describe('storage that cannot give what it has', () => {
  test.each<[Read, () => unknown, string]>([
    ['entries', broken, 'storage failed to give entries: the disk is gone'],
    ['entries', () => [], 'storage gave none of the entries: [2, 5)'],
    ['entries', () => [2, 3, 4, 5].map((index) => entry(index, 1)), 'storage gave other entries than: [2, 5)'],
    ['entries', () => [entry(3, 1)], 'storage gave other entries than: [2, 5)'],
    ['entries', () => [entry(3, 1), entry(3, 1)], 'storage gave other entries than: [2, 5)'],
    ['entries', () => [entry(2, 1), entry(4, 1)], 'storage gave other entries than: [2, 5)'],
    ['term', broken, 'storage failed to give the term of 1: the disk is gone'],
  ])('%s: the call fails, and nothing is given out any more', (read, fail, error) => {
    const { network, storage } = leaderOnFailingStorage();
    const { node } = network.peer(1);
    storage.fails = { [read]: fail };
    expect(() => node.step(answerOf3(network))).toThrow(error);
    storage.fails = {};
    expect(() => node.ready()).toThrow(error);
    expect(() => node.ready()).toThrow(FatalRaftError);
  });

  test.each<[string, () => unknown, string]>([
    ['fails', broken, 'storage failed to give a snapshot: the disk is gone'],
    ['is empty', () => ({ data: EMPTY, metadata: undefined }), 'storage gave an empty snapshot: 0'],
  ])('a snapshot that %s', (_, fail, error) => {
    const { network, storage } = leaderOnFailingStorage();
    network.peer(1).compact();
    storage.fails = { snapshot: fail };
    expect(() => network.node(1).step(answerOf3(network))).toThrow(error);
  });

  test('a read that stops in the midst of a campaign: the vote for itself never leaves', () => {
    const { network, storage } = leaderOnFailingStorage();
    network.powerCycle(1);
    const { node } = network.peer(1);
    storage.fails = { term: broken };
    expect(() => node.campaign()).toThrow('storage failed to give the term of 4: the disk is gone');
    storage.fails = {};
    expect(() => node.ready()).toThrow('the disk is gone');
  });

  test('one that knows its last index but not its term cannot be voted on', () => {
    const { network, storage } = leaderOnFailingStorage();
    network.powerCycle(1);
    storage.fails = {
      term: () => {
        throw new CompactedError();
      },
    };
    expect(() => network.node(1).campaign()).toThrow('storage does not know the term of the last entry: 4');
  });

  test('one that does not even say where it begins', () => {
    const { network, storage } = leaderOnFailingStorage();
    network.powerCycle(1);
    storage.fails = { firstIndex: broken };
    expect(() => network.node(1).campaign()).toThrow('storage failed to say where it begins: the disk is gone');
  });

  test.each([
    ['initialState', 'storage failed to give its initial state: the disk is gone'],
    ['firstIndex', 'storage failed to say where it begins: the disk is gone'],
    ['lastIndex', 'storage failed to say where it ends: the disk is gone'],
  ] as const)('one that cannot even be begun with: %s', (read, error) => {
    const storage = Object.assign(new MemStorage(), { [read]: broken });
    expect(() => new Peer(testConfig(1), storage)).toThrow(FatalRaftError);
    expect(() => new Peer(testConfig(1), storage)).toThrow(error);
  });

  test.each([
    [3, 1],
    [0, 0],
    [1, Number.NaN],
  ])('one that says it begins at %d and ends at %d', (first, last) => {
    const storage = Object.assign(new MemStorage(), { firstIndex: () => first, lastIndex: () => last });
    expect(() => new Peer(testConfig(1), storage)).toThrow(`storage begins at ${first} and ends at ${last}`);
  });

  test('a look at the log before a campaign is no harm: the node does not campaign, and goes on', () => {
    const { network, storage } = leaderOnFailingStorage();
    network.powerCycle(1);
    storage.setHardState({ ...storage.hardState, commit: 3 });
    network.powerCycle(1);
    const { node } = network.peer(1);
    storage.fails = { entries: broken };
    node.campaign();
    storage.fails = {};
    expect(node.raft.role).toBe('follower');
    expect(node.ready().committedEntries.length).toBe(3);
  });

  test('whatever read fails at whatever moment, no Ready has anything of the call that met it', () => {
    const reads = fc.constantFrom<Read>('firstIndex', 'term', 'entries', 'snapshot');
    const calls = fc.constantFrom('heartbeat answer', 'propose', 'transfer', 'tick', 'append');
    let failed = 0;
    fc.assert(
      fc.property(reads, calls, fc.boolean(), fc.nat(3), (read, call, compacted, readsBefore) => {
        const { network, storage } = leaderOnFailingStorage();
        if (compacted) network.peer(1).compact();
        const { node } = network.peer(1);
        let left = readsBefore;
        storage.fails = {
          [read]: () => {
            if (left-- > 0) throw new CompactedError();
            return broken();
          },
        };
        try {
          if (call === 'heartbeat answer') node.step(answerOf3(network));
          else if (call === 'propose') node.propose(EMPTY, bytes('d'));
          else if (call === 'transfer') node.transferLeader(3);
          else if (call === 'tick') node.tick();
          else
            node.step(
              message(MessageType.APPEND, { from: 2, to: 1, term: 9, index: 4, logTerm: 1, entries: [entry(5, 9)] }),
            );
        } catch (error) {
          expect(error).toBeInstanceOf(FatalRaftError);
          failed++;
          storage.fails = {};
          expect(() => node.ready()).toThrow((error as FatalRaftError).message);
        }
      }),
      { numRuns: 300 },
    );
    expect(failed).toBeGreaterThan(20);
  });
});

describe('entries that were compacted away while they were wanted', () => {
  const compacted = (): never => {
    throw new CompactedError();
  };

  test('are replaced by a snapshot where an empty append would do as well', () => {
    const { network, storage } = leaderOnFailingStorage();
    storage.createSnapshot(4, storage.confState, bytes('state at 4'));
    storage.fails = { entries: compacted };
    network.node(1).step(answerOf3(network));
    expect(
      network
        .node(1)
        .ready()
        .messages.map(({ msgType, to }) => [MessageType[msgType], to]),
    ).toEqual([['SNAPSHOT', 3]]);
  });

  test('are not, where only entries were asked for', () => {
    const { network, storage } = leaderOnFailingStorage();
    storage.createSnapshot(4, storage.confState, bytes('state at 4'));
    storage.triggerLogUnavailable(true);
    network.node(1).step(answerOf3(network));
    storage.triggerLogUnavailable(false);
    storage.fails = { entries: compacted };
    network.node(1).onEntriesFetched({ kind: 'send-append', to: 3, term: 1, aggressively: true });
    expect(network.node(1).hasReady()).toBe(false);
  });
});

test('a configuration that no change can lead to is no place to start from', () => {
  for (const confState of [
    { ...emptyConfState(), voters: [1, 2], learners: [2] },
    { ...emptyConfState(), learners: [1] },
    { ...emptyConfState(), voters: [1], learnersNext: [2] },
  ]) {
    const storage = new MemStorage();
    storage.setConfState(confState);
    expect(() => new Peer(testConfig(1), storage)).toThrow(FatalRaftError);
  }
});
