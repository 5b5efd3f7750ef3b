import { describe, expect, test } from 'vitest';
import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { validateConfig } from '../../../src/raft/config.js';
import { EMPTY } from '../../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from '../network.js';

/** Types of the messages that a node has sent since `from`. */
const sentBy = (network: Network, id: number, from: number) =>
  network.sent
    .slice(from)
    .filter((one) => one.from === id)
    .map(({ msgType }) => MessageType[msgType]);

describe('§5.1 Raft basics', () => {
  test('"Followers are passive: they issue no requests on their own but simply respond to requests from leaders and candidates."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const from = network.sent.length;
    network.propose(1, 'x');
    network.tick(1, 5);
    for (const id of [2, 3]) network.tick(id, 5);
    const types = new Set([2, 3].flatMap((id) => sentBy(network, id, from)));
    expect([...types].sort()).toEqual(['APPEND_RESPONSE', 'HEARTBEAT_RESPONSE']);
  });

  test('"The leader handles all client requests (if a client contacts a follower, the follower redirects it to the leader)."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.propose(3, 'x');
    expect(network.peer(2).commands).toEqual(['x']);
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.PROPOSE).map(({ to }) => to)).toEqual([1]);
  });

  test('"In some situations an election will result in a split vote. In this case the term will end with no leader; a new term (with a new election) will begin shortly."', () => {
    const network = Network.ofVoters(4);
    network.cut(1, 4);
    network.cut(2, 3);
    for (const id of [1, 2]) network.node(id).campaign();
    // 3 hears 1 alone, 4 hears 2 alone: two votes each.
    network.settle();
    expect([1, 2, 3, 4].map((id) => network.node(id).raft.role)).not.toContain('leader');
    network.recover();
    network.campaign(1);
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([1, 2]);
  });
});

describe('§5.2 Leader election', () => {
  test('"A server remains in follower state as long as it receives valid RPCs from a leader or candidate."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (let round = 0; round < 20; round++) {
      for (const id of [2, 3]) for (let ticks = 0; ticks < 9; ticks++) network.node(id).tick();
      network.tick(1);
    }
    expect([2, 3].map((id) => network.node(id).raft.role)).toEqual(['follower', 'follower']);
    expect(network.node(1).raft.term).toBe(1);
  });

  test('"Once a candidate wins an election, it becomes leader. It then sends heartbeat messages to all of the other servers to establish its authority and prevent new elections."', () => {
    const network = Network.ofVoters(5);
    for (let ticks = 0; ticks < 9; ticks++) for (const id of [2, 3, 4, 5]) network.node(id).tick();
    network.campaign(1);
    for (const id of [2, 3, 4, 5]) {
      const { raft } = network.node(id);
      expect([raft.leaderId, raft.role, raft.electionElapsed]).toEqual([1, 'follower', 0]);
    }
  });

  test('§5.6 "broadcastTime ≪ electionTimeout": time-outs that heartbeats could not keep up with are refused', () => {
    expect(() => validateConfig(testConfig(1, { electionTick: 3, heartbeatTick: 3 }))).toThrow(
      'election tick must be greater than heartbeat tick',
    );
    expect(() => validateConfig(testConfig(1, { electionTick: 10, minElectionTick: 9 }))).toThrow('must not be less');
  });
});

describe('§5.3 Log replication', () => {
  test('"a leader creates at most one entry with a given log index in a given term, and log entries never change their position in the log"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.campaign(2);
    for (const data of ['d', 'e']) network.propose(2, data);
    const created = new Map<string, string>();
    for (const { entries } of network.sent) {
      for (const { term, index, data } of entries.filter((one) => one.index > 0)) {
        const place = `${term}/${index}`;
        expect(created.get(place) ?? String(data)).toBe(String(data));
        created.set(place, String(data));
      }
    }
    expect([...created.keys()].sort()).toEqual(['1/1', '1/2', '1/3', '1/4', '2/5', '2/6', '2/7']);
  });

  test('"When a leader first comes to power, it initializes all nextIndex values to the index just after the last one in its log"', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, [1, 1, 2]));
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 3 }));
    const appends = peer.work().filter(({ msgType }) => msgType === MessageType.APPEND);
    // The entry that it begins its term with is the first that it sends.
    expect(appends.map(({ to, index, logTerm, entries }) => [to, index, logTerm, entries.length])).toEqual([
      [2, 3, 2, 1],
      [3, 3, 2, 1],
    ]);
  });

  test('"The leader keeps track of the highest index it knows to be committed, and it includes that index in future AppendEntries RPCs (including heartbeats) so that the other servers eventually find out."', () => {
    const network = Network.ofVoters(3, { skipBcastCommit: true });
    network.campaign(1);
    network.propose(1, 'x');
    expect([network.node(1).raft.raftLog.committed, network.node(2).raft.raftLog.committed]).toEqual([2, 1]);
    network.tick(1);
    expect(network.node(2).raft.raftLog.committed).toBe(2);
    network.propose(1, 'y');
    network.propose(1, 'z');
    expect(network.node(2).raft.raftLog.committed).toBe(3);
  });

  test('"a leader does not need to take any special actions to restore log consistency when it comes to power. It just begins normal operation, and the logs automatically converge"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    network.node(1).propose(EMPTY, bytes('lost'));
    network.settle();
    network.campaign(2);
    for (const data of ['a', 'b']) network.propose(2, data);
    network.recover();
    network.propose(2, 'c');
    network.tick(2, 2);
    for (const id of [1, 2, 3]) expect(network.peer(id).commands).toEqual(['a', 'b', 'c']);
  });

  test('§5.4.1 "Log entries only flow in one direction, from leaders to followers": a follower’s log is sent to nobody', () => {
    const peer = new Peer(testConfig(2), storageWith({ voters: [1, 2] }, [1]));
    peer.node.step(
      message(MessageType.APPEND, { from: 1, to: 2, term: 1, index: 1, logTerm: 1, entries: [entry(2, 1)] }),
    );
    peer.node.step(message(MessageType.APPEND, { from: 1, to: 2, term: 1, index: 7, logTerm: 1 }));
    expect(peer.work().flatMap(({ entries }) => entries)).toEqual([]);
  });
});
