import { describe, expect, test } from 'vitest';
import { EntryType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { RaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, testConfig } from './network.js';
import { stateOf } from './state-of.js';

const peers = [1, 2, 3].map((id) => ({ id, context: bytes(`address of ${id}`) }));

/** Three nodes that begin a group, and one that knows of none. */
function begun(): Network {
  const network = new Network();
  for (const id of [1, 2, 3]) network.addStranger(id).node.bootstrap(peers);
  network.addStranger(4);
  network.settle();
  return network;
}

describe('a group that begins with its members in the log', () => {
  test('writes and applies them before anything else happens', () => {
    const peer = new Peer(testConfig(1), new MemStorage());
    peer.node.bootstrap(peers);
    const ready = peer.node.ready();
    expect(ready.hs).toEqual({ term: 1, vote: 0, commit: 3 });
    expect(ready.entries.map(({ entryType, term, index }) => [entryType, term, index])).toEqual(
      [1, 2, 3].map((index) => [EntryType.CONF_CHANGE, 1, index]),
    );
    peer.write(ready);
    const { committedEntries } = peer.node.advanceAppend(ready);
    expect(committedEntries.map(({ context }) => new TextDecoder().decode(context))).toEqual(
      peers.map(({ id }) => `address of ${id}`),
    );
    expect(String(peer.node.raft.tracker.conf)).toBe('voters=(1 2 3)');
  });

  test('elects a leader, and goes on after a crash as if it had always been there', () => {
    const network = begun();
    network.campaign(2);
    network.propose(2, 'x');
    network.powerCycle(1, 2, 3);
    network.campaign(3);
    for (const id of [1, 2, 3]) {
      expect(network.peer(id).commands).toEqual(['x']);
      expect(String(network.node(id).raft.tracker.conf)).toBe('voters=(1 2 3)');
    }
  });

  test('tells whoever joins later who the others are, without a snapshot', () => {
    const network = begun();
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, { id: 0, changeType: 0, nodeId: 4, context: EMPTY });
    network.settle();
    expect(String(network.node(4).raft.tracker.conf)).toBe('voters=(1 2 3 4)');
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.SNAPSHOT)).toEqual([]);
  });

  test.each([
    ['without members', () => new MemStorage(), [], 'at least one peer'],
    ['with a log already', () => MemStorage.withConfState({ voters: [1] }), peers, 'nonempty Storage'],
    ['with a member twice', () => new MemStorage(), [...peers, { id: 2, context: EMPTY }], 'an id of its own'],
    ['with node 0', () => new MemStorage(), [{ id: 0, context: EMPTY }], 'an id of its own'],
  ])('is refused %s, and nothing is changed', (_, storage, members, why) => {
    const { node } = new Peer(testConfig(1), storage());
    const before = stateOf(node);
    expect(() => node.bootstrap(members)).toThrow(RaftError);
    expect(() => node.bootstrap(members)).toThrow(why);
    expect(stateOf(node)).toEqual(before);
  });

  test('is begun once', () => {
    const network = begun();
    expect(() => network.node(1).bootstrap(peers)).toThrow('nonempty Storage');
    network.campaign(1);
    network.node(4).step(message(MessageType.HEARTBEAT, { from: 1, to: 4, term: 1 }));
    expect(() => network.node(4).bootstrap(peers)).toThrow('nonempty Storage');
  });
});
