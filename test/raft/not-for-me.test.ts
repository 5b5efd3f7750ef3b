import { describe, expect, test } from 'vitest';
import { ConfChangeType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, entry, message, Network } from './network.js';
import { stateOf } from './state-of.js';

/** A group of three that node 1 leads in term 1. */
function group(): Network {
  const network = Network.ofVoters(3);
  network.campaign(1);
  return network;
}

describe('a message that means nothing to who gets it changes nothing', () => {
  const token = [{ ...entry(0, 0), data: bytes('12345678') }];

  test.each([
    [
      'a read, where there is no leader to pass it to',
      'follower',
      message(MessageType.READ_INDEX, { from: 3, to: 2, entries: token }),
    ],
    [
      'an answer to a read that nobody waits for',
      'follower',
      message(MessageType.READ_INDEX_RESP, { from: 1, to: 2, term: 1, index: 1, entries: token }),
    ],
    [
      'a wish for a transfer, where there is no leader to pass it to',
      'follower',
      message(MessageType.TRANSFER_LEADER, { from: 3, to: 2, term: 1 }),
    ],
    [
      'an acknowledgement, to a follower',
      'follower',
      message(MessageType.APPEND_RESPONSE, { from: 3, to: 2, term: 1, index: 1 }),
    ],
    [
      'a word from a stranger who claims to lead the same term',
      'leader',
      message(MessageType.HEARTBEAT, { from: 9, to: 1, term: 1 }),
    ],
    ['a second leader of the same term', 'leader', message(MessageType.HEARTBEAT, { from: 3, to: 1, term: 1 })],
    ['a call to campaign, while it leads', 'leader', message(MessageType.TIMEOUT_NOW, { from: 3, to: 1, term: 1 })],
    [
      'an answer to a read, while it leads',
      'leader',
      message(MessageType.READ_INDEX_RESP, { from: 3, to: 1, term: 1, index: 1, entries: token }),
    ],
    ['a late vote, while it leads', 'leader', message(MessageType.REQUEST_VOTE_RESPONSE, { from: 3, to: 1, term: 1 })],
    ['a call to campaign, while it does', 'candidate', message(MessageType.TIMEOUT_NOW, { from: 3, to: 2, term: 2 })],
    [
      'a pre-vote, while it asks for real votes',
      'candidate',
      message(MessageType.REQUEST_PRE_VOTE_RESPONSE, { from: 3, to: 2, term: 2 }),
    ],
    ['a read, while it campaigns', 'candidate', message(MessageType.READ_INDEX, { from: 3, to: 2, entries: token })],
  ])('%s', (_, role, one) => {
    const network = group();
    if (role === 'follower') network.node(2).forgetLeader();
    if (role === 'candidate') {
      network.isolate(2);
      network.campaign(2);
    }
    const { node } = network.peer(role === 'leader' ? 1 : 2);
    expect(node.raft.role).toBe(role);
    network.settle();
    const before = stateOf(node);
    node.step(one);
    expect(stateOf(node)).toEqual(before);
  });

  test('a candidate drops its own read: there is nobody to ask', () => {
    const network = group();
    network.isolate(2);
    network.campaign(2);
    const before = stateOf(network.node(2));
    network.node(2).readIndex(bytes('r'));
    expect(stateOf(network.node(2))).toEqual(before);
  });

  test('a leader that was removed while its own write was under way does not count it when it is durable', () => {
    const leader = group().peer(1);
    leader.node.propose(EMPTY, bytes('x'));
    const ready = leader.node.ready();
    leader.write(ready);
    leader.node.advanceAppendAsync(ready);
    leader.node.applyConfChange({ id: 0, changeType: ConfChangeType.REMOVE_NODE, nodeId: 1, context: EMPTY });
    leader.node.onPersistReady(ready.number);
    expect([leader.node.raft.raftLog.persisted, leader.node.raft.raftLog.committed]).toEqual([2, 1]);
    expect(leader.node.raft.tracker.get(1)).toBeUndefined();
  });
});
