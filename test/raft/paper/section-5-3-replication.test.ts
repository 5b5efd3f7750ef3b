import { describe, expect, test } from 'vitest';
import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from '../network.js';

/** Terms of the log of a peer, from index 1 on. */
function terms(peer: Peer): (number | undefined)[] {
  const { raftLog } = peer.node.raft;
  return Array.from({ length: raftLog.lastIndex() }, (_, i) => raftLog.term(i + 1));
}

/** A follower of term 3 whose log holds entries of these terms. */
function follower(log: readonly number[]): Peer {
  return new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, log));
}

describe('§5.3 Log replication', () => {
  test('"The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).propose(EMPTY, bytes('x'));
    const ready = network.node(1).ready();
    expect(ready.entries.map(({ index, term }) => [index, term])).toEqual([[2, 1]]);
    expect(ready.messages.map(({ msgType, to, entries }) => [msgType, to, entries.length])).toEqual([
      [MessageType.APPEND, 2, 1],
      [MessageType.APPEND, 3, 1],
    ]);
  });

  test('"When the entry has been safely replicated, the leader applies the entry to its state machine"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    network.propose(1, 'x');
    expect(network.peer(1).commands).toEqual([]);
    network.recover();
    network.tick(1);
    expect(network.peer(1).commands).toEqual(['x']);
  });

  test('"If followers crash or run slowly, or if network packets are lost, the leader retries AppendEntries RPCs"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.recover();
    network.tick(1, 2);
    expect(network.peer(3).commands).toEqual(['a', 'b', 'c']);
  });

  test.each([1, 2, 3, 4, 5])(
    '"A log entry is committed once the leader … has replicated it on a majority of the servers": %i of 5 have it',
    (holders) => {
      const network = Network.ofVoters(5);
      network.campaign(1);
      for (let id = holders + 1; id <= 5; id++) network.isolate(id);
      network.propose(1, 'x');
      expect(network.peer(1).commands).toEqual(holders >= 3 ? ['x'] : []);
    },
  );

  test('"This also commits all preceding entries in the leader\'s log, including entries created by previous leaders."', () => {
    for (const log of [[], [2], [1, 2], [1]]) {
      const network = new Network();
      network.add(new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, log)));
      network.add(new Peer(testConfig(2), storageWith({ voters: [1, 2, 3] })));
      network.add(new Peer(testConfig(3), storageWith({ voters: [1, 2, 3] })));
      network.campaign(1);
      expect(network.node(1).raft.raftLog.committed).toBe(log.length + 1);
      expect(network.peer(2).applied).toEqual(network.peer(1).applied);
    }
  });

  test('"Once a follower learns that a log entry is committed, it applies the entry to its local state machine (in log order)"', () => {
    const peer = follower([]);
    const entries = [entry(1, 1, 'a'), entry(2, 1, 'b')];
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, entries, commit: 0 }));
    peer.work();
    expect(peer.commands).toEqual([]);
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, index: 2, logTerm: 1, commit: 2 }));
    peer.work();
    expect(peer.commands).toEqual(['a', 'b']);
  });

  test.each([
    ['nothing before', 0, 0, false],
    ['an entry that it has', 1, 1, false],
    ['an entry that it has', 2, 2, false],
    ['an entry of another term', 2, 1, true],
    ['an entry that it lacks', 3, 3, true],
  ])(
    '"If the follower does not find an entry in its log with the same index and term, then it refuses": %s at %i',
    (_, index, logTerm, reject) => {
      const peer = follower([1, 2]);
      peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, index, logTerm }));
      expect(peer.work().map((answer) => answer.reject)).toEqual([reject]);
    },
  );

  test.each([
    [2, 2, [3], [1, 2, 3]],
    [1, 1, [3, 4], [1, 3, 4]],
    [0, 0, [1], [1, 2]],
    [0, 0, [3], [3]],
    [1, 1, [], [1, 2]],
  ])(
    '"conflicting entries in follower logs will be overwritten", others not: %i/%i + %j gives %j',
    (index, logTerm, sent, result) => {
      const peer = follower([1, 2]);
      const entries = sent.map((term, i) => entry(index + 1 + i, term));
      peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 4, index, logTerm, entries }));
      peer.work();
      expect(terms(peer)).toEqual(result);
      expect(peer.storage.lastIndex()).toBe(result.length);
    },
  );

  // Figure 7: what followers may look like when a leader comes to power.
  const LEADER = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  test.each([
    ['a', [1, 1, 1, 4, 4, 5, 5, 6, 6]],
    ['b', [1, 1, 1, 4]],
    ['c', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6]],
    ['d', [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7]],
    ['e', [1, 1, 1, 4, 4, 4, 4]],
    ['f', [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]],
  ])(
    '"the leader handles inconsistencies by forcing the followers\' logs to duplicate its own": figure 7 (%s)',
    (_, log) => {
      const network = new Network();
      network.add(new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, LEADER)));
      network.add(new Peer(testConfig(2), storageWith({ voters: [1, 2, 3] }, log)));
      network.add(new Peer(testConfig(3), storageWith({ voters: [1, 2, 3] }, LEADER)));
      network.peer(1).storage.setHardState({ term: 8, vote: 0, commit: 0 });
      network.peers.set(1, network.peer(1).restarted());
      network.campaign(1);
      expect(terms(network.peer(2))).toEqual([...LEADER, 9]);
    },
  );

  test('"one AppendEntries RPC will be required for each term with conflicting entries, rather than one RPC per entry"', () => {
    const network = new Network();
    const behind = Array.from({ length: 50 }, (_, i) => (i < 10 ? 1 : i < 30 ? 2 : 3));
    const ahead = Array.from({ length: 60 }, (_, i) => (i < 10 ? 1 : 5));
    network.add(new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, ahead)));
    network.add(new Peer(testConfig(2), storageWith({ voters: [1, 2, 3] }, behind)));
    network.add(new Peer(testConfig(3), storageWith({ voters: [1, 2, 3] }, ahead)));
    network.campaign(1);
    const rejections = network.sent.filter(({ from, reject }) => from === 2 && reject);
    expect(terms(network.peer(2))).toEqual([...ahead, 6]);
    expect(rejections.length).toBeGreaterThan(0);
    expect(rejections.length).toBeLessThanOrEqual(2);
  });

  test('"A leader never overwrites or deletes entries in its own log"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.propose(1, 'x');
    const before = terms(network.peer(1));
    network
      .node(1)
      .step(
        message(MessageType.APPEND, { from: 2, to: 1, term: 1, index: 1, logTerm: 1, entries: [entry(2, 1, 'y')] }),
      );
    network.settle();
    expect(terms(network.peer(1))).toEqual(before);
    expect(network.node(1).raft.role).toBe('leader');
  });

  test('a late, shorter append does not cut off what a longer one brought', () => {
    const peer = follower([]);
    const both = [entry(1, 3, 'a'), entry(2, 3, 'b')];
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, entries: both }));
    peer.work();
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 3, entries: both.slice(0, 1) }));
    peer.work();
    expect(terms(peer)).toEqual([3, 3]);
  });
});
