import { describe, expect, test } from 'vitest';
import { type LogFields, silentLogger } from '../../src/base/logger.js';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from './network.js';

/** Node 1 leads 1 and 2 behind a log of these terms; nobody has answered its no-op. */
function leading(log: readonly number[] = [], settings: Partial<Config> = {}): Peer {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1, 2] }, log));
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: peer.node.raft.term }));
  peer.work();
  return peer;
}

function answer(peer: Peer, fields: Partial<Message>, msgType = MessageType.APPEND_RESPONSE): Message[] {
  peer.node.step(message(msgType, { from: 2, to: 1, term: peer.node.raft.term, ...fields }));
  return peer.work();
}

const progressOf2 = (peer: Peer) => peer.node.raft.tracker.get(2);
const types = (messages: readonly Message[]) => messages.map(({ msgType }) => msgType);

test('a rejection without a term says where to go on, not to begin at the beginning', () => {
  const sent = answer(leading([1, 1, 1]), { index: 3, reject: true, rejectHint: 2 });
  expect(sent.map(({ index, entries }) => [index, entries.length])).toEqual([[2, 2]]);
});

test('an acknowledgement of less than is known tells nothing: a peer that is probed goes on being probed', () => {
  const peer = leading();
  answer(peer, { index: 1 });
  peer.node.propose(EMPTY, bytes('a'));
  peer.work();
  answer(peer, { index: 2 });
  peer.node.reportUnreachable(2);
  answer(peer, { index: 1 });
  expect(progressOf2(peer)).toMatchObject({ state: 'probe', matched: 2 });
  answer(peer, { index: 2 });
  expect(progressOf2(peer)).toMatchObject({ state: 'replicate', matched: 2 });
});

describe('a peer to which a snapshot is on its way', () => {
  test('stays so where it acknowledges what the log does not reach', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.peer(1).compact();
    network.node(1).reportUnreachable(3);
    const answer3 = (index: number) => {
      network.node(1).step(message(MessageType.APPEND_RESPONSE, { from: 3, to: 1, term: 1, index }));
      return types(
        network
          .peer(1)
          .work()
          .filter(({ to }) => to === 3),
      );
    };
    expect(answer3(1)).toEqual([MessageType.SNAPSHOT]);
    expect(answer3(2)).toEqual([]);
    expect(network.node(1).raft.tracker.get(3)).toMatchObject({ state: 'snapshot', pendingSnapshot: 4, matched: 2 });
    answer3(4);
    expect(network.node(1).raft.tracker.get(3)).toMatchObject({ state: 'replicate', pendingSnapshot: 0, nextIdx: 5 });
  });

  test('stays so where it says again what it had said before, though the log could carry it on', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1], learners: [2] }));
    peer.node.campaign();
    peer.work();
    answer(peer, { index: 1 });
    for (const data of ['a', 'b']) peer.node.propose(EMPTY, bytes(data));
    peer.work();
    peer.storage.createSnapshot(3, peer.confState, bytes('state at 3'));
    const request = { index: 1, reject: true, rejectHint: 1, logTerm: 1, requestSnapshot: 1 };
    expect(types(answer(peer, request))).toEqual([MessageType.SNAPSHOT]);
    answer(peer, { index: 1 });
    expect(progressOf2(peer)).toMatchObject({ state: 'snapshot', matched: 1, pendingSnapshot: 3 });
  });
});

test('a peer that has asked for a snapshot while there was none gets it with its next word', () => {
  const peer = leading();
  answer(peer, { index: 1 });
  peer.compact();
  const request = { index: 1, reject: true, rejectHint: 1, logTerm: 1, requestSnapshot: 1 };
  peer.storage.triggerSnapshotUnavailable();
  expect(types(answer(peer, request))).toEqual([]);
  peer.storage.triggerSnapshotUnavailable();
  expect(types(answer(peer, { index: 1 }))).toEqual([]);
  expect(types(answer(peer, {}, MessageType.HEARTBEAT_RESPONSE))).toEqual([MessageType.SNAPSHOT]);
});

test('a successor is asked to campaign when it has the whole log, and not before', () => {
  const peer = leading();
  answer(peer, { index: 1 });
  for (const data of ['a', 'b']) peer.node.propose(EMPTY, bytes(data));
  peer.node.transferLeader(2);
  peer.work();
  expect(types(answer(peer, { index: 2 }))).not.toContain(MessageType.TIMEOUT_NOW);
  expect(types(answer(peer, { index: 3 }))).toContain(MessageType.TIMEOUT_NOW);
});

test('a read of its own that comes back to it as leader was given up when it came to lead, and is not answered', () => {
  const peer = leading();
  answer(peer, { index: 1 });
  const read = { from: 1, term: 0, entries: [entry(0, 0, 'token')] };
  expect(types(answer(peer, read, MessageType.READ_INDEX))).toEqual([]);
  answer(peer, {}, MessageType.HEARTBEAT_RESPONSE);
  expect(peer.readStates).toEqual([]);
});

test('it says why it steps down', () => {
  const said: [string, LogFields | undefined][] = [];
  const logger = { ...silentLogger, warn: (text: string, fields?: LogFields) => said.push([text, fields]) };
  const peer = leading([], { checkQuorum: true, logger });
  for (let tick = 0; tick < 2 * peer.config.electionTick; tick++) peer.node.tick();
  expect(peer.node.raft.role).toBe('follower');
  expect(said).toEqual([['stepped down since quorum is not active', { id: 1, term: 1 }]]);
});
