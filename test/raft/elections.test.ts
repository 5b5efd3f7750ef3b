import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { CAMPAIGN_TRANSFER } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

const roles = (network: Network) => [...network.peers.values()].map(({ node }) => node.raft.role);

describe('campaigning', () => {
  test('a single voter leads once its own vote is durable', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    peer.node.campaign();
    expect(peer.node.raft.role).toBe('candidate');
    peer.work();
    expect(peer.node.raft.role).toBe('leader');
  });

  test('a leader remembers whose votes elected it: those that had come by then, of voters alone, and as long as it leads', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3, 5], learners: [4] }));
    const { raft } = peer.node;
    peer.node.campaign();
    peer.work();
    const answer = (from: number, reject: boolean) =>
      peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term: raft.term, reject }));
    answer(4, false);
    answer(2, true);
    answer(5, false);
    expect([raft.role, raft.electedBy]).toEqual(['candidate', []]);
    answer(3, false);
    expect([raft.role, raft.electedBy]).toEqual(['leader', [1, 3, 5]]);
    peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: raft.term + 1 }));
    expect([raft.role, raft.electedBy]).toEqual(['follower', []]);
  });

  test('learners, strangers and nodes with a snapshot to install do not campaign', () => {
    const learner = new Peer(testConfig(2), storageWith({ voters: [1], learners: [2] }));
    const stranger = new Peer(testConfig(3), storageWith({ voters: [1] }));
    const installing = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    const confState = { voters: [1, 2], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
    const snapshot = { data: bytes('s'), metadata: { index: 5, term: 1, confState } };
    installing.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot }));
    for (const { node } of [learner, stranger, installing]) {
      node.campaign();
      for (let ticks = 0; ticks < 40; ticks++) node.tick();
      node.step(message(MessageType.TIMEOUT_NOW, { from: 9, to: node.raft.id, term: 1 }));
      expect(node.raft.role).toBe('follower');
    }
  });

  test('nobody campaigns while a committed change of the configuration waits to be applied', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const { node } = network.peer(2);
    network.node(1).proposeConfChange(bytes(''), { id: 0, changeType: 1, nodeId: 3, context: bytes('') });
    let asked = 0;
    network.peer(2).onConfChange = () => {
      asked++;
      node.campaign();
      expect(node.raft.role).toBe('follower');
    };
    network.settle();
    expect(asked).toBe(1);
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
  });

  test('a leader does not campaign, and a removed candidate that wins does not lead', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.campaign(1);
    expect(network.node(1).raft.term).toBe(1);

    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.campaign();
    peer.work();
    peer.node.applyConfChange({ id: 0, changeType: 1, nodeId: 1, context: bytes('') });
    for (const from of [2, 3]) peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term: 1 }));
    expect(peer.node.raft.role).toBe('follower');
  });

  test('learners vote when asked: their knowledge of the configuration may be old', () => {
    const peer = new Peer(testConfig(2), storageWith({ voters: [1], learners: [2] }));
    peer.node.step(message(MessageType.REQUEST_VOTE, { from: 1, to: 2, term: 2, index: 11, logTerm: 1 }));
    expect(peer.work().map(({ reject }) => reject)).toEqual([false]);
  });

  test('votes of learners do not count', () => {
    const network = Network.of({ voters: [1, 2, 3], learners: [4, 5] });
    network.isolate(2);
    network.isolate(3);
    network.campaign(1);
    for (const from of [4, 5])
      network.node(1).step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term: 1 }));
    expect(network.node(1).raft.role).toBe('candidate');
  });

  test('a stale vote for oneself, of an election that is over, counts for nothing', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    peer.node.campaign();
    const first = peer.node.ready();
    peer.node.advanceAppendAsync(first);
    peer.node.campaign();
    expect(peer.node.raft.term).toBe(2);
    peer.node.onPersistReady(first.number);
    expect(peer.node.raft.role).toBe('candidate');
    peer.work();
    expect(peer.node.raft.role).toBe('leader');
  });
});

describe('pre-vote (thesis §9.6)', () => {
  const preVote = { preVote: true };

  test('asks first, without raising the term, and then runs', () => {
    const network = Network.ofVoters(3, preVote);
    network.campaign(1);
    expect(roles(network)).toEqual(['leader', 'follower', 'follower']);
    const requests = network.sent.filter(({ to }) => to === 2).map(({ msgType, term }) => [msgType, term]);
    expect(requests.slice(0, 2)).toEqual([
      [MessageType.REQUEST_PRE_VOTE, 1],
      [MessageType.REQUEST_VOTE, 1],
    ]);
  });

  test('a node that was cut off does not disturb the group when it comes back', () => {
    const network = Network.ofVoters(3, preVote);
    network.campaign(1);
    network.isolate(3);
    network.tick(3, 100);
    expect(network.node(3).raft.role).toBe('pre-candidate');
    expect(network.node(3).raft.term).toBe(1);
    network.propose(1, 'x');
    network.recover();
    network.campaign(3);
    network.tick(1);
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([1, 1]);
    expect(network.peer(3).commands).toEqual(['x']);
  });

  test('a granted pre-vote binds nobody, and may be given to several', () => {
    const peer = new Peer(testConfig(1, preVote), storageWith({ voters: [1, 2, 3] }));
    for (const from of [2, 3]) peer.node.step(message(MessageType.REQUEST_PRE_VOTE, { from, to: 1, term: 1 }));
    expect(peer.work().map(({ reject, term }) => [reject, term])).toEqual([
      [false, 1],
      [false, 1],
    ]);
    expect([peer.node.raft.term, peer.node.raft.vote]).toEqual([0, 0]);
  });

  test('a pre-candidate of an old term is told of the new one, and follows it', () => {
    const network = Network.ofVoters(3, preVote);
    network.campaign(1);
    network.isolate(3);
    network.campaign(2);
    expect(network.leader.raft.term).toBe(2);
    network.recover();
    network.campaign(3);
    expect(network.node(3).raft.term).toBe(2);
    expect(network.node(3).raft.role).toBe('follower');
  });

  test('answers to the other kind of election are ignored', () => {
    const peer = new Peer(testConfig(1, preVote), storageWith({ voters: [1, 2, 3] }));
    peer.node.campaign();
    peer.work();
    for (const from of [2, 3]) peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term: 1 }));
    expect(peer.node.raft.role).not.toBe('leader');
  });
});

describe('check-quorum (thesis §6.2)', () => {
  const checkQuorum = { checkQuorum: true };

  test('a leader that hears from nobody steps down within two periods', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    network.isolate(1);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('follower');
    expect(network.node(1).raft.term).toBe(1);
  });

  test('a leader that hears from a majority stays', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    network.isolate(3);
    network.tick(1, 50);
    expect(network.node(1).raft.role).toBe('leader');
  });

  test('nobody votes while the leader is heard from, unless the leader asked for it', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    const { node } = network.peer(2);
    const request = { from: 3, to: 2, term: 5, index: 9, logTerm: 4 };
    node.step(message(MessageType.REQUEST_VOTE, request));
    expect([node.raft.term, node.hasReady()]).toEqual([1, false]);
    node.step(message(MessageType.REQUEST_VOTE, { ...request, context: CAMPAIGN_TRANSFER }));
    expect([node.raft.term, node.raft.vote]).toEqual([5, 3]);
  });

  test('a candidate that was alone and is stuck at a higher term brings the leader down to join it, not the other way', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    network.isolate(3);
    network.campaign(3);
    network.campaign(3);
    network.recover();
    network.tick(1);
    expect(network.node(1).raft.term).toBe(3);
    expect(network.node(1).raft.role).toBe('follower');
    network.tick(2, 60);
    expect(network.leader.raft.term).toBeGreaterThanOrEqual(3);
  });

  test('a new member counts as heard from, lest adding it depose the leader', () => {
    const network = Network.ofVoters(1, checkQuorum);
    network.campaign(1);
    network.node(1).proposeConfChange(bytes(''), { id: 0, changeType: 0, nodeId: 2, context: bytes('') });
    network.settle();
    network.tick(1, 10);
    expect(network.node(1).raft.role).toBe('leader');
    network.tick(1, 10);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('forgetLeader lets a follower vote at once, and is refused where reads are lease-based', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    network.isolate(1);
    network.node(2).forgetLeader();
    network.node(3).forgetLeader();
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);

    const lease = Network.ofVoters(3, { ...checkQuorum, readOnlyOption: 'lease-based' });
    lease.campaign(1);
    lease.node(2).forgetLeader();
    expect(lease.node(2).raft.leaderId).toBe(1);
  });
});

describe('options of raft-rs', () => {
  test('priority: with equal logs nobody votes for a node of lower priority; a longer log wins all the same', () => {
    const network = Network.ofVoters(3);
    for (const [id, priority] of [
      [1, 1],
      [2, 2],
      [3, 3],
    ] as const)
      network.node(id).knobs.setPriority(priority);
    network.campaign(1);
    expect(network.node(1).raft.role).not.toBe('leader');
    network.campaign(3);
    expect(network.leader.raft.id).toBe(3);
    network.isolate(3);
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
  });

  test('commit by vote: a candidate that lags learns the commit index from those who reject it', () => {
    const network = Network.ofVoters(3, { piggybackCommit: true });
    network.campaign(1);
    network.ignore(MessageType.HEARTBEAT);
    network.propose(1, 'x');
    network.isolate(3);
    network.node(1).propose(bytes(''), bytes('y'));
    network.settle();
    network.recover();
    const before = network.node(3).raft.raftLog.committed;
    network
      .node(3)
      .step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 3, term: 1, commit: 3, commitTerm: 1 }));
    expect(network.node(3).raft.raftLog.committed).toBe(before);

    const lagging = new Peer(testConfig(3, { piggybackCommit: true }), storageWith({ voters: [1, 2, 3] }, [1, 1]));
    lagging.node.campaign();
    lagging.work();
    lagging.node.step(
      message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 3, term: 2, reject: true, commit: 2, commitTerm: 1 }),
    );
    expect(lagging.node.raft.raftLog.committed).toBe(2);
  });

  test('commit indexes travel on answers, and never otherwise', () => {
    const quiet = Network.ofVoters(3);
    const telling = Network.ofVoters(3, { piggybackCommit: true });
    for (const network of [quiet, telling]) {
      network.campaign(1);
      network.propose(1, 'x');
      network.tick(1);
    }
    const commits = (network: Network) =>
      network.sent
        .filter(({ msgType }) => msgType === MessageType.APPEND_RESPONSE || msgType === MessageType.HEARTBEAT_RESPONSE)
        .map(({ commit }) => commit);
    expect(new Set(commits(quiet))).toEqual(new Set([0]));
    expect(Math.max(...commits(telling))).toBe(2);
    expect(telling.node(1).raft.tracker.get(2)?.committedIndex).toBe(2);
  });
});
