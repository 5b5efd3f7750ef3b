import { describe, expect, test } from 'vitest';
import { Raft, type StateRole } from '../../src/raft/raft.js';
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from '../../src/raft/roles.js';
import { Network, Peer, storageWith, testConfig } from './network.js';

describe('roles', () => {
  const inRole: Readonly<Record<StateRole, (raft: Raft) => void>> = {
    follower: (raft) => becomeFollower(raft, raft.term, 0),
    'pre-candidate': becomePreCandidate,
    candidate: becomeCandidate,
    leader: becomeLeader,
  };
  const START: Readonly<Record<StateRole, readonly StateRole[]>> = {
    follower: [],
    'pre-candidate': ['pre-candidate'],
    candidate: ['candidate'],
    leader: ['candidate', 'leader'],
  };

  test.each<[StateRole, readonly StateRole[]]>([
    ['follower', ['follower', 'pre-candidate', 'candidate']],
    ['pre-candidate', ['follower', 'pre-candidate', 'candidate', 'leader']],
    ['candidate', ['follower', 'pre-candidate', 'candidate', 'leader']],
    ['leader', ['follower', 'leader']],
  ])('who may become what: a %s', (from, allowed) => {
    for (const to of ['follower', 'pre-candidate', 'candidate', 'leader'] as const) {
      const raft = new Raft(testConfig(1), storageWith({ voters: [1] }));
      for (const role of START[from]) inRole[role](raft);
      if (allowed.includes(to)) {
        inRole[to](raft);
        expect(raft.role).toBe(to);
      } else {
        expect(() => inRole[to](raft)).toThrow();
      }
    }
  });

  test('a pre-candidate is as it was, but for its role and its leader: neither term, vote, time-out nor peers', () => {
    const raft = new Raft(testConfig(1), storageWith({ voters: [1, 2] }, [3]));
    raft.electionElapsed = 5;
    raft.vote = 2;
    const before = [raft.term, raft.vote, raft.electionElapsed, raft.randomizedElectionTimeout];
    becomePreCandidate(raft);
    expect([raft.term, raft.vote, raft.electionElapsed, raft.randomizedElectionTimeout]).toEqual(before);
    expect([raft.role, raft.leaderId]).toEqual(['pre-candidate', 0]);
  });

  test.each([false, true])('a group of one elects itself, with pre-vote: %s', (preVote) => {
    const peer = new Peer(testConfig(1, { preVote }), storageWith({ voters: [1] }));
    peer.node.campaign();
    peer.work();
    expect([peer.node.raft.role, peer.node.raft.term]).toEqual(['leader', 1]);
  });

  test.each([false, true])('a leader goes on leading when it is told to campaign, with pre-vote: %s', (preVote) => {
    const network = Network.ofVoters(3, { preVote });
    network.campaign(1);
    network.campaign(1);
    expect([...network.peers.values()].map(({ node }) => [node.raft.role, node.raft.term])).toEqual([
      ['leader', 1],
      ['follower', 1],
      ['follower', 1],
    ]);
  });
});

describe('the time-out', () => {
  test('is reached with the randomised number of ticks and not one before', () => {
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    node.knobs.setRandomizedElectionTimeout(13);
    for (let ticks = 0; ticks < 12; ticks++) node.tick();
    expect([node.raft.role, node.raft.electionElapsed]).toEqual(['follower', 12]);
    node.tick();
    expect(node.raft.role).toBe('candidate');
  });

  test('passes over a node that may not lead, which goes on counting', () => {
    const { node } = new Peer(testConfig(3), storageWith({ voters: [1, 2], learners: [3] }));
    for (let ticks = 0; ticks < 50; ticks++) node.tick();
    expect([node.raft.role, node.raft.electionElapsed]).toEqual(['follower', 50]);
    node.applyConfChange({ id: 0, changeType: 0, nodeId: 3, context: new Uint8Array(0) });
    node.tick();
    expect(node.raft.role).toBe('candidate');
  });

  test('is drawn from the range that the configuration gives, and can be drawn anew', () => {
    const peer = new Peer(testConfig(1, { minElectionTick: 15, maxElectionTick: 18 }), storageWith({ voters: [1, 2] }));
    const drawn = new Set<number>();
    for (let times = 0; times < 200; times++) {
      peer.node.knobs.resetRandomizedElectionTimeout();
      drawn.add(peer.node.raft.randomizedElectionTimeout);
    }
    expect([...drawn].sort()).toEqual([15, 16, 17]);
  });

  test('seldom comes for two nodes at once', () => {
    let clashes = 0;
    for (let round = 0; round < 200; round++) {
      const seeded = Array.from(
        { length: 5 },
        (_, i) => new Peer(testConfig(1000 * round + i + 1), storageWith({ voters: [1] })),
      );
      const timeouts = seeded.map(({ node }) => node.raft.randomizedElectionTimeout).sort((a, b) => a - b);
      if (timeouts[0] === timeouts[1]) clashes++;
    }
    // Of five numbers out of ten the two lowest are the same in 3 of 10 cases.
    expect(clashes / 200).toBeLessThan(0.5);
  });
});
