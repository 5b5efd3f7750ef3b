import { describe, expect, test } from 'vitest';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

/** Node 1 leads 1 and 2 in term 1; 2 has acknowledged the no-op, entry 1. */
function leading(settings: Partial<Config> = {}): Peer {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2] }));
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 1 }));
  peer.work();
  answer(peer, 1);
  peer.work();
  return peer;
}

function answer(peer: Peer, index: number): void {
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index }));
}

const spans = (messages: readonly Message[]) => messages.map(({ index, entries }) => [index, entries.length]);
const types = (messages: readonly Message[]) => messages.map(({ msgType }) => msgType);

/** A leader whose log begins behind entry 4, while 3 was away since entry 1 and is probed for there. */
function compactedLeader(): Network {
  const network = Network.ofVoters(3, { checkQuorum: true });
  network.campaign(1);
  network.isolate(3);
  for (const data of ['a', 'b', 'c']) network.propose(1, data);
  network.peer(1).compact();
  network.node(1).reportUnreachable(3);
  return network;
}

/** What node 1 sends to 3 now. */
const to3 = (network: Network) =>
  network
    .peer(1)
    .work()
    .filter(({ to }) => to === 3);

describe('a full window', () => {
  test('stays so where a part of its oldest message is acknowledged: nothing new goes out', () => {
    const peer = leading({ maxInflightMsgs: 1 });
    peer.node.proposeBatch(['a', 'b'].map((data) => ({ context: EMPTY, data: bytes(data) })));
    expect(spans(peer.work())).toEqual([[1, 2]]);
    peer.node.propose(EMPTY, bytes('c'));
    answer(peer, 2);
    expect(peer.work().flatMap(({ entries }) => entries)).toEqual([]);
    answer(peer, 3);
    expect(spans(peer.work().filter(({ entries }) => entries.length > 0))).toEqual([[3, 1]]);
  });
});

describe('a window', () => {
  test('that is full stays so as well where the acknowledgement commits nothing', () => {
    const network = Network.ofVoters(5, { maxInflightMsgs: 1 });
    network.campaign(1);
    const { node } = network.peer(1);
    node.proposeBatch(['a', 'b'].map((data) => ({ context: EMPTY, data: bytes(data) })));
    network.peer(1).work();
    node.propose(EMPTY, bytes('c'));
    network.peer(1).work();
    node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
    expect(network.peer(1).work()).toEqual([]);
    expect(node.raft.tracker.get(2)).toMatchObject({ state: 'replicate', matched: 2, nextIdx: 4 });
  });

  test('of nothing disables a stream, not a probe: that is how the peer is found again', () => {
    const peer = leading();
    peer.node.reportUnreachable(2);
    peer.node.knobs.adjustMaxInflightMsgs(2, 0);
    peer.node.propose(EMPTY, bytes('a'));
    expect(spans(peer.work())).toEqual([[1, 1]]);
  });
});

describe('appends that are joined', () => {
  test('are so although a heartbeat has come in between', () => {
    const peer = leading({ batchAppend: true });
    peer.node.propose(EMPTY, bytes('a'));
    peer.node.ping();
    peer.node.propose(EMPTY, bytes('b'));
    const sent = peer.work();
    expect(types(sent)).toEqual([MessageType.APPEND, MessageType.HEARTBEAT]);
    expect(spans(sent)[0]).toEqual([1, 2]);
  });
});

describe('a peer that the log does not reach any more', () => {
  test('gets a snapshot with its first acknowledgement, not with the next heartbeat', () => {
    const network = compactedLeader();
    network.node(1).step(message(MessageType.APPEND_RESPONSE, { from: 3, to: 1, term: 1, index: 1 }));
    expect(types(to3(network))).toEqual([MessageType.SNAPSHOT]);
  });

  test('waits where there is no snapshot yet', () => {
    const network = compactedLeader();
    network.peer(1).storage.triggerSnapshotUnavailable();
    network.node(1).step(message(MessageType.APPEND_RESPONSE, { from: 3, to: 1, term: 1, index: 1 }));
    expect(to3(network)).toEqual([]);
  });

  test('gets none while it is silent', () => {
    const network = compactedLeader();
    const progress = network.node(1).raft.tracker.get(3);
    network.node(1).raft.tracker.quorumRecentlyActive(1);
    expect([progress?.recentActive, progress?.state]).toEqual([false, 'probe']);
    network.node(1).propose(EMPTY, bytes('d'));
    expect(to3(network)).toEqual([]);
    network.node(1).step(message(MessageType.HEARTBEAT_RESPONSE, { from: 3, to: 1, term: 1 }));
    expect(types(to3(network))).toEqual([MessageType.SNAPSHOT]);
  });
});

describe('storage that fetches entries in the background', () => {
  /** What storage was asked, for the peer, after this; then everything is there, and goes out. */
  function asked(act: (peer: Peer) => void): { aggressively: boolean | undefined; sent: number[][] } {
    const peer = leading({ maxSizePerMsg: 1 });
    peer.node.reportUnreachable(2);
    for (const data of ['a', 'b']) peer.node.propose(EMPTY, bytes(data));
    peer.work();
    peer.storage.triggerLogUnavailable(true);
    act(peer);
    expect(peer.work().flatMap(({ entries }) => entries)).toEqual([]);
    const context = peer.storage.takeEntriesContext();
    peer.storage.triggerLogUnavailable(false);
    if (context?.kind !== 'send-append') throw new Error('nothing was asked for');
    peer.node.onEntriesFetched(context);
    return { aggressively: context.aggressively, sent: spans(peer.work()) };
  }

  test('is asked for one append by an answer to a heartbeat, and for all by an acknowledgement', () => {
    const heartbeat = message(MessageType.HEARTBEAT_RESPONSE, { from: 2, to: 1, term: 1 });
    expect(asked((peer) => peer.node.step(heartbeat))).toEqual({ aggressively: false, sent: [[1, 1]] });
    expect(asked((peer) => answer(peer, 1))).toEqual({
      aggressively: true,
      sent: [
        [1, 1],
        [2, 1],
      ],
    });
  });
});
