import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, type ConfChangeV2, EntryType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, Network } from './network.js';

const { AUTO, IMPLICIT, EXPLICIT, ROLLBACK } = ConfChangeTransition;

const change = (changes: string, transition = AUTO): ConfChangeV2 => ({
  transition,
  changes: parseConfChange(changes),
  context: EMPTY,
});

/** Three voters, of which 1 leads, and strangers 4 to 6; the first configuration can be had by a snapshot. */
function group(settings: Partial<Config> = {}): Network {
  const network = Network.ofVoters(3, settings);
  network.campaign(1);
  for (const id of [1, 2, 3]) network.peer(id).compact();
  for (const id of [4, 5, 6]) network.addStranger(id, settings);
  return network;
}

function propose(network: Network, id: number, changes: string, transition = AUTO): void {
  network.node(id).proposeConfChange(EMPTY, change(changes, transition));
  network.settle();
  network.tick(id, 2);
}

const configuration = (network: Network, id: number) => network.node(id).raft.tracker.conf.toString();

describe('one member at a time', () => {
  test('a new voter learns all and counts', () => {
    const network = group();
    propose(network, 1, 'v4');
    for (const id of [1, 2, 3, 4]) expect(configuration(network, id)).toBe('voters=(1 2 3 4)');
    network.isolate(2);
    network.propose(1, 'with the help of 4');
    expect(network.peer(4).commands).toEqual(['with the help of 4']);
  });

  test('a learner learns all and does not count; it becomes a voter where it is made one', () => {
    const network = group();
    propose(network, 1, 'l4');
    network.isolate(2);
    network.isolate(3);
    network.propose(1, 'x');
    expect(network.peer(1).commands).toEqual([]);
    network.recover();
    network.tick(1, 2);
    propose(network, 1, 'v4');
    expect(configuration(network, 4)).toBe('voters=(1 2 3 4)');
    network.campaign(4);
    expect(network.leader.raft.id).toBe(4);
  });

  test('with one member fewer, fewer are needed: what waited is committed when the change is applied', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, change('r2'));
    network.node(1).propose(EMPTY, bytes('x'));
    network.settle();
    expect(network.peer(1).commands).toEqual(['x']);
    expect(configuration(network, 1)).toBe('voters=(1)');
  });

  test('a change that changes nothing (update) carries its context only', () => {
    const network = group();
    propose(network, 1, 'u2');
    expect(configuration(network, 2)).toBe('voters=(1 2 3)');
  });
});

describe('one change after the other', () => {
  test('a second change is replaced by an empty entry while the first is not applied; the caller can ask why', () => {
    const network = group();
    network.isolate(2);
    network.isolate(3);
    const { node } = network.peer(1);
    expect(node.confChangeRefusal(change('v4'))).toBeUndefined();
    node.proposeConfChange(EMPTY, change('v4'));
    expect(node.confChangeRefusal(change('v5'))).toBe('possible unapplied conf change at index 2 (applied to 1)');
    node.proposeConfChange(EMPTY, change('v5'));
    const types = node.ready().entries.map(({ entryType, data }) => [entryType, data.length > 0]);
    expect(types).toEqual([
      [EntryType.CONF_CHANGE_V2, true],
      [EntryType.NORMAL, false],
    ]);
  });

  test('a new leader takes none before it has applied all that it found in its log', () => {
    const network = group();
    network.node(2).campaign();
    network.ignore(MessageType.APPEND_RESPONSE);
    network.settle();
    expect(network.node(2).raft.role).toBe('leader');
    network.node(2).proposeConfChange(EMPTY, change('v4'));
    expect(network.node(2).raft.hasPendingConf).toBe(true);
    expect(network.node(2).confChangeRefusal(change('v5'))).toMatch(/^possible unapplied conf change/);
  });

  test('what does not fit the configuration is refused by name', () => {
    const network = group();
    const { node } = network.peer(1);
    expect(node.confChangeRefusal(change(''))).toBe('not in joint state; refusing empty conf change');
    expect(node.confChangeRefusal(change('', ROLLBACK))).toBe('not in joint state; refusing rollback');
    propose(network, 1, 'v4', EXPLICIT);
    expect(node.confChangeRefusal(change('v5'))).toBe('must transition out of joint config first');
    // Empty, but of a transition that enters: it could be committed and never be applied.
    expect(node.confChangeRefusal(change('', EXPLICIT))).toBe('must transition out of joint config first');
    expect(node.confChangeRefusal(change('v5', ROLLBACK))).toBe('must transition out of joint config first');
    expect(node.confChangeRefusal(change(''))).toBeUndefined();
    expect(network.node(2).confChangeRefusal(change('v5'))).toBeUndefined();
  });

  test('disableConfChangeValidation takes all of them', () => {
    const network = group({ disableConfChangeValidation: true });
    network.isolate(2);
    network.isolate(3);
    for (const id of [4, 5]) network.node(1).proposeConfChange(EMPTY, change(`v${id}`));
    expect(
      network
        .node(1)
        .ready()
        .entries.every(({ entryType }) => entryType === EntryType.CONF_CHANGE_V2),
    ).toBe(true);
  });

  test('a change that does not fit when it is applied is thrown, and nothing is changed', () => {
    const { node } = group().peer(1);
    expect(() => node.applyConfChange(change('r1 r2 r3'))).toThrow('removed all voters');
    expect(() => node.applyConfChange(change(''))).toThrow("can't leave a non-joint config");
    expect(node.raft.tracker.conf.toString()).toBe('voters=(1 2 3)');
  });
});

describe('joint configurations (thesis §4.3)', () => {
  test('are left by themselves when that was wanted', () => {
    for (const transition of [AUTO, IMPLICIT]) {
      const network = group();
      propose(network, 1, 'v4 v5 r2', transition);
      for (const id of [1, 3, 4, 5]) expect(configuration(network, id)).toBe('voters=(1 3 4 5)');
    }
  });

  test('stay until somebody leaves them when that was wanted', () => {
    const network = group();
    propose(network, 1, 'v4 r2', EXPLICIT);
    network.tick(1, 10);
    expect(configuration(network, 3)).toBe('voters=(1 3 4)&&(1 2 3)');
    propose(network, 1, '');
    expect(configuration(network, 3)).toBe('voters=(1 3 4)');
  });

  test('are left by the next leader where the first one could not', () => {
    const network = group();
    network.peer(1).onConfChange = () => network.isolate(1);
    network.node(1).proposeConfChange(EMPTY, change('v4 v5', IMPLICIT));
    network.settle();
    network.isolate(1);
    network.campaign(2);
    network.tick(2, 3);
    expect(configuration(network, 2)).toBe('voters=(1 2 3 4 5)');
  });

  test('are left after a transfer of leadership that failed', () => {
    const network = group();
    network.isolate(3);
    network.peer(1).onConfChange = () => network.node(1).transferLeader(3);
    network.node(1).proposeConfChange(EMPTY, change('v4 v5', IMPLICIT));
    network.settle();
    expect(configuration(network, 1)).toContain('&&');
    network.tick(1, 12);
    expect(configuration(network, 1)).toBe('voters=(1 2 3 4 5)');
  });

  test('can be rolled back: the old voters are the voters again, who came stays as a learner', () => {
    const network = group();
    propose(network, 1, 'v4 r2', EXPLICIT);
    propose(network, 1, '', ROLLBACK);
    for (const id of [1, 2, 3]) expect(configuration(network, id)).toBe('voters=(1 2 3) learners=(4)');
    network.isolate(4);
    network.propose(1, 'goes on');
    expect(network.peer(2).commands).toEqual(['goes on']);
  });

  test('a rollback needs both majorities, as every entry does', () => {
    const network = group();
    propose(network, 1, 'v4 v5 r2 r3', EXPLICIT);
    network.isolate(4);
    network.isolate(5);
    propose(network, 1, '', ROLLBACK);
    expect(configuration(network, 1)).toContain('&&');
    network.recover();
    network.tick(1, 3);
    expect(configuration(network, 1)).toBe('voters=(1 2 3) learners=(4 5)');
  });

  test('a voter that will be a learner votes until the joint configuration is left', () => {
    const network = group();
    propose(network, 1, 'v4 l2', EXPLICIT);
    expect(configuration(network, 2)).toBe('voters=(1 3 4)&&(1 2 3) learners_next=(2)');
    expect(network.node(2).raft.promotable).toBe(true);
    propose(network, 1, '');
    expect(configuration(network, 2)).toBe('voters=(1 3 4) learners=(2)');
    expect(network.node(2).raft.promotable).toBe(false);
  });
});

describe('a leader that leaves', () => {
  test.each([
    ['removed', 'r1'],
    ['made a learner', 'l1'],
  ])('steps down when that is applied, where it is to: %s', (_, changes) => {
    const network = group({ stepDownOnRemoval: true });
    propose(network, 1, changes);
    expect(network.node(1).raft.role).toBe('follower');
    network.campaign(2);
    network.propose(2, 'x');
    expect(network.peer(3).commands).toEqual(['x']);
  });

  test('goes on otherwise, without taking proposals, and without failing at what it is told', () => {
    const network = group();
    network.node(1).proposeConfChange(EMPTY, change('r1'));
    network.node(1).propose(EMPTY, bytes('x'));
    network.settle();
    expect(network.node(1).raft.role).toBe('leader');
    expect(network.peer(3).commands).toEqual(['x']);
    expect(() => network.node(1).propose(EMPTY, bytes('y'))).toThrow('raft proposal dropped');
    network.tick(1, 3);
    expect(network.node(2).raft.leaderId).toBe(1);
  });
});

describe('proposeMembershipChange', () => {
  test('goes to a set of members, whatever changes that takes', () => {
    const network = group();
    const proposed = network.node(1).proposeMembershipChange({ voters: [1, 3], learners: [4, 5, 6] });
    expect(proposed.changes).toEqual(parseConfChange('l4 l5 l6 r2'));
    network.settle();
    network.tick(1, 3);
    for (const id of [1, 3, 4, 5, 6]) expect(configuration(network, id)).toBe('voters=(1 3) learners=(4 5 6)');
  });

  test('one change is simple', () => {
    const network = group();
    network.node(1).proposeMembershipChange({ voters: [1, 2, 3, 4] });
    network.settle();
    expect(network.node(1).raft.tracker.conf.isJoint()).toBe(false);
  });

  test.each([
    ['an id in both', { voters: [1, 2], learners: [2] }, '2 is in voters and learners'],
    ['no voters', { voters: [] }, 'a group needs at least one voter'],
    ['the members of now', { voters: [3, 2, 1] }, 'these are the members already'],
  ])('refuses %s', (_, target, refusal) => {
    const { node } = group().peer(1);
    expect(() => node.proposeMembershipChange(target)).toThrow(refusal);
    expect(node.hasReady()).toBe(false);
  });

  test("is the leader's, and refused while another change is under way", () => {
    const network = group();
    expect(() => network.node(2).proposeMembershipChange({ voters: [1] })).toThrow('raft proposal dropped');
    propose(network, 1, 'v4', EXPLICIT);
    expect(() => network.node(1).proposeMembershipChange({ voters: [1] })).toThrow(
      'must transition out of joint config first',
    );
  });
});
