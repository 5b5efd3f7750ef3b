import { describe, expect, test } from 'vitest';
import { type ConfState, type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { FatalRaftError } from '../../src/raft/errors.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

const snapshotOf = (index: number, term: number, confState: Partial<ConfState>) => ({
  data: bytes(`state at ${index}`),
  metadata: { index, term, confState: { ...emptyConfState(), ...confState } },
});

/** Node 1, which leads {1, 2} from a snapshot of index 11 on, and of which node 2 has rejected the first append. */
function leaderBehindSnapshot(): Peer {
  const storage = storageWith({ voters: [1, 2] });
  storage.applySnapshot(snapshotOf(11, 11, { voters: [1, 2] }));
  const peer = new Peer(testConfig(1), storage);
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 12 }));
  peer.work();
  return peer;
}

const needsSnapshot = (peer: Peer) =>
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 12, index: 11, reject: true }));
const ofType = (messages: readonly Message[], msgType: MessageType) =>
  messages.filter((sent) => sent.msgType === msgType);

function progressOf(peer: Peer, id = 2) {
  const progress = peer.node.raft.tracker.get(id);
  if (progress === undefined) throw new Error(`no progress of ${id}`);
  return progress;
}

describe('a peer that needs a snapshot', () => {
  test('is sent the newest, and which one is remembered', () => {
    const peer = leaderBehindSnapshot();
    needsSnapshot(peer);
    expect([progressOf(peer).state, progressOf(peer).pendingSnapshot]).toEqual(['snapshot', 11]);
    expect(ofType(peer.work(), MessageType.SNAPSHOT).map(({ snapshot }) => snapshot?.metadata?.index)).toEqual([11]);
  });

  test('is sent nothing else meanwhile, whatever is proposed', () => {
    const peer = leaderBehindSnapshot();
    needsSnapshot(peer);
    peer.work();
    for (let count = 0; count < 10; count++) peer.node.propose(EMPTY, bytes('somedata'));
    expect(peer.work()).toEqual([]);
  });

  test('is not sent one if it was not heard from', () => {
    const peer = leaderBehindSnapshot();
    progressOf(peer).recentActive = false;
    progressOf(peer).nextIdx = 1;
    peer.node.propose(EMPTY, bytes('somedata'));
    progressOf(peer).resume();
    peer.node.ping();
    expect(ofType(peer.work(), MessageType.SNAPSHOT)).toEqual([]);
    expect(progressOf(peer).state).toBe('probe');
  });

  test.each([
    ['failed: from what it has, after its next word', 'failure', 1],
    ['arrived: behind the snapshot, after its next word', 'finish', 12],
  ] as const)('and it %s', (_, status, next) => {
    const peer = leaderBehindSnapshot();
    needsSnapshot(peer);
    peer.work();
    peer.node.reportSnapshot(2, status);
    const progress = progressOf(peer);
    expect([progress.state, progress.pendingSnapshot, progress.nextIdx, progress.isPaused()]).toEqual([
      'probe',
      0,
      next,
      true,
    ]);
  });

  test('acknowledges it, and the stream begins without any report', () => {
    const peer = leaderBehindSnapshot();
    needsSnapshot(peer);
    peer.node.propose(EMPTY, bytes('somedata'));
    peer.work();
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 12, index: 11 }));
    expect([progressOf(peer).state, progressOf(peer).pendingSnapshot, progressOf(peer).nextIdx]).toEqual([
      'replicate',
      0,
      14,
    ]);
    expect(progressOf(peer).ins.count).toBe(1);
  });

  test('comes on as soon as it is where the log begins, by whichever snapshot', () => {
    const peer = leaderBehindSnapshot();
    for (const data of ['a', 'b', 'c']) peer.node.propose(EMPTY, bytes(data));
    peer.work();
    progressOf(peer).becomeSnapshot(14);
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 12, index: 12 }));
    expect([progressOf(peer).state, progressOf(peer).matched]).toEqual(['replicate', 12]);
  });

  test('whose state a late report describes is left alone', () => {
    const peer = leaderBehindSnapshot();
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 12, index: 12 }));
    const before = String(progressOf(peer));
    for (const status of ['finish', 'failure'] as const) peer.node.reportSnapshot(2, status);
    peer.node.reportSnapshot(99, 'failure');
    expect(String(progressOf(peer))).toBe(before);
  });

  test('nobody is sent an empty one: storage that gives it is broken', () => {
    const storage = storageWith({ voters: [1, 2] }, [1, 1, 1]);
    storage.setHardState({ term: 1, vote: 0, commit: 3 });
    storage.compact(3);
    const peer = new Peer(testConfig(1), storage);
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 2 }));
    expect(() =>
      peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 2, index: 3, reject: true })),
    ).toThrow(FatalRaftError);
  });

  test('a slow node comes back by a snapshot and goes on with the log', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (let count = 0; count <= 100; count++) network.propose(1, `${count}`);
    network.peer(1).compact();
    network.recover();
    network.tick(1, 3);
    expect(network.node(3).raft.raftLog.committed).toBe(network.node(1).raft.raftLog.committed);
    network.propose(1, 'after');
    expect(network.peer(3).commands).toEqual(['after']);
  });

  test('a group that begins from a snapshot of a term it has not taken part in elects its leader behind it', () => {
    for (const preVote of [true, false]) {
      const network = new Network();
      for (const id of [1, 2]) {
        const storage = storageWith({ voters: [1, 2] });
        storage.applySnapshot(snapshotOf(1, 1, { voters: [1, 2] }));
        storage.setHardState({ term: 0, vote: 0, commit: 1 });
        network.add(new Peer(testConfig(id, { preVote }), storage));
      }
      network.campaign(1);
      expect([network.leader.raft.id, network.leader.raft.term]).toEqual([1, 1]);
      network.propose(1, 'x');
      expect(network.peer(2).commands).toEqual(['x']);
    }
  });
});

describe('a snapshot that comes in', () => {
  const install = (peer: Peer, snapshot: Message['snapshot'], term = 12) =>
    peer.node.step(message(MessageType.SNAPSHOT, { from: 2, to: 1, term, snapshot }));

  test('is log, term and configuration from then on; it is taken once', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    install(peer, snapshotOf(11, 11, { voters: [1, 2, 3] }));
    const { raftLog, tracker } = peer.node.raft;
    expect([raftLog.lastIndex(), raftLog.term(11), raftLog.committed]).toEqual([11, 11, 11]);
    expect(tracker.conf.toString()).toBe('voters=(1 2 3)');
    expect(peer.node.raft.leaderId).toBe(2);
    expect(peer.work().map(({ msgType, index }) => [msgType, index])).toEqual([[MessageType.APPEND_RESPONSE, 11]]);
    const durable = peer.storage;
    install(peer, snapshotOf(11, 11, { voters: [1, 2, 3] }));
    expect(peer.work().map(({ index }) => index)).toEqual([11]);
    expect(durable.firstIndex()).toBe(12);
  });

  test('starts a new log: nothing of what was not persisted is taken for durable', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, [1, 1, 1]));
    install(peer, snapshotOf(11, 11, { voters: [1, 2] }));
    expect([peer.node.raft.raftLog.persisted, peer.node.raft.raftLog.firstIndex()]).toEqual([0, 12]);
    expect(peer.node.raft.promotable).toBe(false);
    peer.work();
    expect([peer.node.raft.raftLog.persisted, peer.node.raft.raftLog.applied]).toEqual([11, 11]);
    expect(peer.node.raft.promotable).toBe(true);
  });

  test('is no business of a leader: nobody else may send one in its term', () => {
    const peer = leaderBehindSnapshot();
    install(peer, snapshotOf(50, 12, { voters: [1, 2] }), 12);
    expect([peer.node.raft.role, peer.node.raft.raftLog.lastIndex()]).toEqual(['leader', 12]);
  });

  test('ends the candidacy of who gets it', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    peer.node.campaign();
    peer.work();
    install(peer, snapshotOf(11, 1, { voters: [1, 2, 3] }), 1);
    expect([peer.node.raft.role, peer.node.raft.leaderId, peer.node.raft.raftLog.committed]).toEqual([
      'follower',
      2,
      11,
    ]);
  });
});

describe('asking for a snapshot (raft-rs)', () => {
  /** Three voters, of which 1 leads; three commands are applied everywhere. */
  function led(): Network {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    return network;
  }

  const request = (committed: number, wanted: number) =>
    message(MessageType.APPEND_RESPONSE, {
      from: 2,
      to: 1,
      term: 1,
      index: committed,
      reject: true,
      rejectHint: wanted,
      logTerm: 1,
      requestSnapshot: wanted,
    });

  test('waits until there is one that is new enough, and is not forgotten meanwhile', () => {
    const network = led();
    network.peer(1).storage.createSnapshot(2, network.peer(1).confState, bytes('too old'));
    network.node(2).requestSnapshot();
    network.settle();
    const progress = network.node(1).raft.tracker.get(2);
    expect([progress?.state, progress?.pendingRequestSnapshot]).toEqual(['probe', 4]);
    network.peer(1).compact();
    network.tick(1, 2);
    expect(progress?.state).toBe('replicate');
    expect(progress?.pendingRequestSnapshot).toBe(0);
  });

  test('a request from before what the peer has since acknowledged is an old one', () => {
    const network = led();
    const progress = network.node(1).raft.tracker.get(2);
    network.node(1).step(request(3, 3));
    expect([progress?.state, progress?.pendingRequestSnapshot]).toEqual(['replicate', 0]);
    network.node(1).step(request(4, 4));
    expect([progress?.state, progress?.pendingRequestSnapshot]).toEqual(['probe', 4]);
  });

  test('a peer that is probed may ask as well', () => {
    const network = led();
    network.node(1).reportUnreachable(2);
    network.node(1).step(request(4, 4));
    expect(network.node(1).raft.tracker.get(2)?.pendingRequestSnapshot).toBe(4);
  });

  test('outlives a change of the leader, and is then made to the new one', () => {
    const network = led();
    network.node(2).requestSnapshot();
    network.peer(2).work();
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(4);
    network.campaign(3);
    expect(network.leader.raft.id).toBe(3);
    expect(network.node(2).raft.pendingRequestSnapshot).toBeGreaterThanOrEqual(4);
    network.peer(3).compact();
    network.tick(3, 2);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(0);
    expect(network.peer(2).storage.firstIndex()).toBe(6);
  });

  test('is given up by who campaigns: a leader needs its log', () => {
    const network = led();
    network.node(2).requestSnapshot();
    network.peer(2).work();
    network.campaign(2);
    expect([network.leader.raft.id, network.node(2).raft.pendingRequestSnapshot]).toEqual([2, 0]);
  });

  test('a report ends it on the leader’s side: the follower, if it still wants one, asks again', () => {
    const network = led();
    network.ignore(MessageType.SNAPSHOT);
    network.peer(1).compact();
    network.node(2).requestSnapshot();
    network.settle();
    const progress = network.node(1).raft.tracker.get(2);
    expect(progress?.state).toBe('snapshot');
    network.node(1).reportSnapshot(2, 'failure');
    expect([progress?.state, progress?.pendingRequestSnapshot]).toEqual(['probe', 0]);
    network.recover();
    network.tick(1, 2);
    expect(network.node(2).raft.pendingRequestSnapshot).toBe(0);
    expect(network.peer(2).storage.firstIndex()).toBe(5);
  });

  test('none to be had right now: nothing is sent, and the peer is asked about again', () => {
    const network = led();
    network.peer(1).compact();
    network.peer(1).storage.triggerSnapshotUnavailable();
    network.node(2).requestSnapshot();
    network.settle();
    expect(ofType(network.sent, MessageType.SNAPSHOT)).toEqual([]);
    expect(network.node(1).raft.tracker.get(2)?.pendingRequestSnapshot).toBe(4);
    network.tick(1, 2);
    expect(ofType(network.sent, MessageType.SNAPSHOT)).toHaveLength(1);
  });

  test('while one is pending, heartbeats are answered with the request and confirm no read', () => {
    const network = led();
    network.node(2).requestSnapshot();
    network.settle();
    network.isolate(3);
    network.node(1).readIndex(bytes('read'));
    network.settle();
    expect(network.peer(1).readStates).toEqual([]);
    network.peer(1).compact();
    network.tick(1, 3);
    expect(network.peer(1).readStates.map(({ index }) => index)).toEqual([4]);
  });

  test('in a term of which the log has nothing yet is refused', () => {
    const network = led();
    network.node(2).step(message(MessageType.HEARTBEAT, { from: 3, to: 2, term: 9 }));
    expect(() => network.node(2).requestSnapshot()).toThrow('request snapshot dropped');
  });
});
