import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

const change = (changes: string) => ({ transition: 0, changes: parseConfChange(changes), context: EMPTY });

describe('a learner', () => {
  test('never campaigns, however long it hears nothing', () => {
    const network = Network.of({ voters: [1], learners: [2] });
    network.tick(2, 100);
    expect(network.node(2).raft.role).toBe('follower');
    expect(network.sent).toEqual([]);
  });

  test('gets the log as the others do, and is not needed for a commit', () => {
    const network = Network.of({ voters: [1], learners: [2] });
    network.campaign(1);
    network.isolate(2);
    network.propose(1, 'without it');
    expect(network.peer(1).commands).toEqual(['without it']);
    network.recover();
    network.tick(1, 2);
    expect(network.peer(2).commands).toEqual(['without it']);
    expect(network.node(1).raft.tracker.get(2)?.matched).toBe(2);
  });

  test('made a voter, campaigns and leads', () => {
    const network = Network.of({ voters: [1], learners: [2] });
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, change('v2'));
    network.settle();
    expect(network.node(2).raft.promotable).toBe(true);
    network.tick(2, 20);
    expect(network.leader.raft.id).toBe(2);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('gets a snapshot where the log no longer goes back to what it has', () => {
    const network = Network.of({ voters: [1], learners: [2] });
    network.isolate(2);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.peer(1).compact();
    network.recover();
    network.tick(1, 3);
    expect(network.peer(2).storage.firstIndex()).toBe(5);
    network.propose(1, 'd');
    expect(network.peer(2).commands).toEqual(['d']);
  });

  test('may come to be one by a snapshot, and stays one', () => {
    const peer = new Peer(testConfig(3), storageWith({ voters: [1, 2], learners: [3] }));
    const confState = { ...emptyConfState(), voters: [1, 2], learners: [3] };
    const snapshot = { data: bytes('s'), metadata: { index: 11, term: 11, confState } };
    peer.node.step(message(MessageType.SNAPSHOT, { from: 1, to: 3, term: 12, snapshot }));
    peer.work();
    expect(peer.node.raft.raftLog.lastIndex()).toBe(11);
    expect([...peer.node.raft.tracker.progress].map(([id, { isLearner }]) => [id, isLearner])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
    expect(peer.node.raft.promotable).toBe(false);
  });

  test('may be made a voter by a snapshot', () => {
    const peer = new Peer(testConfig(3), storageWith({ voters: [1, 2], learners: [3] }));
    const confState = { ...emptyConfState(), voters: [1, 2, 3] };
    const snapshot = { data: bytes('s'), metadata: { index: 11, term: 11, confState } };
    peer.node.step(message(MessageType.SNAPSHOT, { from: 1, to: 3, term: 12, snapshot }));
    peer.work();
    expect(peer.node.raft.promotable).toBe(true);
  });
});

describe('the members of a node', () => {
  test.each([
    ['itself alone', { voters: [1] }, true],
    ['itself and others', { voters: [1, 2, 3] }, true],
    ['others', { voters: [2, 3] }, false],
    ['nobody', {}, false],
    ['itself as a learner', { voters: [2], learners: [1] }, false],
    ['itself in the half that is being left', { voters: [2, 3], votersOutgoing: [1, 2] }, true],
  ])('who is promotable: a group of %s', (_, confState, promotable) => {
    expect(new Peer(testConfig(1), storageWith(confState)).node.raft.promotable).toBe(promotable);
  });

  test.each([
    ['in whatever order storage gives them', [3, 1, 2], [1, 2, 3]],
    ['one', [1], [1]],
  ])('are walked in ascending order: %s', (_, voters, ids) => {
    const { raft } = new Peer(testConfig(1), storageWith({ voters })).node;
    expect([...raft.tracker.progress.keys()]).toEqual(ids);
    expect(raft.tracker.conf.voters.ids()).toEqual(ids);
  });

  test.each([
    ['add a voter', 'v2', 'voters=(1 2)'],
    ['add a learner', 'l2', 'voters=(1) learners=(2)'],
    ['add a voter that is one', 'v1', 'voters=(1)'],
    ['remove a node that is none', 'r9', 'voters=(1)'],
    ['nobody (node 0)', 'v0', 'voters=(1)'],
  ])('%s', (_, changes, configuration) => {
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1] }));
    node.applyConfChange(change(changes));
    expect(node.raft.tracker.conf.toString()).toBe(configuration);
  });

  test('remove a voter, a learner, and not the last voter', () => {
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1, 2], learners: [3] }));
    expect(node.applyConfChange(change('r2')).voters).toEqual([1]);
    expect(node.applyConfChange(change('r3')).learners).toEqual([]);
    expect(() => node.applyConfChange(change('r1'))).toThrow('removed all voters');
    expect(node.raft.tracker.conf.toString()).toBe('voters=(1)');
  });

  test('a node that applies its own removal knows nobody less, and does not lead again', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.settle();
    expect([...network.node(1).raft.tracker.progress.keys()]).toEqual([2]);
    expect([network.node(1).raft.role, network.node(1).raft.promotable]).toEqual(['leader', false]);
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
    network.propose(2, 'alone now');
    expect(network.peer(2).commands).toEqual(['alone now']);
    network.tick(1, 50);
    network.campaign(1);
    expect(network.node(1).raft.term).toBeLessThanOrEqual(2);
  });
});
