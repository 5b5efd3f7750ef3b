import { describe, expect, test } from 'vitest';
import { type ConfState, MessageType } from '../../src/gen/raft/v1/raft.js';
import { emptyConfState } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

const snapshotOf = (index: number, term: number, confState: Partial<ConfState>) => ({
  data: bytes(`state at ${index}`),
  metadata: { index, term, confState: { ...emptyConfState(), ...confState } },
});

/** A group whose node 3 lags behind what the leader, 1, has compacted; the network is whole again. */
function withLaggard(): Network {
  const network = Network.ofVoters(3);
  network.campaign(1);
  network.isolate(3);
  for (const data of ['a', 'b', 'c']) network.propose(1, data);
  network.peer(1).compact();
  network.recover();
  return network;
}

const snapshotsSent = (network: Network) =>
  network.sent.filter(({ msgType }) => msgType === MessageType.SNAPSHOT).length;

describe('sending a snapshot', () => {
  test('to a peer that lags behind the log, once; nothing else goes to it meanwhile', () => {
    const network = withLaggard();
    network.ignore(MessageType.SNAPSHOT);
    network.tick(1, 2);
    const progress = network.node(1).raft.tracker.get(3);
    expect([progress?.state, progress?.pendingSnapshot]).toEqual(['snapshot', 4]);
    network.sent.length = 0;
    network.propose(1, 'd');
    network.tick(1, 3);
    expect(network.sent.filter(({ to }) => to === 3).every(({ msgType }) => msgType === MessageType.HEARTBEAT)).toBe(
      true,
    );
  });

  test('not to a peer that was not heard from', () => {
    const network = Network.ofVoters(3);
    network.isolate(3);
    network.campaign(1);
    network.propose(1, 'x');
    network.peer(1).compact();
    network.tick(1, 20);
    expect(snapshotsSent(network)).toBe(0);
  });

  test("its arrival is known by the peer's acknowledgement, without any report", () => {
    const network = withLaggard();
    network.tick(1, 2);
    expect(network.node(1).raft.tracker.get(3)?.state).toBe('replicate');
    network.propose(1, 'd');
    expect(network.peer(3).commands).toEqual(['d']);
  });

  test('a snapshot that failed is sent again after the next heartbeat', () => {
    const network = withLaggard();
    network.ignore(MessageType.SNAPSHOT);
    network.tick(1, 2);
    network.node(1).reportSnapshot(3, 'failure');
    const progress = network.node(1).raft.tracker.get(3);
    expect([progress?.state, progress?.nextIdx, progress?.isPaused()]).toEqual(['probe', 2, true]);
    network.recover();
    network.tick(1);
    expect(snapshotsSent(network)).toBe(2);
    expect(network.node(3).raft.raftLog.applied).toBe(4);
  });

  test('one that was reported to have arrived is followed by a probe behind it', () => {
    const network = withLaggard();
    network.ignore(MessageType.SNAPSHOT);
    network.tick(1, 2);
    network.node(1).reportSnapshot(3, 'finish');
    const progress = network.node(1).raft.tracker.get(3);
    expect([progress?.state, progress?.nextIdx]).toEqual(['probe', 5]);
    network.node(1).reportSnapshot(2, 'failure');
    expect(network.node(1).raft.tracker.get(2)?.state).toBe('replicate');
  });

  test('none to be had right now: later', () => {
    const network = withLaggard();
    network.peer(1).storage.triggerSnapshotUnavailable();
    network.tick(1);
    expect(snapshotsSent(network)).toBe(0);
    network.tick(1, 2);
    expect(network.node(3).raft.raftLog.applied).toBe(4);
  });
});

describe('installing a snapshot', () => {
  test('begins log and configuration anew, and nothing is applied until it is durable', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, [1, 1]));
    const snapshot = snapshotOf(11, 4, { voters: [1, 2, 3] });
    peer.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 5, snapshot }));
    const entries = [
      {
        ...(message(MessageType.APPEND, {}).entries[0] ?? { entryType: 0, data: bytes('x'), context: bytes('') }),
        index: 12,
        term: 5,
      },
    ];
    peer.node.step(
      message(MessageType.APPEND, { from: 2, to: 1, term: 5, index: 11, logTerm: 4, entries, commit: 12 }),
    );
    const ready = peer.node.ready();
    expect(ready.snapshot).toEqual(snapshot);
    expect(ready.entries.map(({ index }) => index)).toEqual([12]);
    expect(ready.committedEntries).toEqual([]);
    expect(ready.mustSync).toBe(true);
    expect(ready.persistedMessages.map(({ index }) => index)).toEqual([11, 12]);
    peer.write(ready);
    peer.node.advanceAppendAsync(ready);
    expect(peer.node.raft.promotable).toBe(false);
    expect(peer.node.hasReady()).toBe(false);
    peer.node.onPersistReady(ready.number);
    expect(peer.node.raft.raftLog.applied).toBe(11);
    expect(peer.node.ready().committedEntries.map(({ index }) => index)).toEqual([12]);
  });

  test.each([
    ['is older than what is committed', snapshotOf(1, 1, { voters: [1, 2] })],
    ['has lost this member', snapshotOf(9, 1, { voters: [2, 3] })],
  ])('is refused where it %s', (_, snapshot) => {
    const network = Network.ofVoters(2);
    network.campaign(2);
    network.propose(2, 'x');
    network.deliver(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot }));
    expect([network.node(1).raft.raftLog.lastIndex(), network.peer(1).commands]).toEqual([2, ['x']]);
  });

  test('of an entry that the log has: only commits, and keeps what follows', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, [1, 1, 1]));
    peer.node.step(
      message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot: snapshotOf(2, 1, { voters: [1, 2] }) }),
    );
    expect(peer.work().map(({ index }) => index)).toEqual([2]);
    expect([peer.node.raft.raftLog.committed, peer.node.raft.raftLog.lastIndex()]).toEqual([2, 3]);
  });

  test('a node that is no member yet takes one that does not know it either, and learns of its membership from the log', () => {
    const network = Network.ofVoters(1);
    network.campaign(1);
    network.peer(1).compact();
    network.addStranger(2);
    network.node(1).proposeConfChange(bytes(''), { id: 0, changeType: 0, nodeId: 2, context: bytes('') });
    network.settle();
    network.tick(1, 2);
    expect(network.node(2).raft.promotable).toBe(true);
  });

  test.each([
    ['a voter may come back as a learner', { voters: [2, 3], learners: [1] }, false],
    [
      'a joint configuration comes whole',
      { voters: [1, 2], votersOutgoing: [2, 3], learnersNext: [3], learners: [4] },
      true,
    ],
  ])('brings its configuration with it: %s', (_, confState, promotable) => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term: 1, snapshot: snapshotOf(5, 1, confState) }));
    peer.work();
    expect(peer.node.raft.tracker.toConfState()).toEqual({ ...emptyConfState(), ...confState });
    expect(peer.node.raft.promotable).toBe(promotable);
  });
});

describe('asking for a snapshot (raft-rs)', () => {
  test('a follower gets one, although its log is all right', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b']) network.propose(1, data);
    network.peer(1).compact();
    network.node(2).requestSnapshot();
    network.settle();
    expect(snapshotsSent(network)).toBe(1);
    expect(network.peer(2).storage.firstIndex()).toBe(4);
    network.propose(1, 'c');
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
    expect(snapshotsSent(network)).toBe(1);
  });

  test('is asked again at each word of the leader until it comes', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.propose(1, 'a');
    network.node(2).requestSnapshot();
    network.settle();
    expect(snapshotsSent(network)).toBe(0);
    network.peer(1).compact();
    network.tick(1, 2);
    expect(network.peer(2).storage.firstIndex()).toBe(3);
  });

  test.each(['leader', 'without a leader', 'twice'])('is refused: %s', (who) => {
    const network = Network.ofVoters(3);
    if (who !== 'without a leader') network.campaign(1);
    const node = network.node(who === 'leader' ? 1 : 2);
    if (who === 'twice') node.requestSnapshot();
    expect(() => node.requestSnapshot()).toThrow('request snapshot dropped');
  });
});
