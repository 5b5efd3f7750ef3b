import { describe, expect, test } from 'vitest';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

/** A leader of {1, 2} of term `log.length ? last + 1 : 1` that nobody has answered yet, and what it sends to 2. */
function leading(
  log: readonly number[] = [],
  settings: Partial<Config> = {},
): { peer: Peer; appends: () => Message[] } {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2] }, log));
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: peer.node.raft.term }));
  return { peer, appends: () => peer.work().filter(({ msgType }) => msgType === MessageType.APPEND) };
}

function answer(peer: Peer, fields: Partial<Message>): void {
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: peer.node.raft.term, ...fields }));
}

function progressOf(peer: Peer, id = 2) {
  const progress = peer.node.raft.tracker.get(id);
  if (progress === undefined) throw new Error(`no progress of ${id}`);
  return progress;
}

const spans = (appends: readonly Message[]) => appends.map(({ index, entries }) => [index, entries.length]);

describe('what a leader knows of itself', () => {
  test('it has what is on its own disk, entry by entry', () => {
    const { peer } = leading();
    expect([progressOf(peer, 1).state, progressOf(peer, 1).matched]).toEqual(['replicate', 0]);
    peer.work();
    expect(progressOf(peer, 1).matched).toBe(1);
    for (const data of ['a', 'b', 'c']) peer.node.propose(EMPTY, bytes(data));
    expect(progressOf(peer, 1).matched).toBe(1);
    peer.work();
    expect(progressOf(peer, 1).matched).toBe(4);
  });

  test('elected again, it begins with what was persisted, of all others it knows nothing', () => {
    const { peer } = leading([1, 1]);
    expect([progressOf(peer, 1).matched, progressOf(peer).matched, progressOf(peer).nextIdx]).toEqual([2, 0, 3]);
  });
});

describe('what a leader knows of the commit index of others (raft-rs)', () => {
  test('their answers tell it, and it never goes back', () => {
    const network = Network.ofVoters(3, { piggybackCommit: true });
    network.campaign(1);
    network.isolate(3);
    const known = () => [2, 3].map((id) => network.node(1).raft.tracker.get(id)?.committedIndex);
    network.propose(1, 'x');
    network.tick(1);
    expect(known()).toEqual([2, 1]);
    network.recover();
    network.tick(1, 2);
    expect(known()).toEqual([2, 2]);
    network.deliver(message(MessageType.HEARTBEAT_RESPONSE, { from: 3, to: 1, term: 1, commit: 1 }));
    expect(known()).toEqual([2, 2]);
  });
});

describe('a peer that is probed', () => {
  test('gets one append with entries, whatever is proposed; an answer to a heartbeat lets the next go', () => {
    const { peer, appends } = leading();
    expect(spans(appends())).toEqual([[0, 1]]);
    for (let round = 1; round <= 3; round++) {
      peer.node.propose(EMPTY, bytes('x'));
      expect(progressOf(peer).isPaused()).toBe(true);
      expect(appends()).toEqual([]);
    }
    peer.node.step(message(MessageType.HEARTBEAT_RESPONSE, { from: 2, to: 1, term: 1 }));
    expect(spans(appends())).toEqual([[0, 4]]);
    expect(progressOf(peer).isPaused()).toBe(true);
  });

  test('heartbeats go on meanwhile', () => {
    const { peer, appends } = leading();
    appends();
    peer.node.tick();
    expect(peer.work().map(({ msgType }) => msgType)).toEqual([MessageType.HEARTBEAT]);
    expect(progressOf(peer).isPaused()).toBe(true);
  });

  test('its first acknowledgement opens the stream', () => {
    const { peer, appends } = leading();
    appends();
    peer.node.propose(EMPTY, bytes('x'));
    peer.node.propose(EMPTY, bytes('y'));
    answer(peer, { index: 1 });
    expect([progressOf(peer).state, progressOf(peer).matched, progressOf(peer).nextIdx]).toEqual(['replicate', 1, 4]);
    expect(appends().flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([2, 3]);
  });

  test('a wait for an answer ends with each of them, be it one of several peers', () => {
    const network = Network.ofVoters(3);
    network.ignore(MessageType.APPEND_RESPONSE);
    network.campaign(1);
    const { node } = network.peer(1);
    node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 1 }));
    network.peer(1).work();
    node.propose(EMPTY, bytes('x'));
    // 2 has answered and gets the entry, 3 is still waited for.
    const to = (id: number) =>
      network
        .peer(1)
        .work()
        .filter((sent) => sent.to === id && sent.entries.length > 0);
    expect(to(2)).toHaveLength(1);
    expect(node.raft.tracker.get(3)?.isPaused()).toBe(true);
    node.step(message(MessageType.APPEND_RESPONSE, { from: 3, to: 1, term: 1, index: 1 }));
    expect(to(3).map(({ index, entries }) => [index, entries.length])).toEqual([[1, 1]]);
  });

  test('a rejection lets the next probe go, further back', () => {
    const { peer, appends } = leading([1, 1, 1]);
    expect(spans(appends())).toEqual([[3, 1]]);
    answer(peer, { index: 3, reject: true, rejectHint: 1, logTerm: 1 });
    expect(spans(appends())).toEqual([[1, 3]]);
    expect(progressOf(peer).nextIdx).toBe(2);
  });

  test('never goes below what is known to match, and index 0 is always known', () => {
    const { peer, appends } = leading([1]);
    appends();
    answer(peer, { index: 1, reject: true, rejectHint: 0 });
    expect(spans(appends())).toEqual([[0, 2]]);
    answer(peer, { index: 0, reject: true, rejectHint: 0 });
    expect(progressOf(peer).nextIdx).toBe(1);
  });
});

describe('a peer that takes a stream', () => {
  test.each([
    ['replicate', 3],
    ['probe', 2],
  ])('a leader counts on what it sent, if the peer is in %s', (state, next) => {
    const { peer, appends } = leading();
    appends();
    answer(peer, { index: 1 });
    appends();
    if (state === 'probe') peer.node.reportUnreachable(2);
    peer.node.propose(EMPTY, bytes('somedata'));
    expect([progressOf(peer).state, progressOf(peer).nextIdx]).toEqual([state, next]);
  });

  test('unreachable: back to a probe after what it has; it is said of peers in a stream only', () => {
    const { peer, appends } = leading();
    appends();
    answer(peer, { index: 1 });
    for (let count = 0; count < 5; count++) peer.node.propose(EMPTY, bytes('x'));
    appends();
    expect(progressOf(peer).nextIdx).toBe(7);
    peer.node.reportUnreachable(2);
    expect([progressOf(peer).state, progressOf(peer).nextIdx]).toEqual(['probe', 2]);
    peer.node.reportUnreachable(2);
    peer.node.reportUnreachable(77);
    expect([progressOf(peer).state, progressOf(peer).nextIdx]).toEqual(['probe', 2]);
  });

  test('messages are filled up to their limit, and as many go as the window holds', () => {
    const { peer, appends } = leading([], { maxInflightMsgs: 3, maxSizePerMsg: 2048 });
    appends();
    const chunk = new Uint8Array(1000);
    for (let count = 0; count < 10; count++) peer.node.propose(EMPTY, chunk);
    answer(peer, { index: 1 });
    expect(spans(appends().filter(({ entries }) => entries.length > 0))).toEqual([
      [1, 2],
      [3, 2],
      [5, 2],
    ]);
    answer(peer, { index: 3 });
    expect(spans(appends().filter(({ entries }) => entries.length > 0))).toEqual([[7, 2]]);
    answer(peer, { index: 9 });
    expect(spans(appends().filter(({ entries }) => entries.length > 0))).toEqual([[9, 2]]);
  });

  test.each([
    // The log is 1, 2 and a no-op of term 3, which is being probed for at index 2.
    ['an acknowledgement of nothing new, which still opens the stream', { index: 0 }, 0, 4, 0],
    ['an acknowledgement of all', { index: 3 }, 3, 4, 3],
    ['an acknowledgement of entries of an old term', { index: 2 }, 2, 4, 0],
    ['a rejection', { index: 2, reject: true, rejectHint: 1, logTerm: 1 }, 0, 2, 0],
    ['a rejection of something else', { index: 1, reject: true, rejectHint: 0 }, 0, 3, 0],
  ])('what an answer tells: %s', (_, fields, matched, next, committed) => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }, [1, 2]));
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 3 }));
    peer.work();
    answer(peer, fields);
    expect([progressOf(peer).matched, progressOf(peer).nextIdx, peer.node.raft.raftLog.committed]).toEqual([
      matched,
      next,
      committed,
    ]);
  });
});

describe('appends that are joined before they leave (raft-rs)', () => {
  test('an empty one only brings the commit index up to date', () => {
    const { peer, appends } = leading([], { batchAppend: true });
    appends();
    answer(peer, { index: 1 });
    appends();
    peer.node.propose(EMPTY, bytes('x'));
    peer.node.propose(EMPTY, bytes('y'));
    expect(spans(appends())).toEqual([[1, 2]]);
  });

  test('one that does not follow on the last goes by itself', () => {
    const { peer, appends } = leading([], { batchAppend: true });
    appends();
    answer(peer, { index: 1 });
    appends();
    peer.node.propose(EMPTY, bytes('x'));
    peer.node.reportUnreachable(2);
    peer.node.propose(EMPTY, bytes('y'));
    expect(spans(appends())).toEqual([
      [1, 1],
      [1, 2],
    ]);
    peer.node.knobs.setBatchAppend(false);
    answer(peer, { index: 3 });
    appends();
    peer.node.propose(EMPTY, bytes('x'));
    peer.node.propose(EMPTY, bytes('y'));
    expect(appends()).toHaveLength(2);
  });
});

describe('windows', () => {
  test('idle ones give their memory back on request', () => {
    const { peer, appends } = leading();
    appends();
    answer(peer, { index: 1 });
    peer.node.propose(EMPTY, bytes('x'));
    appends();
    expect(progressOf(peer).ins.bufferCapacity).toBeGreaterThan(0);
    peer.node.knobs.maybeFreeInflightBuffers();
    expect(progressOf(peer).ins.bufferCapacity).toBeGreaterThan(0);
    answer(peer, { index: 2 });
    peer.node.knobs.maybeFreeInflightBuffers();
    expect(progressOf(peer).ins.bufferCapacity).toBe(0);
  });
});
