import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, ConfChangeType, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { bytes, message, Network } from './network.js';

/** Three voters and a learner, 4; node 1 leads. */
function led(settings: Partial<Config> = {}): Network {
  const network = Network.of({ voters: [1, 2, 3], learners: [4] }, settings);
  network.campaign(1);
  return network;
}

function transfer(network: Network, at: number, to: number): void {
  network.node(at).transferLeader(to);
  network.settle();
}

describe('transfer of leadership (thesis §3.10)', () => {
  test.each([
    ['the leader', 1],
    ['a follower, which passes it on', 3],
  ])('is asked of %s', (_, at) => {
    const network = led();
    transfer(network, at, 2);
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([2, 2]);
    network.propose(1, 'by way of the follower');
    expect(network.peer(3).commands).toEqual(['by way of the follower']);
  });

  test.each([
    ['pre-vote', { preVote: true }],
    ['the lease', { checkQuorum: true }],
  ])('passes %s', (_, settings) => {
    const network = led(settings);
    transfer(network, 1, 2);
    expect(network.leader.raft.id).toBe(2);
    transfer(network, 2, 1);
    expect(network.leader.raft.id).toBe(1);
  });

  test('waits until the transferee has the whole log, by a snapshot if need be', () => {
    const network = led();
    network.isolate(3);
    network.propose(1, 'x');
    network.peer(1).compact();
    transfer(network, 1, 3);
    expect(network.leader.raft.id).toBe(1);
    network.recover();
    network.tick(1, 2);
    expect(network.leader.raft.id).toBe(3);
  });

  test.each([
    ['to itself', 1],
    ['to a stranger', 9],
    ['to a learner', 4],
  ])('does nothing %s', (_, to) => {
    const network = led();
    transfer(network, 1, to);
    expect([network.leader.raft.id, network.leader.raft.leadTransferee]).toEqual([1, 0]);
  });

  test('ends after an election time-out: the leader goes on', () => {
    const network = led();
    network.isolate(3);
    transfer(network, 1, 3);
    network.tick(1, 9);
    expect(network.node(1).raft.leadTransferee).toBe(3);
    network.tick(1);
    expect(network.node(1).raft.leadTransferee).toBe(0);
    network.propose(1, 'goes on');
    expect(network.peer(2).commands).toEqual(['goes on']);
  });

  test('no proposal is taken meanwhile', () => {
    const network = led();
    network.isolate(3);
    transfer(network, 1, 3);
    const before = network.node(1).raft.raftLog.lastIndex();
    expect(() => network.node(1).propose(bytes(''), bytes('x'))).toThrow('raft proposal dropped');
    expect(network.node(1).raft.raftLog.lastIndex()).toBe(before);
  });

  test('to the same node again: the time-out does not start over; to another: the first is given up; to the leader: it stays', () => {
    const network = led();
    network.isolate(3);
    transfer(network, 1, 3);
    network.tick(1, 5);
    transfer(network, 1, 3);
    expect(network.node(1).raft.electionElapsed).toBe(5);
    transfer(network, 1, 1);
    expect(network.node(1).raft.leadTransferee).toBe(0);
    transfer(network, 1, 3);
    transfer(network, 1, 2);
    expect(network.leader.raft.id).toBe(2);
  });

  test('a tick that ends it says that there may be a Ready, also where no heartbeat is due', () => {
    const network = led({ heartbeatTick: 4 });
    network.isolate(3);
    const { node } = network.peer(1);
    // The joint configuration is left when the transfer that began meanwhile has ended.
    network.peer(1).onConfChange = () => node.transferLeader(3);
    const changes = [{ changeType: ConfChangeType.ADD_LEARNER_NODE, nodeId: 5 }];
    node.proposeConfChange(bytes(''), { transition: ConfChangeTransition.IMPLICIT, changes, context: bytes('') });
    network.settle();
    network.tick(1, 9);
    expect([node.raft.leadTransferee, node.hasReady()]).toEqual([3, false]);
    expect([node.tick(), node.hasReady()]).toEqual([true, true]);
  });

  test('given up for the leader itself lets go on what waited for its end', () => {
    const network = led();
    network.isolate(3);
    const { node } = network.peer(1);
    network.peer(1).onConfChange = () => node.transferLeader(3);
    const changes = [{ changeType: ConfChangeType.ADD_LEARNER_NODE, nodeId: 5 }];
    node.proposeConfChange(bytes(''), { transition: ConfChangeTransition.IMPLICIT, changes, context: bytes('') });
    network.settle();
    expect(String(node.raft.tracker.conf)).toBe('voters=(1 2 3)&&(1 2 3) learners=(4 5) autoleave');
    network.peer(1).onConfChange = () => {};
    transfer(network, 1, 1);
    expect(String(node.raft.tracker.conf)).toBe('voters=(1 2 3) learners=(4 5)');
  });

  test('ends also where the leader goes with the transferee, and leads on', () => {
    const network = led();
    network.ignore(MessageType.TIMEOUT_NOW);
    const { node } = network.peer(1);
    const removed = [1, 3].map((nodeId) => ({ changeType: ConfChangeType.REMOVE_NODE, nodeId }));
    node.applyConfChange({ transition: ConfChangeTransition.EXPLICIT, changes: removed, context: bytes('') });
    node.transferLeader(3);
    expect(node.raft.leadTransferee).toBe(3);
    node.applyConfChange({ transition: ConfChangeTransition.AUTO, changes: [], context: bytes('') });
    expect([node.raft.role, node.raft.leadTransferee]).toEqual(['leader', 0]);
  });

  test('a higher term ends it', () => {
    const network = led();
    network.isolate(3);
    transfer(network, 1, 3);
    network.deliver(message(MessageType.REQUEST_VOTE, { from: 2, to: 1, term: 2, index: 1, logTerm: 1 }));
    expect(network.node(1).raft.leadTransferee).toBe(0);
  });

  test.each([
    ['removed', 1],
    ['made a learner', 2],
  ])('a transferee that is %s ends it', (_, changeType) => {
    const network = led();
    network.ignore(MessageType.TIMEOUT_NOW);
    network.node(1).transferLeader(3);
    network.node(1).applyConfChange({ id: 0, changeType, nodeId: 3, context: bytes('') });
    expect(network.node(1).raft.leadTransferee).toBe(0);
  });

  test('a node that is no voter any more does not campaign when asked', () => {
    const network = led();
    network.node(3).applyConfChange({ id: 0, changeType: 1, nodeId: 3, context: bytes('') });
    network.deliver(message(MessageType.TIMEOUT_NOW, { from: 1, to: 3, term: 1 }));
    expect(network.node(3).raft.role).toBe('follower');
  });
});
