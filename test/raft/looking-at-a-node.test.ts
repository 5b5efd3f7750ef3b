import { describe, expect, test } from 'vitest';
import { ConfChangeTransition } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import { EMPTY, newMessage, voteResponseType } from '../../src/raft/messages.js';
import { statusJson } from '../../src/raft/status.js';
import { bytes, Network } from './network.js';

/** A group of three that node 1 leads. */
function led(): Network {
  const network = Network.ofVoters(3);
  network.campaign(1);
  return network;
}

describe('how a node stands', () => {
  test('in short, without its peers', () => {
    const network = led();
    network.isolate(3);
    network.node(1).transferLeader(3);
    expect(network.node(1).basicStatus()).toEqual({
      id: 1,
      hs: { term: 1, vote: 1, commit: 1 },
      ss: { leaderId: 1, raftState: 'leader' },
      applied: 1,
      leadTransferee: 3,
    });
  });

  test('peer by peer, of a leader only', () => {
    const network = led();
    const seen: [number, number][] = [];
    network.node(1).withProgress(({ id, matched }) => seen.push([id, matched]));
    network.node(2).withProgress(({ id, matched }) => seen.push([id, matched]));
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
    ]);
  });

  test('as etcd/raft writes it, ids in hexadecimal', () => {
    const network = Network.of({ voters: [10], learners: [255] });
    network.campaign(10);
    expect(JSON.parse(statusJson(network.node(10).status()))).toEqual({
      id: 'a',
      term: 1,
      vote: 'a',
      commit: 1,
      lead: 'a',
      raftState: 'StateLeader',
      applied: 1,
      progress: {
        a: { match: 1, next: 2, state: 'StateReplicate' },
        ff: { match: 1, next: 2, state: 'StateReplicate' },
      },
      leadtransferee: '0',
    });
    expect(statusJson(network.node(255).status())).toContain('"progress":{}');
  });

  test('how long a peer has stood still, in ticks of the leader', () => {
    const network = led();
    const still = () =>
      network
        .node(1)
        .status()
        .progress.map(({ ticksSinceProgress }) => ticksSinceProgress);
    network.tick(1, 4);
    network.isolate(3);
    network.propose(1, 'x');
    network.tick(1, 2);
    expect(still()).toEqual([2, 2, 6]);
    network.node(1).applyConfChange({ id: 0, changeType: 2, nodeId: 4, context: EMPTY });
    network.recover();
    network.tick(1, 1);
    expect(still()).toEqual([3, 3, 0, 1]);
    network.campaign(2);
    network.campaign(1);
    expect(still()).toEqual([0, 0, 0, 0]);
  });

  test('what the windows of its peers cost', () => {
    const network = led();
    network.node(1).knobs.maybeFreeInflightBuffers();
    expect(network.node(1).knobs.inflightBuffersSize()).toBe(0);
    network.node(1).propose(EMPTY, bytes('x'));
    expect(network.node(1).knobs.inflightBuffersSize()).toBe(2 * 8 * 16);
  });
});

describe('ticks', () => {
  test('say whether there may be something to do', () => {
    const network = led();
    expect(network.node(1).tick()).toBe(true);
    const { node } = network.peer(2);
    node.knobs.setRandomizedElectionTimeout(11);
    expect(Array.from({ length: 11 }, () => node.tick())).toEqual([...new Array<boolean>(10).fill(false), true]);
    expect(node.hasReady()).toBe(true);
  });

  test('of a leader between two heartbeats are nothing', () => {
    const network = Network.ofVoters(3, { heartbeatTick: 3 });
    network.campaign(1);
    expect([1, 2, 3, 4].map(() => network.node(1).tick())).toEqual([false, false, true, false]);
  });

  test('of a quiet node count, and are acted on later', () => {
    const network = led();
    const { node } = network.peer(2);
    for (let ticks = 0; ticks < 30; ticks++) node.tickQuiesced();
    expect([node.raft.role, node.hasReady()]).toEqual(['follower', false]);
    node.tick();
    expect(node.raft.role).toBe('candidate');
  });
});

test('a transfer can be given up: proposals are taken again, and a joint configuration is left that waited for its end', () => {
  const network = led();
  network.cut(1, 3);
  const { AUTO } = ConfChangeTransition;
  network.node(1).proposeConfChange(EMPTY, { transition: AUTO, changes: parseConfChange('l4 l5'), context: EMPTY });
  network.node(1).transferLeader(3);
  network.settle();
  expect(() => network.node(1).propose(EMPTY, bytes('x'))).toThrow('raft proposal dropped');
  expect(network.node(1).raft.tracker.conf.isJoint()).toBe(true);
  network.node(1).abortLeaderTransfer();
  network.propose(1, 'x');
  expect(network.peer(2).commands).toEqual(['x']);
  expect(network.node(1).raft.tracker.conf.isJoint()).toBe(false);
  // Nothing is under way any more.
  network.node(1).abortLeaderTransfer();
  expect(network.node(1).hasReady()).toBe(false);
});

test('only requests for votes have an answer of their own', () => {
  const request = newMessage(3, 2);
  expect(() => voteResponseType(request.msgType)).toThrow('this is no request for a vote');
});
