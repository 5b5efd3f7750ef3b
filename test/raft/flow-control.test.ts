import { describe, expect, test } from 'vitest';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

/** A leader of {1, 2} whose peer has everything, and what it sends that peer from now on. */
function leading(settings: Partial<Config> = {}): { peer: Peer; appends: () => Message[] } {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2] }));
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 1 }));
  peer.work();
  acknowledge(peer, 1);
  peer.work();
  return { peer, appends: () => peer.work().filter(({ msgType }) => msgType === MessageType.APPEND) };
}

const acknowledge = (peer: Peer, index: number) =>
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index }));
const heartbeatAnswer = (peer: Peer) =>
  peer.node.step(message(MessageType.HEARTBEAT_RESPONSE, { from: 2, to: 1, term: 1 }));
const propose = (peer: Peer, count = 1) => {
  for (let i = 0; i < count; i++) peer.node.propose(EMPTY, bytes('data'));
};
const lengths = (appends: readonly Message[]) => appends.map(({ entries }) => entries.length);

describe('a stream of appends', () => {
  test('sends without waiting, as many as the window holds', () => {
    const { peer, appends } = leading({ maxInflightMsgs: 3 });
    propose(peer, 5);
    expect(lengths(appends())).toEqual([1, 1, 1]);
    expect(peer.node.raft.tracker.get(2)?.ins.full()).toBe(true);
  });

  test('an acknowledgement frees all before it, and the rest goes out', () => {
    const { peer, appends } = leading({ maxInflightMsgs: 3 });
    propose(peer, 5);
    appends();
    acknowledge(peer, 3);
    // Commit to the one who is behind, in the same breath as the two that waited.
    expect(appends().flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([5, 6]);
    acknowledge(peer, 2);
    expect(appends()).toEqual([]);
  });

  test('full: one empty append for each answer to a heartbeat, so that lost messages come to light', () => {
    const { peer, appends } = leading({ maxInflightMsgs: 2 });
    propose(peer, 4);
    appends();
    for (let round = 0; round < 3; round++) {
      heartbeatAnswer(peer);
      expect(lengths(appends())).toEqual([0]);
    }
    expect(peer.node.raft.tracker.get(2)?.ins.count).toBe(2);
    peer.node.step(
      message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 3, reject: true, rejectHint: 1 }),
    );
    expect(appends().map(({ index, entries }) => [index, entries.length])).toEqual([[1, 4]]);
  });

  test('bytes fill the window too', () => {
    const { peer, appends } = leading({ maxInflightBytes: 8, maxSizePerMsg: 8 });
    propose(peer, 5);
    expect(lengths(appends())).toEqual([1, 1]);
  });

  test('messages are cut by encoded size, and hold one entry at least', () => {
    const { peer, appends } = leading({ maxSizePerMsg: 0 });
    peer.node.proposeBatch(Array.from({ length: 3 }, () => ({ context: EMPTY, data: bytes('data') })));
    expect(lengths(appends())).toEqual([1]);
    acknowledge(peer, 2);
    expect(lengths(appends().filter(({ entries }) => entries.length > 0))).toEqual([1, 1]);
  });

  test('a batch goes as one append', () => {
    const { peer, appends } = leading();
    peer.node.proposeBatch(Array.from({ length: 64 }, () => ({ context: EMPTY, data: bytes('data') })));
    expect(lengths(appends())).toEqual([64]);
  });
});

describe('a peer that is probed', () => {
  test('gets one append with entries until it answers anything', () => {
    const { peer, appends } = leading();
    peer.node.reportUnreachable(2);
    propose(peer, 3);
    expect(lengths(appends())).toEqual([1]);
    heartbeatAnswer(peer);
    expect(lengths(appends())).toEqual([3]);
  });

  test('and has everything: the answer to one empty append brings it back to the stream', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.node(1).reportUnreachable(2);
    expect(network.node(1).raft.tracker.get(2)?.state).toBe('probe');
    network.tick(1);
    expect(network.node(1).raft.tracker.get(2)?.state).toBe('replicate');
  });

  test('an old rejection changes nothing', () => {
    const { peer, appends } = leading();
    propose(peer);
    appends();
    acknowledge(peer, 2);
    appends();
    peer.node.step(
      message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 1, reject: true, rejectHint: 0 }),
    );
    expect(appends()).toEqual([]);
    expect(peer.node.raft.tracker.get(2)?.nextIdx).toBe(3);
  });
});

describe('telling the commit index', () => {
  test('a follower that has all is told once', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.sent.length = 0;
    network.propose(1, 'x');
    const empty = network.sent.filter(({ msgType, entries }) => msgType === MessageType.APPEND && entries.length === 0);
    expect(empty.map(({ to, commit }) => [to, commit])).toEqual([
      [2, 2],
      [3, 2],
    ]);
  });

  test('skipBcastCommit: nobody is, until the next append or heartbeat, unless a change of the configuration waits', () => {
    const network = Network.ofVoters(3, { skipBcastCommit: true });
    network.campaign(1);
    network.tick(1);
    network.propose(1, 'x');
    expect(network.peer(1).commands).toEqual(['x']);
    expect(network.peer(2).commands).toEqual([]);
    network.tick(1);
    expect(network.peer(2).commands).toEqual(['x']);
    network.node(1).proposeConfChange(EMPTY, { id: 0, changeType: 2, nodeId: 4, context: EMPTY });
    network.settle();
    expect([...network.node(2).raft.tracker.conf.learners]).toEqual([4]);
  });

  test('a heartbeat tells no more than the peer is known to have', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    network.node(1).ping();
    const heartbeats = network
      .node(1)
      .ready()
      .messages.filter(({ msgType }) => msgType === MessageType.HEARTBEAT);
    expect(heartbeats.map(({ to, commit }) => [to, commit])).toEqual([
      [2, 2],
      [3, 1],
    ]);
  });
});

describe('options of raft-rs', () => {
  test('batchAppend joins appends that have not left yet', () => {
    const { peer, appends } = leading({ batchAppend: true });
    propose(peer, 5);
    const [only, ...more] = appends();
    expect(only?.entries.map(({ index }) => index)).toEqual([2, 3, 4, 5, 6]);
    expect(more).toEqual([]);
  });

  test('adjustMaxInflightMsgs: a smaller window drops nothing; none at all disables the peer', () => {
    const { peer, appends } = leading({ maxInflightMsgs: 4 });
    propose(peer, 3);
    appends();
    peer.node.knobs.adjustMaxInflightMsgs(2, 2);
    propose(peer);
    expect(appends()).toEqual([]);
    acknowledge(peer, 4);
    expect(appends().flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([5]);
    acknowledge(peer, 5);
    appends();
    peer.node.knobs.adjustMaxInflightMsgs(2, 0);
    propose(peer);
    expect(lengths(appends()).filter((length) => length > 0)).toEqual([]);
    peer.node.knobs.adjustMaxInflightMsgs(2, 4);
    propose(peer);
    expect(appends().flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([6, 7]);
    peer.node.knobs.adjustMaxInflightMsgs(99, 1);
  });

  test('entries that storage fetches in the background go out when they are there, if this node still leads', () => {
    const { peer, appends } = leading();
    propose(peer, 2);
    appends();
    peer.node.reportUnreachable(2);
    peer.storage.triggerLogUnavailable(true);
    heartbeatAnswer(peer);
    expect(appends()).toEqual([]);
    const context = peer.storage.takeEntriesContext();
    expect(context).toMatchObject({ kind: 'send-append', to: 2, term: 1 });
    peer.storage.triggerLogUnavailable(false);
    if (context === undefined) throw new Error('nothing was asked for');
    peer.node.onEntriesFetched(context);
    expect(lengths(appends())).toEqual([2]);
    peer.node.onEntriesFetched({ kind: 'send-append', to: 2, term: 0, aggressively: false });
    peer.node.onEntriesFetched({ kind: 'send-append', to: 7, term: 1, aggressively: true });
    expect(appends()).toEqual([]);
    for (const context of [{ kind: 'gen-ready' }, { kind: 'empty', canAsync: false }] as const) {
      expect(() => peer.node.onEntriesFetched(context)).toThrow('cannot be fetched later');
    }
  });
});

describe('the quota of uncommitted proposals', () => {
  test('a leader takes no more than that, but always one; applying gives it back', () => {
    const network = Network.ofVoters(3, { maxUncommittedSize: 10, maxSizePerMsg: 10 });
    network.campaign(1);
    network.isolate(1);
    network.node(1).propose(EMPTY, new Uint8Array(50));
    expect(() => network.node(1).propose(EMPTY, bytes('x'))).toThrow('raft proposal dropped');
    network.node(1).propose(EMPTY, EMPTY);
    network.recover();
    network.settle();
    network.tick(1, 2);
    expect(network.node(1).raft.uncommittedSize).toBe(0);
    network.propose(1, 'fits again');
    expect(network.peer(3).commands.at(-1)).toBe('fits again');
  });

  test('a change that was dropped for it is not waited for', () => {
    const { peer } = leading({ maxUncommittedSize: 4, maxSizePerMsg: 4 });
    propose(peer);
    const before = peer.node.raft.pendingConfIndex;
    expect(() => peer.node.proposeConfChange(EMPTY, { id: 0, changeType: 0, nodeId: 3, context: EMPTY })).toThrow(
      'dropped',
    );
    expect(peer.node.raft.pendingConfIndex).toBe(before);
  });
});
