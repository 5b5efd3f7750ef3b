import { describe, expect, test } from 'vitest';
import { type LogFields, silentLogger } from '../../src/base/logger.js';
import { type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { bytes, entry, message, Peer, storageWith, testConfig } from './network.js';

/** Node 2 follows 1 in term 1; both have entry 1, which it does not know to be committed. */
function following(settings: Partial<Config> = {}): Peer {
  const peer = new Peer(testConfig(2, settings), storageWith({ voters: [1, 2, 3] }, [1]));
  hear(peer, MessageType.HEARTBEAT, {});
  return peer;
}

/** What it answers to its leader's message. */
function hear(peer: Peer, msgType: MessageType, fields: Partial<Message>): Message[] {
  peer.node.step(message(msgType, { from: 1, to: 2, term: 1, ...fields }));
  return peer.work();
}

describe('a follower that has asked for a snapshot', () => {
  test('asks again at each word from its leader, and takes nothing else', () => {
    const peer = following();
    peer.node.requestSnapshot();
    const [request] = peer.work();
    expect(request).toMatchObject({ reject: true, requestSnapshot: 1, rejectHint: 1, logTerm: 1 });
    const append = { index: 1, logTerm: 1, entries: [entry(2, 1, 'x')] };
    expect(hear(peer, MessageType.APPEND, append)).toEqual([request]);
    expect(hear(peer, MessageType.HEARTBEAT, {})).toEqual([request]);
    expect(peer.node.raft.raftLog.lastIndex()).toBe(1);
  });
});

describe('the commit index (raft-rs)', () => {
  test.each([
    [true, 1],
    [false, 0],
  ])('travels back on answers to heartbeats if that is on: %s', (piggybackCommit, commit) => {
    const [response] = hear(following({ piggybackCommit }), MessageType.HEARTBEAT, { commit: 1 });
    expect(response).toMatchObject({ msgType: MessageType.HEARTBEAT_RESPONSE, commit });
  });

  test.each([
    [true, 1],
    [false, 0],
  ])('comes along with the answer to a read if that is on: %s', (piggybackCommit, commit) => {
    const peer = following({ piggybackCommit });
    peer.node.readIndex(bytes('read'));
    const [forwarded] = peer.work();
    hear(peer, MessageType.READ_INDEX_RESP, { index: 1, entries: forwarded?.entries ?? [] });
    expect(peer.readStates).toEqual([{ index: 1, requestContext: bytes('read') }]);
    expect(peer.node.raft.raftLog.committed).toBe(commit);
  });
});

test('a wish to hand over to nobody is not passed on', () => {
  const peer = following();
  peer.node.transferLeader(0);
  expect(peer.work()).toEqual([]);
  peer.node.transferLeader(3);
  expect(peer.work()).toMatchObject([{ msgType: MessageType.TRANSFER_LEADER, to: 1, from: 3 }]);
});

describe('forgetting the leader', () => {
  test('is for followers: a leader does not forget itself', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    peer.node.campaign();
    peer.work();
    peer.node.forgetLeader();
    expect(peer.node.raft.softState).toEqual({ leaderId: 1, raftState: 'leader' });
  });

  test('is refused, and said to be, where reads stand on the lease', () => {
    const said: [string, LogFields | undefined][] = [];
    const logger = { ...silentLogger, error: (text: string, fields?: LogFields) => said.push([text, fields]) };
    const peer = following({ readOnlyOption: 'lease-based', checkQuorum: true, logger });
    peer.node.forgetLeader();
    expect(peer.node.raft.leaderId).toBe(1);
    expect(said).toEqual([['ignores forgetLeader, as reads are lease-based', { id: 2 }]]);
  });
});
