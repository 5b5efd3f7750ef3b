import { describe, expect, test } from 'vitest';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from './network.js';

const runs = (spec: readonly (readonly [term: number, count: number])[]) =>
  spec.flatMap(([term, count]) => Array.from({ length: count }, () => term));
const logTerms = ({ node: { raft } }: Peer) =>
  Array.from({ length: raft.raftLog.lastIndex() }, (_, i) => raft.raftLog.term(i + 1));

/** A leader, 1, of {1, 2, 3} and a follower, 2, with these logs; 3 votes and is silent. */
function pair(leaderLog: readonly number[], followerLog: readonly number[]): Network {
  const network = new Network();
  network.add(new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, leaderLog)));
  network.add(new Peer(testConfig(2), storageWith({ voters: [1, 2, 3] }, followerLog)));
  return network;
}

function elect(network: Network): void {
  const { node } = network.peer(1);
  node.campaign();
  network.peer(1).work();
  if (node.raft.term < network.node(2).raft.term) {
    node.step(
      message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: network.node(2).raft.term, reject: true }),
    );
    node.campaign();
    network.peer(1).work();
  }
  node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 3, to: 1, term: node.raft.term }));
  expect(node.raft.role).toBe('leader');
}

describe('finding where two logs part', () => {
  // Each side skips a whole term at a time, so that a few rounds do whatever the lengths.
  test.each([
    [
      'a follower of one older term, shorter',
      runs([
        [1, 5],
        [4, 5],
      ]),
      runs([
        [1, 5],
        [2, 3],
      ]),
      1,
    ],
    [
      'a follower of one older term, longer',
      runs([
        [1, 5],
        [4, 3],
      ]),
      runs([
        [1, 5],
        [2, 90],
      ]),
      1,
    ],
    [
      'a follower of many terms that the leader lacks',
      runs([
        [1, 3],
        [9, 20],
      ]),
      runs([
        [1, 3],
        [2, 5],
        [3, 5],
        [4, 5],
      ]),
      1,
    ],
    [
      'a leader of many terms that the follower lacks',
      runs([
        [1, 3],
        [2, 5],
        [3, 5],
        [9, 5],
      ]),
      runs([
        [1, 3],
        [8, 40],
      ]),
      2,
    ],
    [
      'interleaved terms',
      runs([
        [1, 3],
        [3, 5],
        [5, 5],
        [7, 5],
      ]),
      runs([
        [1, 3],
        [2, 5],
        [4, 5],
        [6, 5],
      ]),
      4,
    ],
    ['a follower that has nothing', runs([[1, 90]]), [], 1],
    ['a follower that is behind', runs([[1, 90]]), runs([[1, 10]]), 1],
  ])('%s', (_, leaderLog, followerLog, roundsMax) => {
    const network = pair(leaderLog, followerLog);
    elect(network);
    network.settle();
    const rejections = network.sent.filter(
      ({ from, reject, msgType }) => from === 2 && reject && msgType === MessageType.APPEND_RESPONSE,
    );
    expect(rejections.length).toBeLessThanOrEqual(roundsMax);
    expect(logTerms(network.peer(2))).toEqual(logTerms(network.peer(1)));
  });

  test('the follower’s answer names its last entry of no later term, the leader looks on from there', () => {
    const peer = new Peer(
      testConfig(2),
      storageWith(
        { voters: [1, 2] },
        runs([
          [1, 3],
          [2, 3],
          [5, 3],
        ]),
      ),
    );
    peer.node.step(message(MessageType.APPEND, { from: 1, to: 2, term: 6, index: 8, logTerm: 4 }));
    expect(peer.work().map(({ reject, index, rejectHint, logTerm }) => [reject, index, rejectHint, logTerm])).toEqual([
      [true, 8, 6, 2],
    ]);
    peer.node.step(message(MessageType.APPEND, { from: 1, to: 2, term: 6, index: 99, logTerm: 6 }));
    expect(peer.work().map(({ index, rejectHint, logTerm }) => [index, rejectHint, logTerm])).toEqual([[99, 9, 5]]);
  });

  test('a follower that no longer knows the entries asked about names the place before them, without a term', () => {
    const storage = storageWith({ voters: [1, 2] }, runs([[3, 5]]));
    storage.setHardState({ term: 3, vote: 0, commit: 5 });
    storage.compact(5);
    const peer = new Peer(testConfig(2, { applied: 5 }), storage);
    peer.node.step(message(MessageType.APPEND, { from: 1, to: 2, term: 6, index: 7, logTerm: 2 }));
    expect(peer.work().map(({ reject, rejectHint, logTerm }) => [reject, rejectHint, logTerm])).toEqual([[true, 4, 0]]);
  });
});

describe('messages out of order', () => {
  test('a late rejection does not bring a peer back that has gone on since', () => {
    const network = pair([1, 1, 1], [1]);
    elect(network);
    const probe = network
      .peer(1)
      .work()
      .find(({ to }) => to === 2) as Message;
    network.node(2).step(probe);
    const rejection = network.peer(2).work().at(-1) as Message;
    expect(rejection.reject).toBe(true);
    network.deliver(rejection);
    const progress = network.node(1).raft.tracker.get(2);
    const { matched, nextIdx } = { ...progress };
    expect(matched).toBe(4);
    network.deliver(rejection);
    expect([progress?.matched, progress?.nextIdx, progress?.state]).toEqual([matched, nextIdx, 'replicate']);
  });

  test('reordered answers: acknowledgements of old appends neither lower what is known nor send again', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    const { node } = network.peer(1);
    for (const data of ['a', 'b', 'c']) node.propose(EMPTY, bytes(data));
    const appends = network
      .peer(1)
      .work()
      .filter(({ to }) => to === 2);
    const answers = appends.flatMap((append) => {
      network.node(2).step(append);
      return network.peer(2).work();
    });
    expect(answers.map(({ index }) => index)).toEqual([2, 3, 4]);
    const progress = node.raft.tracker.get(2);
    node.step(answers[2] as Message);
    network.peer(1).work();
    for (const late of [answers[1], answers[0]] as Message[]) {
      node.step(late);
      expect(network.peer(1).work()).toEqual([]);
      expect([progress?.matched, progress?.nextIdx, node.raft.raftLog.committed]).toEqual([4, 5, 4]);
    }
  });

  test('an append of a leader of long ago changes nothing', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.campaign(2);
    network.campaign(1);
    const last = network.node(1).raft.raftLog.lastIndex();
    network.deliver(
      message(MessageType.APPEND, { from: 2, to: 1, term: 2, entries: [entry(3, 2)], index: 2, logTerm: 1 }),
    );
    network.propose(1, 'somedata');
    for (const id of [1, 2, 3]) {
      expect(network.node(id).raft.raftLog.lastIndex()).toBe(last + 1);
      expect(logTerms(network.peer(id))).toEqual([1, 2, 3, 3]);
      expect(network.peer(id).commands).toEqual(['somedata']);
    }
  });

  test('duplicated and delayed messages of all kinds end in the same logs', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.campaign(3);
    network.propose(3, 'd');
    const all = network.sent.filter(({ msgType }) => msgType !== MessageType.PROPOSE);
    network.deliver(...all, ...[...all].reverse());
    for (const id of [1, 2, 3]) expect(network.peer(id).commands).toEqual(['a', 'b', 'c', 'd']);
    expect(network.leader.raft.id).toBe(3);
  });
});

describe('what a follower does with an append', () => {
  test.each([
    // index, term before; entries; commit; last index then, committed then, rejected
    ['another term before', 3, 2, [], 3, 2, 0, true],
    ['nothing there', 3, 3, [], 3, 2, 0, true],
    ['the commit index of what matches', 1, 1, [], 1, 2, 1, false],
    ['all anew from the beginning', 0, 0, [2], 1, 1, 1, false],
    ['two at the end', 2, 2, [2, 2], 3, 4, 3, false],
    ['one at the end, commit beyond', 2, 2, [2], 4, 3, 3, false],
    ['one that it has: the commit index goes no further than what was shown', 1, 1, [2], 4, 2, 2, false],
    ['nothing new: the same', 1, 1, [], 3, 2, 1, false],
    ['the commit index behind the log', 2, 2, [], 4, 2, 2, false],
  ])('%s', (_, index, logTerm, terms, commit, last, committed, reject) => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, [1, 2]));
    const entries = terms.map((term, i) => entry(index + 1 + i, term));
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, index, logTerm, entries, commit }));
    const { raftLog } = peer.node.raft;
    expect([raftLog.lastIndex(), raftLog.committed]).toEqual([last, committed]);
    expect(peer.work().map((answer) => [answer.msgType, answer.reject])).toEqual([
      [MessageType.APPEND_RESPONSE, reject],
    ]);
  });

  test('one that lies before what is committed is answered with the commit index, not rejected', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.propose(1, 'x');
    const peer = network.peer(2);
    peer.node.step(message(MessageType.APPEND, { from: 1, to: 2, term: 1, index: 1, logTerm: 1 }));
    expect(peer.work().map(({ reject, index }) => [reject, index])).toEqual([[false, 2]]);
  });

  test('every word of the leader starts its time-out over and tells who leads', () => {
    for (const msgType of [MessageType.APPEND, MessageType.HEARTBEAT]) {
      const { node } = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
      for (let ticks = 0; ticks < 5; ticks++) node.tick();
      node.step(message(msgType, { from: 2, to: 1, term: 1 }));
      expect([node.raft.electionElapsed, node.raft.leaderId]).toEqual([0, 2]);
    }
  });

  test.each([
    ['raises', 3, 3],
    ['does not lower', 1, 2],
  ])('a heartbeat %s the commit index', (_, commit, committed) => {
    const storage = storageWith({ voters: [1, 2] }, [1, 2, 3]);
    storage.setHardState({ term: 3, vote: 0, commit: 2 });
    const peer = new Peer(testConfig(1), storage);
    peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 3, commit, context: bytes('round') }));
    expect(peer.node.raft.raftLog.committed).toBe(committed);
    const answers = peer.work();
    expect(answers.map(({ msgType, context }) => [msgType, context])).toEqual([
      [MessageType.HEARTBEAT_RESPONSE, bytes('round')],
    ]);
  });
});
