import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { emptyConfState } from '../../src/raft/messages.js';
import { bytes, message, Network } from './network.js';

/** Two voters, of which each is needed to commit; the leader, 1, cannot hear its follower. */
function withDeafLeader(): Network {
  const network = Network.ofVoters(2);
  network.campaign(1);
  network.propose(1, 'a');
  network.ignore(MessageType.APPEND_RESPONSE);
  network.propose(1, 'b');
  network.recover();
  return network;
}

describe('a follower that waits for a snapshot', () => {
  test('lets the group commit what the snapshot must hold: its request acknowledges what it has', () => {
    const network = withDeafLeader();
    const { raftLog } = network.node(1).raft;
    expect([raftLog.committed, raftLog.lastIndex()]).toEqual([2, 3]);
    network.node(2).requestSnapshot();
    network.settle();
    expect(raftLog.committed).toBe(3);
    network.peer(1).compact();
    network.tick(1, 2);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(0);
    expect(network.peer(2).storage.firstIndex()).toBe(4);
  });

  test('goes on under a new leader until its log has an entry of that term, and then waits again', () => {
    const network = withDeafLeader();
    network.node(2).requestSnapshot();
    network.peer(2).work();
    // Node 1 loses its lead and takes it back before the request has reached it.
    network.deliver(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 5, reject: true }));
    expect(network.node(1).raft.role).toBe('follower');
    network.campaign(1);
    const { raftLog } = network.node(1).raft;
    expect([network.node(1).raft.role, raftLog.committed]).toEqual(['leader', raftLog.lastIndex()]);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(raftLog.lastIndex());
    network.peer(1).compact();
    network.tick(1, 2);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(0);
    expect(network.peer(2).storage.firstIndex()).toBe(raftLog.lastIndex() + 1);
  });

  test('gives up nothing that it has acknowledged for a snapshot from before its request', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.ignore(MessageType.HEARTBEAT);
    const before = network.node(2).raft.raftLog.lastIndex();
    network.node(1).propose(bytes(''), bytes('d'));
    // The follower has the entry and has said so, but does not know that it is committed.
    for (const out of network.peer(1).work()) network.node(2).step(out);
    network.peer(2).work();
    network.node(2).requestSnapshot();
    const confState = { ...emptyConfState(), voters: [1, 2] };
    const snapshot = { data: bytes('old'), metadata: { index: before, term: 1, confState } };
    network.node(2).step(message(MessageType.SNAPSHOT, { from: 1, to: 2, term: 1, snapshot }));
    expect(network.node(2).raft.raftLog.lastIndex()).toBe(before + 1);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(before + 1);
  });

  test('asks once, and not while one is being installed', () => {
    const network = Network.ofVoters(2, { piggybackCommit: true });
    network.campaign(1);
    network.propose(1, 'a');
    network.peer(1).compact();
    const { node, storage } = network.peer(2);
    node.requestSnapshot();
    expect(() => node.requestSnapshot()).toThrow('raft: request snapshot dropped');
    for (const out of network.peer(2).work()) network.node(1).step(out);
    for (const out of network.peer(1).work()) if (out.msgType === MessageType.SNAPSHOT) node.step(out);
    expect(node.raft.pendingRequestSnapshot).toBe(0);
    expect(() => node.requestSnapshot()).toThrow('raft: request snapshot dropped');
    const ready = node.ready();
    expect(ready.snapshot?.metadata?.index).toBe(2);
    // What it tells with its answer, so that the leader need not ask, is what the snapshot has committed.
    expect(ready.persistedMessages.map(({ index, commit }) => [index, commit])).toEqual([[2, 2]]);
    network.peer(2).write(ready);
    node.advanceAppendAsync(ready);
    expect(() => node.requestSnapshot()).toThrow('raft: request snapshot dropped');
    node.onPersistReady(ready.number);
    node.requestSnapshot();
    expect([node.raft.pendingRequestSnapshot, storage.firstIndex()]).toEqual([2, 3]);
  });
});
