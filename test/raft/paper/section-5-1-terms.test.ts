import { describe, expect, test } from 'vitest';
import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { message, Network } from '../network.js';

describe('§5.1 Raft basics', () => {
  test('"When servers start up, they begin as followers."', () => {
    for (const { node } of Network.ofVoters(3).peers.values()) expect(node.raft.role).toBe('follower');
  });

  test.each(['follower', 'candidate', 'leader'])(
    '"If one server\'s current term is smaller than the other\'s, then it updates its current term to the larger value": %s',
    (role) => {
      const network = Network.ofVoters(3);
      if (role === 'candidate') network.isolate(1);
      if (role !== 'follower') network.campaign(1);
      expect(network.node(1).raft.role).toBe(role);
      network.node(1).step(message(MessageType.APPEND, { from: 2, to: 1, term: 7 }));
      expect(network.node(1).raft.term).toBe(7);
    },
  );

  test.each(['candidate', 'leader'])(
    '"If a candidate or leader discovers that its term is out of date, it immediately reverts to follower state": %s',
    (role) => {
      const network = Network.ofVoters(3);
      if (role === 'candidate') network.isolate(1);
      network.campaign(1);
      network.node(1).step(message(MessageType.HEARTBEAT, { from: 3, to: 1, term: 9 }));
      expect(network.node(1).raft.role).toBe('follower');
      expect(network.node(1).raft.leaderId).toBe(3);
    },
  );

  test('"If a server receives a request with a stale term number, it rejects the request."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.campaign(2);
    const before = network.node(3).status();
    network.node(3).step(message(MessageType.APPEND, { from: 1, to: 3, term: 1, index: 1, logTerm: 1 }));
    network.node(3).step(message(MessageType.REQUEST_VOTE, { from: 1, to: 3, term: 1, index: 9, logTerm: 1 }));
    expect(network.node(3).status()).toEqual(before);
    expect(network.node(3).hasReady()).toBe(false);
  });

  test('"Current terms are exchanged whenever servers communicate": every message but a passed-on request carries one', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.propose(2, 'x');
    network.tick(1);
    const without = network.sent.filter(({ term }) => term === 0).map(({ msgType }) => msgType);
    expect(without).toEqual([MessageType.PROPOSE]);
  });
});
