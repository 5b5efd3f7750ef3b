import { describe, expect, test } from 'vitest';
import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { message, Network, Peer, storageWith, testConfig } from '../network.js';

/** How many of `votes` are granted by whom, as a candidate of a group of `size` would hear it. */
function electionOutcome(size: number, granted: readonly number[]): string {
  const voters = Array.from({ length: size }, (_, i) => i + 1);
  const peer = new Peer(testConfig(1), storageWith({ voters }));
  peer.node.campaign();
  peer.work();
  for (const from of voters.slice(1)) {
    const reject = !granted.includes(from);
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term: 1, reject }));
  }
  return peer.node.raft.role;
}

describe('§5.2 Leader election', () => {
  test('"Leaders send periodic heartbeats to all followers in order to maintain their authority."', () => {
    const network = Network.ofVoters(3, { heartbeatTick: 2 });
    network.campaign(1);
    network.sent.length = 0;
    network.tick(1, 2);
    const heartbeats = network.sent.filter(({ msgType }) => msgType === MessageType.HEARTBEAT);
    expect(heartbeats.map(({ to, entries }) => [to, entries.length])).toEqual([
      [2, 0],
      [3, 0],
    ]);
  });

  test('"If a follower receives no communication over … the election timeout, then it … begins an election."', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    for (let ticks = 0; ticks < 20; ticks++) peer.node.tick();
    expect(peer.node.raft.role).toBe('candidate');
  });

  test('"To begin an election, a follower increments its current term … votes for itself and issues RequestVote RPCs"', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.campaign();
    const { raft } = peer.node;
    expect([raft.term, raft.vote]).toEqual([1, 1]);
    const requests = peer.work();
    expect(requests.map(({ msgType, to, term }) => [msgType, to, term])).toEqual([
      [MessageType.REQUEST_VOTE, 2, 1],
      [MessageType.REQUEST_VOTE, 3, 1],
    ]);
  });

  test.each([
    [1, [], 'leader'],
    [3, [2, 3], 'leader'],
    [3, [2], 'leader'],
    [3, [], 'follower'],
    [5, [2, 3, 4, 5], 'leader'],
    [5, [2, 3], 'leader'],
    [5, [2], 'follower'],
    [5, [], 'follower'],
  ])(
    '"A candidate wins an election if it receives votes from a majority": %i nodes, votes of %j',
    (size, granted, role) => {
      expect(electionOutcome(size as number, granted as number[])).toBe(role);
    },
  );

  test('"Each server will vote for at most one candidate in a given term, on a first-come-first-served basis"', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    for (const from of [2, 3, 2]) peer.node.step(message(MessageType.REQUEST_VOTE, { from, to: 1, term: 5 }));
    expect(peer.work().map(({ to, reject }) => [to, reject])).toEqual([
      [2, false],
      [3, true],
      [2, false],
    ]);
  });

  test('"If the leader\'s term … is at least as large as the candidate\'s current term, then the candidate … returns to follower"', () => {
    const network = Network.ofVoters(3);
    network.isolate(1);
    network.campaign(1);
    network.node(1).step(message(MessageType.APPEND, { from: 2, to: 1, term: 1 }));
    expect(network.node(1).raft.role).toBe('follower');
    expect(network.node(1).raft.leaderId).toBe(2);
  });

  test('"If the term in the RPC is smaller …, then the candidate rejects the RPC and continues in candidate state."', () => {
    const network = Network.ofVoters(3);
    network.isolate(1);
    network.campaign(1);
    network.campaign(1);
    network.node(1).step(message(MessageType.APPEND, { from: 2, to: 1, term: 1 }));
    expect(network.node(1).raft.role).toBe('candidate');
    expect(network.node(1).raft.term).toBe(2);
  });

  test('"When this happens [a split vote], each candidate will time out and start a new election by incrementing its term"', () => {
    const network = Network.ofVoters(3);
    network.isolate(1);
    network.campaign(1);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('candidate');
    expect(network.node(1).raft.term).toBeGreaterThan(1);
  });

  test('"Raft uses randomized election timeouts … chosen randomly from a fixed interval": all of [10, 20) come up, nothing else', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    const seen = new Set<number>();
    for (let election = 0; election < 500; election++) {
      peer.node.campaign();
      peer.work();
      seen.add(peer.node.raft.randomizedElectionTimeout);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  test('a voter hears a candidate: granting a vote starts its own time-out over', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    for (let ticks = 0; ticks < 5; ticks++) peer.node.tick();
    peer.node.step(message(MessageType.REQUEST_VOTE, { from: 2, to: 1, term: 1 }));
    expect(peer.node.raft.electionElapsed).toBe(0);
  });

  test('a vote counts, and its answer leaves, only once it is durable', () => {
    const network = Network.ofVoters(3);
    const { node } = network.peer(2);
    node.step(message(MessageType.REQUEST_VOTE, { from: 1, to: 2, term: 1 }));
    const ready = node.ready();
    expect(ready.messages).toEqual([]);
    expect(ready.persistedMessages).toHaveLength(1);
    expect(ready.hs).toEqual({ term: 1, vote: 1, commit: 0 });
    expect(ready.mustSync).toBe(true);
  });
});
