import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import { EMPTY } from '../../src/raft/messages.js';
import { message, Network } from './network.js';

const change = (changes: string) => ({ transition: 0, changes: parseConfChange(changes), context: EMPTY });

function led(settings = {}): Network {
  const network = Network.ofVoters(3, settings);
  network.campaign(1);
  return network;
}

describe('a transfer of leadership', () => {
  test('to a follower that lags: it is brought up to date first', () => {
    const network = led();
    network.isolate(3);
    for (const data of ['a', 'b']) network.propose(1, data);
    network.recover();
    expect(network.node(1).raft.tracker.get(3)?.matched).toBe(1);
    network.node(1).transferLeader(3);
    network.settle();
    network.tick(1);
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([3, 2]);
    expect(network.peer(3).commands).toEqual(['a', 'b']);
  });

  test('to a follower that needs a snapshot: as soon as that is acknowledged', () => {
    const network = led();
    network.isolate(3);
    for (const data of ['a', 'b']) network.propose(1, data);
    network.peer(1).compact();
    network.recover();
    network.ignore(MessageType.APPEND_RESPONSE);
    network.node(1).transferLeader(3);
    network.tick(1);
    expect(network.leader.raft.id).toBe(1);
    network.recover();
    const acknowledged = network.node(3).raft.raftLog.lastIndex();
    network.deliver(message(MessageType.APPEND_RESPONSE, { from: 3, to: 1, term: 1, index: acknowledged }));
    network.tick(1, 2);
    expect(network.leader.raft.id).toBe(3);
  });

  test('there and back again', () => {
    const network = led();
    for (const [from, to] of [
      [1, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      network.node(from).transferLeader(to);
      network.settle();
      expect(network.leader.raft.id).toBe(to);
    }
  });

  test('is taken back by one to the leader itself, which goes on at once', () => {
    const network = led();
    network.isolate(3);
    network.node(1).transferLeader(3);
    network.settle();
    network.node(1).transferLeader(1);
    expect(network.node(1).raft.leadTransferee).toBe(0);
    network.propose(1, 'x');
    expect(network.peer(2).commands).toEqual(['x']);
  });

  test('is passed on by a follower, which drops it while it knows no leader', () => {
    const network = led();
    network.node(2).forgetLeader();
    network.node(2).transferLeader(2);
    expect(network.node(2).hasReady() && network.node(2).ready().persistedMessages.length > 0).toBe(false);
    expect(network.node(1).raft.leadTransferee).toBe(0);
  });

  test.each([
    ['a candidate', false],
    ['a pre-candidate', true],
  ])('%s does not start over when it is asked to campaign', (_, preVote) => {
    const network = Network.ofVoters(3, { preVote });
    network.isolate(3);
    network.campaign(3);
    const { role, term } = network.node(3).raft;
    network.node(3).step(message(MessageType.TIMEOUT_NOW, { from: 1, to: 3, term: Math.max(term, 1) }));
    expect(network.node(3).raft.role).toBe(preVote && term === 0 ? 'candidate' : role);
  });

  test('a leader that is asked to campaign goes on leading', () => {
    const network = led();
    network.deliver(message(MessageType.TIMEOUT_NOW, { from: 2, to: 1, term: 1 }));
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([1, 1]);
  });

  test('to a voter that is on its way out is possible until it is out', () => {
    const network = Network.of({ voters: [1, 2], votersOutgoing: [1, 2, 3] });
    network.campaign(1);
    network.node(1).transferLeader(3);
    network.settle();
    expect(network.leader.raft.id).toBe(3);
  });
});

describe('a leader that is to leave', () => {
  test('hands over first, and is removed by its successor: no time without a leader', () => {
    const network = led({ stepDownOnRemoval: true });
    network.node(1).transferLeader(2);
    network.settle();
    network.node(2).proposeConfChange(EMPTY, change('r1'));
    network.settle();
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([2, 2]);
    expect(network.node(2).raft.tracker.conf.toString()).toBe('voters=(2 3)');
    network.propose(2, 'goes on');
    expect(network.peer(3).commands).toEqual(['goes on']);
  });

  test('may name its successor while its removal is under way: who takes over finds it in the log and ends it', () => {
    const network = led({ stepDownOnRemoval: true });
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.node(1).transferLeader(3);
    network.settle();
    expect(network.leader.raft.id).toBe(3);
    expect(network.node(3).raft.tracker.conf.toString()).toBe('voters=(2 3)');
    expect(network.node(1).raft.role).toBe('follower');
    network.propose(3, 'goes on');
    expect(network.peer(2).commands).toEqual(['goes on']);
  });

  test('gives the lead to the successor that was named, although that one lags, when it steps down', () => {
    const network = led({ stepDownOnRemoval: true });
    network.isolate(3);
    network.propose(1, 'x');
    network.recover();
    network.ignore(MessageType.TIMEOUT_NOW);
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.node(1).transferLeader(3);
    network.peer(1).onConfChange = () => network.recover();
    network.settle();
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.TIMEOUT_NOW).map(({ to }) => to)).toContain(3);
    expect(network.leader.raft.id).toBe(3);
    expect(network.peer(3).commands).toEqual(['x']);
  });

  test('asks nobody in particular where none was named, or the one named leaves as well', () => {
    const network = Network.of({ voters: [2, 3], votersOutgoing: [1, 2, 4] }, { stepDownOnRemoval: true });
    network.campaign(1);
    network.ignore(MessageType.TIMEOUT_NOW);
    network.node(1).transferLeader(4);
    network.settle();
    network.sent.length = 0;
    network.node(1).applyConfChange({ transition: 0, changes: [], context: EMPTY });
    network.settle();
    expect([
      network.node(1).raft.role,
      network.sent.filter(({ msgType }) => msgType === MessageType.TIMEOUT_NOW).length,
    ]).toEqual(['follower', 0]);
  });

  test('that has just stepped down is followed by an ordinary election', () => {
    const network = led({ stepDownOnRemoval: true });
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.settle();
    expect(network.node(1).raft.role).toBe('follower');
    network.tick(2, 20);
    expect(network.leader.raft.id).toBe(2);
  });
});
