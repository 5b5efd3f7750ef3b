import { describe, expect, test } from 'vitest';
import { type Message, MessageType, type Snapshot } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY, emptyConfState } from '../../src/raft/messages.js';
import type { Ready } from '../../src/raft/ready.js';
import { bytes, entry, message, Peer, storageWith, testConfig } from './network.js';

/** Node 2 of three, behind one entry of term 1, that has heard from nobody. */
function idle(settings: Partial<Config> = {}): Peer {
  return new Peer(testConfig(2, settings), storageWith({ voters: [1, 2, 3] }, [1]));
}

const to2 = (msgType: MessageType, fields: Partial<Message>) =>
  message(msgType, { from: 1, to: 2, term: 2, ...fields });

/** The next Ready, taken over and durable. */
function next(peer: Peer): Ready {
  const ready = peer.node.ready();
  peer.write(ready);
  peer.node.advanceAppend(ready);
  return ready;
}

describe('of leader and role', () => {
  test('whichever of the two has changed', () => {
    const peer = idle();
    peer.node.step(to2(MessageType.HEARTBEAT, {}));
    expect(next(peer).ss).toEqual({ leaderId: 1, raftState: 'follower' });
    peer.node.step(to2(MessageType.HEARTBEAT, {}));
    expect(next(peer).ss).toBeUndefined();
    peer.node.forgetLeader();
    expect(next(peer).ss).toEqual({ leaderId: 0, raftState: 'follower' });
    peer.node.campaign();
    expect(peer.node.ready().ss).toEqual({ leaderId: 0, raftState: 'candidate' });
  });
});

describe('of term, vote and commit', () => {
  test('whichever of the three has changed, and that term and vote must be on the disk before anything leaves', () => {
    const peer = idle();
    peer.node.step(to2(MessageType.REQUEST_VOTE, { from: 3 }));
    const term = next(peer);
    expect([term.hs, term.mustSync]).toEqual([{ term: 2, vote: 0, commit: 0 }, true]);
    peer.node.step(to2(MessageType.REQUEST_VOTE, { index: 1, logTerm: 1 }));
    const vote = next(peer);
    expect([vote.hs, vote.mustSync]).toEqual([{ term: 2, vote: 1, commit: 0 }, true]);
    peer.node.step(to2(MessageType.HEARTBEAT, { commit: 1 }));
    const commit = next(peer);
    expect([commit.hs, commit.mustSync]).toEqual([{ term: 2, vote: 1, commit: 1 }, false]);
    expect(peer.node.hasReady()).toBe(false);
  });

  test('not again what a LightReady has told', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
    peer.node.campaign();
    next(peer);
    const ready = peer.node.ready();
    peer.write(ready);
    expect(peer.node.advanceAppend(ready)).toMatchObject({ commitIndex: 1, committedEntries: [{ index: 1 }] });
    peer.node.propose(EMPTY, bytes('x'));
    const proposal = peer.node.ready();
    expect(proposal.hs).toBeUndefined();
    peer.node.advanceAppendAsync(proposal);
    expect(peer.node.hasReady()).toBe(false);
  });

  test('and a LightReady tells no commit index where that has not moved', () => {
    const peer = idle();
    peer.node.step(to2(MessageType.HEARTBEAT, { commit: 1 }));
    const ready = peer.node.ready();
    peer.write(ready);
    expect([ready.hs?.commit, peer.node.advanceAppend(ready).commitIndex]).toEqual([1, undefined]);
  });
});

test('of entries: a snapshot that is on its way to the disk holds back those behind it, whatever Readys come meanwhile', () => {
  const peer = idle();
  const confState = { ...emptyConfState(), voters: [1, 2, 3] };
  const snapshot: Snapshot = { data: bytes('s'), metadata: { index: 5, term: 2, confState } };
  peer.node.step(to2(MessageType.SNAPSHOT, { snapshot }));
  const installing = peer.node.ready();
  peer.write(installing);
  peer.node.advanceAppendAsync(installing);
  peer.node.step(to2(MessageType.APPEND, { index: 5, logTerm: 2, commit: 6, entries: [entry(6, 2, 'x')] }));
  const behind = peer.node.ready();
  peer.write(behind);
  peer.node.advanceAppendAsync(behind);
  expect([behind.snapshot, behind.committedEntries, peer.node.raft.raftLog.hasPendingSnapshot()]).toEqual([
    undefined,
    [],
    true,
  ]);
  peer.node.onPersistReady(behind.number);
  expect(peer.node.ready().committedEntries.map(({ index }) => index)).toEqual([6]);
});

test('of the quota: entries of an earlier leader were never counted, and give nothing back', () => {
  const storage = storageWith({ voters: [1, 2] }, [1]);
  storage.append([entry(2, 1, 'of an earlier leader')]);
  const peer = new Peer(testConfig(1), storage);
  peer.node.campaign();
  peer.work();
  peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 2 }));
  for (const data of ['abc', 'defgh']) peer.node.propose(EMPTY, bytes(data));
  peer.work();
  expect(peer.node.raft.uncommittedSize).toBe(8);
  peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 2, index: 4 }));
  peer.work();
  expect([peer.commands, peer.node.raft.uncommittedSize]).toEqual([['of an earlier leader', 'abc'], 5]);
});
