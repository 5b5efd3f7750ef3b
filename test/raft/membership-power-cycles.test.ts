import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, EntryType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import type { Config } from '../../src/raft/config.js';
import type { MembershipTarget } from '../../src/raft/membership.js';
import { EMPTY } from '../../src/raft/messages.js';
import { Network } from './network.js';

const { AUTO, EXPLICIT } = ConfChangeTransition;
const change = (changes: string, transition = AUTO) => ({
  transition,
  changes: parseConfChange(changes),
  context: EMPTY,
});

/** Three voters, of which 1 leads, and nodes that belong to no group yet. */
function group(strangers: readonly number[] = [4], settings: Partial<Config> = {}): Network {
  const network = Network.ofVoters(3, settings);
  network.campaign(1);
  // A newcomer learns the first configuration, which is no entry of the log, by a snapshot.
  for (const id of [1, 2, 3]) network.peer(id).compact();
  for (const id of strangers) network.addStranger(id, settings);
  return network;
}

const configuration = (network: Network, id: number) => network.node(id).raft.tracker.conf.toString();

function changeMembers(network: Network, target: MembershipTarget): void {
  network.node(1).proposeMembershipChange(target);
  network.settle();
  network.tick(1, 3);
}

/** Replaces 2 by 4, and brings the group half way: everybody is in the joint configuration, and nobody leaves it by himself. */
function halfWay(settings: Partial<Config> = {}): Network {
  const network = group([4], settings);
  network.node(1).proposeConfChange(EMPTY, change('v4 r2', EXPLICIT));
  network.settle();
  network.tick(1, 3);
  for (const id of [1, 2, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)&&(1 2 3)');
  return network;
}

/** Proposes to leave the joint configuration, and lets time pass at the leader. */
function leave(network: Network): void {
  const { id } = network.leader.raft;
  network.node(id).proposeConfChange(EMPTY, change(''));
  network.settle();
  network.tick(id, 4);
}

/** Elects somebody of these, as their time-outs may have it. */
function elect(network: Network, ...ids: number[]): void {
  for (const id of ids) network.campaign(id);
}

describe('changing the members', () => {
  test.each([
    ['a voter comes', { voters: [1, 2, 3, 4] }, 'voters=(1 2 3 4)', [1, 2, 3, 4]],
    ['a learner comes', { voters: [1, 2, 3], learners: [4] }, 'voters=(1 2 3) learners=(4)', [1, 2, 3, 4]],
    ['a voter goes', { voters: [1, 2] }, 'voters=(1 2)', [1, 2]],
    ['a voter is replaced', { voters: [1, 3, 4] }, 'voters=(1 3 4)', [1, 3, 4]],
    ['a voter becomes a learner', { voters: [1, 2], learners: [3] }, 'voters=(1 2) learners=(3)', [1, 2, 3]],
    ['all but the leader are replaced', { voters: [1, 4, 5] }, 'voters=(1 4 5)', [1, 4, 5]],
    [
      'three become five, with a learner',
      { voters: [1, 2, 3, 4, 5], learners: [6] },
      'voters=(1 2 3 4 5) learners=(6)',
      [1, 2, 3, 4, 5, 6],
    ],
  ])('%s, and everybody knows', (_, target, expected, members) => {
    const network = group([4, 5, 6]);
    changeMembers(network, target);
    for (const id of members) expect(configuration(network, id)).toBe(expected);
    network.propose(1, 'still at work');
    for (const id of members) expect(network.peer(id).commands).toEqual(['still at work']);
  });

  test('a learner goes', () => {
    const network = group();
    changeMembers(network, { voters: [1, 2, 3], learners: [4] });
    changeMembers(network, { voters: [1, 2, 3] });
    for (const id of [1, 2, 3]) expect(configuration(network, id)).toBe('voters=(1 2 3)');
  });

  test('the leader goes, and an election among the others follows', () => {
    const network = group([], { stepDownOnRemoval: true });
    changeMembers(network, { voters: [2, 3] });
    expect([network.node(1).raft.role, configuration(network, 1)]).toEqual(['follower', 'voters=(2 3)']);
    network.tick(2, 20);
    expect(network.leader.raft.id).toBe(2);
    expect(configuration(network, 3)).toBe('voters=(2 3)');
  });

  test('the leader is to go, and its power fails before it can tell that it is out', () => {
    const network = group([], { stepDownOnRemoval: true });
    network.peer(1).onConfChange = () => network.isolate(1);
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.settle();
    expect(configuration(network, 1)).toBe('voters=(2 3)');
    for (const id of [2, 3]) expect(configuration(network, id)).toBe('voters=(1 2 3)');
    network.powerCycle(1);
    network.recover();
    network.settle();
    // It still knows that it is out, and does not campaign. The others finish what they find in their logs.
    network.tick(1, 60);
    expect(network.node(1).raft.role).toBe('follower');
    elect(network, 2);
    expect(network.leader.raft.id).toBe(2);
    for (const id of [2, 3]) expect(configuration(network, id)).toBe('voters=(2 3)');
  });

  test('a minority of the old voters is down from the beginning, and finds its place later', () => {
    const network = group([4, 5, 6]);
    network.isolate(3);
    changeMembers(network, { voters: [1, 2, 3, 4, 5], learners: [6] });
    for (const id of [1, 2, 4, 5, 6]) expect(configuration(network, id)).toBe('voters=(1 2 3 4 5) learners=(6)');
    expect(configuration(network, 3)).toBe('voters=(1 2 3)');
    network.recover();
    network.tick(1, 3);
    expect(configuration(network, 3)).toBe('voters=(1 2 3 4 5) learners=(6)');
  });
});

describe('what is refused', () => {
  test('to leave what was never entered: refused when proposed, thrown when applied, harmless both times', () => {
    const network = group();
    const { node } = network.peer(1);
    expect(node.confChangeRefusal(change(''))).toBe('not in joint state; refusing empty conf change');
    node.proposeConfChange(EMPTY, change(''));
    network.settle();
    expect(network.peer(1).applied.at(-1)?.entryType).toBe(EntryType.NORMAL);
    expect(() => node.applyConfChange(change(''))).toThrow("can't leave a non-joint config");
    expect(configuration(network, 1)).toBe('voters=(1 2 3)');
  });

  test('to be voter and learner at once', () => {
    const { node } = group().peer(1);
    expect(() => node.proposeMembershipChange({ voters: [1, 2], learners: [2] })).toThrow(
      '2 is in voters and learners',
    );
  });

  test('another member while a change is half way; afterwards it may come', () => {
    const network = halfWay();
    network.addStranger(5);
    network.node(1).proposeConfChange(EMPTY, change('v5'));
    network.settle();
    expect(configuration(network, 1)).toBe('voters=(1 3 4)&&(1 2 3)');
    leave(network);
    network.node(1).proposeConfChange(EMPTY, change('v5'));
    network.settle();
    network.tick(1, 3);
    for (const id of [1, 3, 4, 5]) expect(configuration(network, id)).toBe('voters=(1 3 4 5)');
  });
});

describe('power fails half way', () => {
  test.each([
    ['the leader', [1]],
    ['a follower that stays', [3]],
    ['the one that goes', [2]],
    ['the one that comes', [4]],
    ['the leader and the one that comes', [1, 4]],
    ['all of them', [1, 2, 3, 4]],
  ])('of %s: the change is still half way, and is brought to its end', (_, ids) => {
    for (const compacted of [false, true]) {
      const network = halfWay();
      if (compacted) for (const id of [1, 2, 3, 4]) network.peer(id).compact();
      network.powerCycle(...ids);
      network.settle();
      for (const id of [1, 2, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)&&(1 2 3)');
      elect(network, 3);
      expect(network.leader.raft.id).toBe(3);
      leave(network);
      for (const id of [1, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)');
    }
  });

  test.each([
    ['its log is whole', false],
    ['its log is compacted up to there', true],
  ])('of a leader that is the only one to have applied the first half: %s', (_, compacted) => {
    const network = group();
    network.peer(1).onConfChange = () => network.isolate(1);
    network.node(1).proposeMembershipChange({ voters: [1, 3, 4] });
    network.settle();
    expect(configuration(network, 1)).toBe('voters=(1 3 4)&&(1 2 3) autoleave');
    if (compacted) network.peer(1).compact();
    network.powerCycle(1);
    network.peer(1).work();
    expect(configuration(network, 1)).toBe('voters=(1 3 4)&&(1 2 3) autoleave');
    network.recover();
    elect(network, 1);
    network.tick(1, 4);
    expect(network.leader.raft.id).toBe(1);
    // A leader that finds itself in a joint configuration to be left by itself leaves it.
    for (const id of [1, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)');
  });

  test('of a leader that wrote down its applied index: it begins there, with the configuration of there', () => {
    const network = halfWay();
    const peer = network.peer(1);
    const { applied } = peer.node.raft.raftLog;
    peer.storage.setConfState(peer.confState);
    network.peers.set(1, peer.restarted({ applied }));
    network.settle();
    expect(network.peer(1).applied).toEqual([]);
    expect(configuration(network, 1)).toBe('voters=(1 3 4)&&(1 2 3)');
    elect(network, 1);
    leave(network);
    expect(configuration(network, 3)).toBe('voters=(1 3 4)');
  });
});

describe('nodes are lost half way', () => {
  test.each([
    ['the one that goes', [2]],
    ['the one that comes', [4]],
    ['both of them', [2, 4]],
    ['the one that stays and follows', [3]],
  ])('%s: a majority of each half is left, and the change ends', (_, lost) => {
    const network = halfWay();
    for (const id of lost) network.isolate(id);
    leave(network);
    expect(configuration(network, 1)).toBe('voters=(1 3 4)');
    network.propose(1, 'goes on');
    expect(network.peer(1).commands).toEqual(['goes on']);
    network.recover();
    network.tick(1, 3);
    for (const id of [1, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)');
  });

  test.each([
    ['the old half', [2, 3]],
    ['the new half', [3, 4]],
  ])('a majority of %s: nothing goes on, and nothing is lost; when they are back it ends', (_, lost) => {
    const network = halfWay();
    for (const id of lost) network.isolate(id);
    leave(network);
    expect(configuration(network, 1)).toBe('voters=(1 3 4)&&(1 2 3)');
    network.propose(1, 'waits');
    expect(network.peer(1).commands).toEqual([]);
    network.recover();
    network.tick(1, 4);
    for (const id of [1, 3, 4]) {
      expect(configuration(network, id)).toBe('voters=(1 3 4)');
      expect(network.peer(id).commands).toEqual(['waits']);
    }
  });

  test('with check-quorum a leader that has lost one half steps down', () => {
    const network = halfWay({ checkQuorum: true });
    network.isolate(3);
    network.isolate(4);
    network.tick(1, 25);
    expect(network.node(1).raft.role).toBe('follower');
  });

  test('who was removed while it was away disturbs nobody with pre-vote when it comes back', () => {
    const network = halfWay({ preVote: true, checkQuorum: true });
    network.isolate(2);
    leave(network);
    network.tick(2, 100);
    network.recover();
    network.tick(2, 100);
    network.tick(1, 3);
    network.propose(1, 'undisturbed');
    expect(network.leader.raft.id).toBe(1);
    expect(network.peer(4).commands).toEqual(['undisturbed']);
  });
});

describe('the log is compacted half way', () => {
  test('who lags gets the joint configuration by a snapshot, and its end by the log', () => {
    const network = group();
    network.isolate(3);
    network.node(1).proposeConfChange(EMPTY, change('v4 r2', EXPLICIT));
    network.settle();
    network.tick(1, 3);
    for (const id of [1, 2, 4]) network.peer(id).compact();
    network.recover();
    network.tick(1, 3);
    const snapshots = network.sent.filter(({ msgType, to }) => msgType === MessageType.SNAPSHOT && to === 3);
    expect(snapshots.at(-1)?.snapshot?.metadata?.confState).toMatchObject({
      voters: [1, 3, 4],
      votersOutgoing: [1, 2, 3],
    });
    expect(configuration(network, 3)).toBe('voters=(1 3 4)&&(1 2 3)');
    leave(network);
    expect(configuration(network, 3)).toBe('voters=(1 3 4)');
  });

  test('a joint configuration that is left by itself is left behind a snapshot as well', () => {
    const network = group();
    network.peer(1).onConfChange = () => network.isolate(1);
    network.node(1).proposeMembershipChange({ voters: [1, 3, 4] });
    network.settle();
    network.peer(1).onConfChange = () => {};
    network.peer(1).compact();
    network.recover();
    network.tick(1, 4);
    for (const id of [1, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 3 4)');
  });
});
