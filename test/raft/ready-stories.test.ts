import { describe, expect, test } from 'vitest';
import { type Entry, type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import type { Ready } from '../../src/raft/ready.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from './network.js';

const append = (fields: Partial<Message>) => message(MessageType.APPEND, { from: 2, to: 1, term: 1, ...fields });
const indexes = (entries: readonly Entry[]) => entries.map(({ index }) => index);
const snapshotOf = (index: number, term: number) => ({
  data: bytes(`state at ${index}`),
  metadata: { index, term, confState: { ...emptyConfState(), voters: [1, 2, 3] } },
});

/** Takes a Ready and gives it to storage, which can read it from then on; it is not durable. */
function take(peer: Peer): Ready {
  const ready = peer.node.ready();
  peer.write(ready);
  peer.node.advanceAppendAsync(ready);
  return ready;
}

/** Node 1, which leads {1, 2, 3} in term 1; of what it does from now on nothing is durable by itself. */
function leader(settings: Partial<Config> = {}): Peer {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2, 3] }));
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 1 }));
  peer.work();
  for (const from of [2, 3]) acknowledge(peer, from, 1);
  peer.work();
  return peer;
}

const acknowledge = (peer: Peer, from: number, index: number) =>
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from, to: 1, term: peer.node.raft.term, index }));

describe('beginning', () => {
  test('a new group of one: the first Readys, one by one', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    expect(peer.node.hasReady()).toBe(false);
    peer.node.campaign();
    const vote = take(peer);
    expect([vote.ss?.raftState, vote.hs, vote.mustSync]).toEqual(['candidate', { term: 1, vote: 1, commit: 0 }, true]);
    peer.node.onPersistReady(vote.number);
    const noop = take(peer);
    expect([noop.ss?.raftState, noop.hs, indexes(noop.entries)]).toEqual(['leader', undefined, [1]]);
    peer.node.onPersistReady(noop.number);
    const commit = take(peer);
    expect([commit.hs?.commit, indexes(commit.committedEntries), commit.mustSync]).toEqual([1, [1], false]);
    peer.node.onPersistReady(commit.number);
    peer.node.propose(EMPTY, bytes('foo'));
    const proposal = take(peer);
    expect(indexes(proposal.entries)).toEqual([2]);
    peer.node.onPersistReady(proposal.number);
    expect(indexes(take(peer).committedEntries)).toEqual([2]);
  });

  test('again, from what was stored: term, vote and commit are known, what was committed is handed out again', () => {
    const storage = storageWith({ voters: [1, 2] }, [1, 1, 1]);
    storage.setHardState({ term: 2, vote: 2, commit: 2 });
    const { node } = new Peer(testConfig(1), storage);
    expect([node.raft.role, node.raft.leaderId, node.raft.term, node.raft.vote]).toEqual(['follower', 0, 2, 2]);
    const ready = node.ready();
    expect([ready.hs, ready.ss, ready.mustSync]).toEqual([undefined, undefined, false]);
    expect([indexes(ready.entries), indexes(ready.committedEntries)]).toEqual([[], [1, 2]]);
  });

  test('again, behind a snapshot: from there on', () => {
    const storage = storageWith({ voters: [1, 2, 3] });
    storage.applySnapshot(snapshotOf(2, 1));
    storage.append([entry(3, 1, 'foo')]);
    storage.setHardState({ term: 1, vote: 0, commit: 3 });
    const { node } = new Peer(testConfig(1), storage);
    expect(indexes(node.ready().committedEntries)).toEqual([3]);
    expect(node.raft.tracker.conf.toString()).toBe('voters=(1 2 3)');
  });

  test('again, having applied what nobody knows to be committed any more: that is not handed out twice', () => {
    // It applied ahead of its disk, and the power failed.
    const storage = storageWith({ voters: [1, 2] }, [1, 1]);
    storage.setHardState({ term: 1, vote: 0, commit: 1 });
    const peer = new Peer(testConfig(1, { applied: 4, maxApplyUnpersistedLogLimit: 10 }), storage);
    expect(peer.node.hasReady()).toBe(false);
    expect([peer.node.raft.raftLog.applied, peer.node.raft.raftLog.committed]).toEqual([4, 1]);
    peer.node.step(
      append({ index: 2, logTerm: 1, entries: [entry(3, 1, 'c'), entry(4, 1, 'd'), entry(5, 1, 'e')], commit: 5 }),
    );
    peer.work();
    expect(peer.commands).toEqual(['e']);
  });
});

describe('a leader whose disk is slow', () => {
  test('sends ahead, and counts itself when it has caught up', () => {
    const peer = leader();
    const readys = ['a', 'b', 'c'].map((data) => {
      peer.node.propose(EMPTY, bytes(data));
      return take(peer);
    });
    expect(readys.map(({ messages }) => messages.map(({ to }) => to))).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
    expect(readys.every(({ persistedMessages }) => persistedMessages.length === 0)).toBe(true);
    expect(peer.node.raft.tracker.get(1)?.matched).toBe(1);
    acknowledge(peer, 2, 4);
    // Of three voters one has it on its disk: that is not enough.
    expect(peer.node.raft.raftLog.committed).toBe(1);
    peer.node.onPersistReady(readys[1]?.number ?? 0);
    expect([peer.node.raft.tracker.get(1)?.matched, peer.node.raft.raftLog.committed]).toEqual([3, 3]);
    // Handed out is what is both committed and on its own disk.
    acknowledge(peer, 3, 4);
    expect(peer.node.raft.raftLog.committed).toBe(4);
    const ready = take(peer);
    expect(indexes(ready.committedEntries)).toEqual([2, 3]);
    peer.node.onPersistReady(ready.number);
    expect(indexes(take(peer).committedEntries)).toEqual([4]);
  });

  test('says so to nobody by an empty Ready', () => {
    const peer = leader();
    peer.node.propose(EMPTY, bytes('a'));
    const ready = take(peer);
    expect(peer.node.hasReady()).toBe(false);
    peer.node.onPersistReady(ready.number);
    expect(peer.node.hasReady()).toBe(false);
  });

  test('applies later than it writes: advance, advanceAppend and advanceApplyTo', () => {
    const peer = leader();
    const { raftLog } = peer.node.raft;
    for (const data of ['a', 'b']) peer.node.propose(EMPTY, bytes(data));
    const ready = peer.node.ready();
    peer.write(ready);
    acknowledge(peer, 2, 3);
    const light = peer.node.advanceAppend(ready);
    expect([light.commitIndex, indexes(light.committedEntries), raftLog.applied]).toEqual([3, [2, 3], 1]);
    expect(light.messages.map(({ to, commit }) => [to, commit])).toEqual([
      [2, 2],
      [3, 2],
      [2, 3],
      [3, 3],
    ]);
    peer.node.advanceApplyTo(2);
    expect(raftLog.applied).toBe(2);
    peer.node.propose(EMPTY, bytes('c'));
    const next = peer.node.ready();
    expect(indexes(next.committedEntries)).toEqual([]);
    peer.write(next);
    peer.node.advanceAppend(next);
    peer.node.advanceApply();
    expect(raftLog.applied).toBe(3);
    peer.node.advanceApplyTo(1);
    peer.node.advanceApplyTo(0);
    expect(raftLog.applied).toBe(3);
  });

  test('applies ahead of its disk as far as it may, and no further', () => {
    for (const [limit, handedOut] of [
      [0, []],
      [1, [2]],
      [Number.MAX_SAFE_INTEGER, [2, 3]],
    ] as const) {
      const peer = leader({ maxApplyUnpersistedLogLimit: limit });
      for (const data of ['a', 'b']) peer.node.propose(EMPTY, bytes(data));
      take(peer);
      for (const from of [2, 3]) acknowledge(peer, from, 3);
      expect(indexes(take(peer).committedEntries)).toEqual(handedOut);
    }
  });
});

describe('a follower whose disk is slow', () => {
  test('acknowledges in each Ready what that Ready holds, to be sent when it is durable', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    const readys = [1, 2, 3].map((index) => {
      const logTerm = index === 1 ? 0 : 1;
      peer.node.step(append({ index: index - 1, logTerm, entries: [entry(index, 1)], commit: index - 1 }));
      return take(peer);
    });
    expect(readys.map(({ persistedMessages }) => persistedMessages.map(({ index }) => index))).toEqual([[1], [2], [3]]);
    expect(readys.map(({ messages }) => messages.length)).toEqual([0, 0, 0]);
    for (const [i, { number }] of readys.entries()) {
      peer.node.onPersistReady(number);
      expect(peer.node.raft.raftLog.persisted).toBe(i + 1);
    }
    expect(indexes(take(peer).committedEntries)).toEqual([1, 2]);
  });

  test('that is elected meanwhile leads when its vote is durable, and what it wrote before counts', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.step(append({ entries: [entry(1, 1), entry(2, 1)] }));
    const written = take(peer);
    peer.node.campaign();
    const candidacy = take(peer);
    expect(candidacy.persistedMessages.map(({ msgType }) => msgType)).toEqual([
      MessageType.REQUEST_VOTE,
      MessageType.REQUEST_VOTE,
    ]);
    expect([candidacy.messages.length, candidacy.mustSync]).toEqual([0, true]);
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 2 }));
    expect(peer.node.raft.role).toBe('candidate');
    peer.node.onPersistReady(candidacy.number);
    expect([peer.node.raft.role, peer.node.raft.tracker.get(1)?.matched]).toEqual(['leader', 2]);
    expect(written.number).toBeLessThan(candidacy.number);
    const first = take(peer);
    expect(first.messages.map(({ msgType, index }) => [msgType, index])).toEqual([
      [MessageType.APPEND, 2],
      [MessageType.APPEND, 2],
    ]);
  });

  test('whose vote for itself comes back when it has started over, or a pre-vote when it runs, counts for nothing', () => {
    for (const preVote of [false, true]) {
      const peer = new Peer(testConfig(1, { preVote }), storageWith({ voters: [1, 2, 3] }));
      peer.node.campaign();
      const first = take(peer);
      if (preVote) {
        for (const from of [2, 3]) {
          peer.node.step(message(MessageType.REQUEST_PRE_VOTE_RESPONSE, { from, to: 1, term: 1 }));
        }
        expect(peer.node.raft.role).toBe('candidate');
      } else {
        peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 3 }));
        peer.node.campaign();
      }
      peer.node.onPersistReady(first.number);
      expect(peer.node.raft.tracker.tallyVotes().granted).toBe(0);
      peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: peer.node.raft.term }));
      expect(peer.node.raft.role).toBe('candidate');
    }
  });

  test('several snapshots and entries behind them: the last one counts, what was before it does not', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.step(append({ entries: [entry(1, 1), entry(2, 1)] }));
    const entries = take(peer);
    peer.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot: snapshotOf(10, 1) }));
    const first = take(peer);
    peer.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot: snapshotOf(20, 1) }));
    const second = take(peer);
    peer.node.step(append({ index: 20, logTerm: 1, entries: [entry(21, 1)], commit: 21 }));
    const behind = take(peer);
    expect([first, second].map(({ snapshot }) => snapshot?.metadata?.index)).toEqual([10, 20]);
    expect(behind.committedEntries).toEqual([]);
    const { raftLog } = peer.node.raft;
    peer.node.onPersistReady(entries.number);
    expect(raftLog.persisted).toBe(0);
    peer.node.onPersistReady(second.number);
    expect([raftLog.persisted, raftLog.applied]).toEqual([20, 20]);
    peer.node.onPersistReady(behind.number);
    expect(raftLog.persisted).toBe(21);
    expect(indexes(take(peer).committedEntries)).toEqual([21]);
  });

  test('entries that replace others which are on their way to the disk', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.step(append({ entries: [entry(1, 1), entry(2, 1), entry(3, 1)] }));
    const old = take(peer);
    peer.node.step(append({ from: 3, term: 2, index: 1, logTerm: 1, entries: [entry(2, 2, 'new')], commit: 1 }));
    const ready = take(peer);
    expect(indexes(ready.entries)).toEqual([2]);
    expect(peer.storage.lastIndex()).toBe(2);
    peer.node.onPersistReady(old.number);
    expect(peer.node.raft.raftLog.persisted).toBeLessThan(2);
    peer.node.onPersistReady(ready.number);
    expect(peer.node.raft.raftLog.persisted).toBe(2);
  });
});

describe('pages', () => {
  test('committed entries come within the bytes that the application asks for, each once', () => {
    const size = 1000;
    const peer = new Peer(testConfig(1, { maxCommittedSizePerReady: 2 * size }), storageWith({ voters: [1, 2] }));
    const entries = [1, 2, 3, 4, 5].map((index) => ({ ...entry(index, 1), data: new Uint8Array(size - 20) }));
    peer.node.step(append({ entries, commit: 5 }));
    const pages: number[][] = [];
    while (peer.node.hasReady()) {
      const ready = take(peer);
      peer.node.onPersistReady(ready.number);
      if (ready.committedEntries.length > 0) pages.push(indexes(ready.committedEntries));
    }
    expect(pages).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('after a restart they go on where the application was, though storage gives less at a time than was asked for', () => {
    const storage = storageWith({ voters: [1, 2] }, [1, 1, 1, 1, 1, 1]);
    storage.setHardState({ term: 1, vote: 0, commit: 6 });
    const whole = storage.entries.bind(storage);
    storage.entries = (low, high, maxBytes, context) => whole(low, Math.min(high, low + 2), maxBytes, context);
    const peer = new Peer(testConfig(1, { applied: 1 }), storage);
    peer.work();
    expect(indexes(peer.applied)).toEqual([2, 3, 4, 5, 6]);
  });
});

describe('entries that storage fetches in the background', () => {
  /** A leader whose peer 2 must be sent entries that are being fetched; the request for them. */
  function fetching(): { network: Network; context: NonNullable<ReturnType<Peer['storage']['takeEntriesContext']>> } {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(2);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.recover();
    network.peer(1).storage.triggerLogUnavailable(true);
    network.tick(1, 2);
    const context = network.peer(1).storage.takeEntriesContext();
    if (context === undefined) throw new Error('nothing was asked for');
    network.peer(1).storage.triggerLogUnavailable(false);
    return { network, context };
  }

  test('go out when they are there', () => {
    const { network, context } = fetching();
    expect(network.peer(2).commands).toEqual([]);
    network.node(1).onEntriesFetched(context);
    network.settle();
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
  });

  test.each([
    [
      'to a member that was removed',
      (network: Network) => void network.node(1).applyConfChange({ id: 0, changeType: 1, nodeId: 2, context: EMPTY }),
    ],
    [
      'by a node that leads no more',
      (network: Network) => network.node(1).step(message(MessageType.HEARTBEAT, { from: 3, to: 1, term: 5 })),
    ],
    [
      'by a leader of a later term',
      (network: Network) => {
        network.node(1).step(message(MessageType.HEARTBEAT, { from: 3, to: 1, term: 5 }));
        network.isolate(2);
        network.campaign(1);
        expect(network.leader.raft.id).toBe(1);
      },
    ],
  ])('do not go out any more %s', (_, happens) => {
    const { network, context } = fetching();
    happens(network);
    network.peer(1).work();
    network.node(1).onEntriesFetched(context);
    expect(network.peer(1).work()).toEqual([]);
  });

  test('are read at once where nobody can wait: for applying, and before campaigning', () => {
    const storage = storageWith({ voters: [1, 2] }, [1, 1]);
    storage.setHardState({ term: 1, vote: 0, commit: 2 });
    storage.triggerLogUnavailable(true);
    const peer = new Peer(testConfig(1), storage);
    peer.node.campaign();
    expect(peer.node.raft.role).toBe('candidate');
    peer.work();
    expect(indexes(peer.applied)).toEqual([1, 2]);
    peer.node.onEntriesFetched({ kind: 'empty', canAsync: true });
    expect(peer.node.hasReady()).toBe(false);
  });
});

test('a message of a term that is over is refused while others are under way, and changes nothing', () => {
  const peer = leader();
  peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 7 }));
  peer.work();
  for (const msgType of [
    MessageType.APPEND,
    MessageType.REQUEST_VOTE,
    MessageType.APPEND_RESPONSE,
    MessageType.TIMEOUT_NOW,
  ]) {
    peer.node.step(message(msgType, { from: 3, to: 1, term: 2, index: 1, logTerm: 1 }));
    expect([peer.node.raft.role, peer.node.raft.term, peer.node.raft.leaderId, peer.node.hasReady()]).toEqual([
      'follower',
      7,
      2,
      false,
    ]);
  }
});
