import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import { message, Network, Peer, storageWith, testConfig } from './network.js';

const checkQuorum = { checkQuorum: true };

/** Lets this much time pass at a node that hears nothing. */
function wait(network: Network, id: number, ticks: number): void {
  for (let i = 0; i < ticks; i++) network.node(id).tick();
}

/** Three voters; 1 leads, and all of them just heard from it. The time-outs of 2 and 3 are as long as they can be. */
function led(settings = {}): Network {
  const network = Network.ofVoters(3, { ...checkQuorum, ...settings });
  network.campaign(1);
  network.tick(1);
  for (const id of [2, 3]) network.node(id).knobs.setRandomizedElectionTimeout(19);
  return network;
}

describe('a leader that looks whether it is still followed', () => {
  test('stays with a majority, learners and strangers not counted', () => {
    const network = Network.of({ voters: [1, 2, 3], learners: [4, 5] }, checkQuorum);
    network.campaign(1);
    network.isolate(2);
    network.isolate(3);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('needs a majority of both halves of a joint configuration', () => {
    const network = Network.of({ voters: [1, 4, 5], votersOutgoing: [1, 2, 3] }, checkQuorum);
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);
    network.isolate(4);
    network.isolate(5);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('does not send heartbeats in the tick in which it steps down', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    wait(network, 1, 10);
    network.peer(1).work();
    wait(network, 1, 10);
    expect(network.node(1).raft.role).toBe('follower');
    const heartbeats = network
      .peer(1)
      .work()
      .filter(({ msgType }) => msgType === MessageType.HEARTBEAT);
    // To both peers in each of nine ticks, and to nobody in the tenth.
    expect(heartbeats).toHaveLength(2 * 9);
    expect(network.node(1).raft.term).toBe(1);
  });

  test('can be told to look, or not to, while it leads', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    network.tick(1, 40);
    expect(network.node(1).raft.role).toBe('leader');
    network.node(1).knobs.setCheckQuorum(true);
    network.tick(1, 20);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('stepping down, it takes back what it allowed itself as a leader: applying ahead of its disk', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    network.node(1).knobs.setMaxApplyUnpersistedLogLimit(10);
    expect(network.node(1).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(10);
    network.isolate(1);
    network.tick(1, 20);
    expect(network.node(1).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(0);
    network.node(1).knobs.setMaxApplyUnpersistedLogLimit(10);
    expect(network.node(1).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(0);
  });
});

describe('the lease that followers keep', () => {
  test('a leader is superseded only when its lease has run out', () => {
    const network = led();
    // 3 does not hear from 1 any more, but 2 has just done so: 3 is not answered.
    network.isolate(1);
    network.campaign(3);
    expect([network.node(3).raft.role, network.node(2).raft.term]).toEqual(['candidate', 1]);
    wait(network, 2, 9);
    network.campaign(3);
    expect(network.node(3).raft.role).toBe('candidate');
    // The election time-out, not the randomised one, is the measure.
    wait(network, 2, 1);
    expect(network.node(2).raft.role).toBe('follower');
    network.campaign(3);
    expect(network.node(3).raft.role).toBe('leader');
  });

  test('an election goes as ever where there is no leader, or where its lease has run out', () => {
    const network = Network.ofVoters(3, checkQuorum);
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);
    network.node(2).knobs.setRandomizedElectionTimeout(19);
    wait(network, 2, 10);
    network.campaign(3);
    // The old leader counts its own lease from its last look at its quorum: it takes no notice, and is told by the new one.
    expect(network.leader.raft.id).toBe(3);
    network.tick(3);
    expect(network.node(1).raft.leaderId).toBe(3);
  });

  test('a candidate that is stuck at a higher term is freed by the leader’s next word to it', () => {
    const network = led();
    network.isolate(3);
    for (let round = 0; round < 2; round++) network.campaign(3);
    network.recover();
    network.campaign(3);
    // Nobody listens to it, while its term is ahead of all others.
    expect([1, 2, 3].map((id) => network.node(id).raft.term)).toEqual([1, 1, 4]);
    network.deliver(message(MessageType.HEARTBEAT, { from: 1, to: 3, term: 1 }));
    expect([network.node(1).raft.role, network.node(1).raft.term]).toEqual(['follower', 4]);
    network.campaign(3);
    expect(network.leader.raft.id).toBe(3);
  });

  test('a voter that does not know yet that it is one does not campaign, and follows', () => {
    const network = Network.ofVoters(2, checkQuorum);
    network.node(2).applyConfChange({ id: 0, changeType: 1, nodeId: 2, context: EMPTY });
    expect(network.node(2).raft.promotable).toBe(false);
    network.tick(2, 30);
    expect(network.node(2).raft.role).toBe('follower');
    network.campaign(1);
    expect([network.leader.raft.id, network.node(2).raft.leaderId]).toEqual([1, 1]);
  });

  test('a disruptive follower: without pre-vote it drags the leader down to let it in', () => {
    const network = led();
    network.node(3).knobs.setRandomizedElectionTimeout(12);
    wait(network, 3, 12);
    expect([network.node(3).raft.role, network.node(3).raft.term]).toEqual(['candidate', 2]);
    // The leader's heartbeat, which was delayed, is answered with the higher term.
    network.deliver(message(MessageType.HEARTBEAT, { from: 1, to: 3, term: 1 }));
    expect([1, 2, 3].map((id) => `${network.node(id).raft.role} of ${network.node(id).raft.term}`)).toEqual([
      'follower of 2',
      'follower of 1',
      'candidate of 2',
    ]);
  });

  test('with pre-vote it stays at its term, and the leader leads on', () => {
    const network = led({ preVote: true });
    network.node(3).knobs.setRandomizedElectionTimeout(12);
    wait(network, 3, 12);
    expect(network.node(3).raft.role).toBe('pre-candidate');
    network.deliver(message(MessageType.HEARTBEAT, { from: 1, to: 3, term: 1 }));
    expect([1, 2, 3].map((id) => `${network.node(id).raft.role} of ${network.node(id).raft.term}`)).toEqual([
      'leader of 1',
      'follower of 1',
      'follower of 1',
    ]);
  });

  test('pre-votes are refused within the lease as well; who has lost its leader may give one', () => {
    const network = led({ preVote: true });
    network.isolate(1);
    network.campaign(3);
    expect(network.node(3).raft.role).toBe('pre-candidate');
    expect(network.node(2).raft.leaderId).toBe(1);
    network.node(2).forgetLeader();
    network.campaign(3);
    expect(network.leader.raft.id).toBe(3);
  });

  test('an old leader of a lower term learns of the new one by an empty answer, and only where one of the two options is on', () => {
    for (const [settings, answers] of [
      [{}, 0],
      [checkQuorum, 1],
      [{ preVote: true }, 1],
    ] as const) {
      const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2, 3] }, [5]));
      for (const msgType of [MessageType.HEARTBEAT, MessageType.APPEND]) {
        peer.node.step(message(msgType, { from: 2, to: 1, term: 2 }));
        const sent = peer.work();
        expect(sent.map(({ msgType: type, term, index, reject }) => [type, term, index, reject])).toEqual(
          Array.from({ length: answers }, () => [MessageType.APPEND_RESPONSE, 5, 0, false]),
        );
      }
    }
  });
});
