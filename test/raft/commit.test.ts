import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

/** A leader of a new term behind this log, its own no-op not acknowledged by anybody yet; peers have acknowledged `matches`. */
function committedAfter(log: readonly number[], matches: readonly number[]): number {
  const voters = matches.map((_, i) => i + 1);
  const peer = new Peer(testConfig(1), storageWith({ voters }, log));
  peer.node.campaign();
  peer.work();
  const { term } = peer.node.raft;
  for (const from of voters.slice(1)) peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from, to: 1, term }));
  peer.work();
  voters.slice(1).forEach((from, i) => {
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from, to: 1, term, index: matches[i + 1] as number }));
    peer.work();
  });
  return peer.node.raft.raftLog.committed;
}

describe('what is committed', () => {
  test.each([
    // log before; last index acknowledged by each voter, the leader first, whose no-op is the entry behind the log
    ['alone', [], [1], 1],
    ['alone, with an older entry', [1], [2], 2],
    ['two: the lower counts', [1], [2, 1], 0],
    ['two, both', [1], [2, 2], 2],
    ['three: the middle one', [1, 1], [3, 3, 1], 3],
    ['three: an entry of an older term on all of them', [1, 1], [3, 2, 2], 0],
    ['four: three are needed', [1], [2, 2, 1, 1], 0],
    ['four: three have it', [1], [2, 2, 2, 1], 2],
    ['five: three are needed', [1], [2, 2, 1, 1, 1], 0],
    ['five: three have it', [1], [2, 2, 2, 0, 0], 2],
  ])('%s', (_, log, matches, committed) => {
    expect(committedAfter(log, matches)).toBe(committed);
  });

  test('entries of a term that is over wait for one of the leader’s own', () => {
    const network = Network.ofVoters(5);
    network.campaign(1);
    for (const id of [3, 4, 5]) network.cut(1, id);
    for (const data of ['a', 'b']) network.propose(1, data);
    expect(network.node(1).raft.raftLog.committed).toBe(1);
    network.recover();
    // 2 has them, and is elected: but as long as its no-op does not get through, nothing is committed.
    network.ignore(MessageType.APPEND);
    network.campaign(2);
    expect([network.leader.raft.id, network.node(2).raft.raftLog.committed]).toEqual([2, 1]);
    network.recover();
    network.tick(2);
    network.propose(2, 'c');
    expect(network.node(2).raft.raftLog.committed).toBe(5);
    expect(network.peer(5).commands).toEqual(['a', 'b', 'c']);
  });

  test('and are committed along with it, without a proposal', () => {
    const network = Network.ofVoters(5);
    network.campaign(1);
    for (const id of [3, 4, 5]) network.cut(1, id);
    network.propose(1, 'a');
    network.recover();
    network.campaign(2);
    for (const id of [1, 2, 3, 4, 5]) expect(network.peer(id).commands).toEqual(['a']);
  });

  test('a member that is removed is no longer waited for, from when that is applied', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 1 }));
    peer.work();
    peer.node.proposeConfChange(EMPTY, { id: 0, changeType: 1, nodeId: 2, context: EMPTY });
    peer.node.propose(EMPTY, bytes('waits'));
    peer.work();
    expect(peer.commands).toEqual([]);
    // The acknowledgement covers the change only: as it takes effect, the entry behind it needs nobody else.
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
    peer.work();
    expect(peer.commands).toEqual(['waits']);
    const before = peer.node.raft.raftLog.committed;
    expect(() => peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 3 }))).toThrow(
      'peer not found',
    );
    expect(peer.node.raft.raftLog.committed).toBe(before);
  });

  test('what waited for the leader’s own disk is committed without it once the leader is removed, though no peer has more to say', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    const { node, storage } = network.peer(1);
    node.proposeConfChange(EMPTY, { id: 0, changeType: 1, nodeId: 1, context: EMPTY });
    const change = node.ready();
    storage.append(change.entries);
    node.advanceAppendAsync(change);
    // The disk is slow: the entry behind the change is on its way to it, and at node 2 already.
    node.propose(EMPTY, bytes('behind'));
    const behind = node.ready();
    storage.append(behind.entries);
    node.advanceAppendAsync(behind);
    for (const index of [2, 3]) node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index }));
    node.onPersistReady(change.number);
    expect(node.raft.raftLog.committed).toBe(2);
    node.applyConfChange({ id: 0, changeType: 1, nodeId: 1, context: EMPTY });
    expect(node.raft.raftLog.committed).toBe(3);
  });

  test.each([
    ['not the old half alone', [4, 5], 1],
    ['not the new half alone', [2, 3], 1],
    ['a majority of each', [3, 5], 2],
  ])('a joint configuration commits what both halves have: %s', (_, lost, committed) => {
    const network = Network.of({ voters: [1, 4, 5], votersOutgoing: [1, 2, 3] });
    network.campaign(1);
    for (const id of lost) network.isolate(id);
    network.propose(1, 'x');
    expect(network.node(1).raft.raftLog.committed).toBe(committed);
  });
});

describe('commit indexes that travel on votes (raft-rs)', () => {
  const piggyback: Partial<Config> = { piggybackCommit: true };

  /** 1 led, committed with 2, and is gone; 3 has the entries and does not know that they are committed. */
  function lagging(settings: Partial<Config>): Network {
    const network = Network.ofVoters(3, { ...piggyback, ...settings });
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    network.recover();
    // The entry reaches 3; of the commit index nobody tells it.
    const append = message(MessageType.APPEND, {
      from: 1,
      to: 3,
      term: 1,
      index: 1,
      logTerm: 1,
      commit: 1,
      entries: network.peer(1).storage.entries(2, 3, Number.MAX_SAFE_INTEGER, { kind: 'gen-ready' }),
    });
    network.node(3).step(append);
    network.peer(3).work();
    network.isolate(1);
    expect([1, 2, 3].map((id) => network.node(id).raft.raftLog.committed)).toEqual([2, 2, 1]);
    return network;
  }

  test.each([
    ['a request', false],
    ['a request of pre-vote', true],
  ])('%s tells a voter that lags', (_, preVote) => {
    const network = lagging({ preVote });
    // Its vote cannot be had, as it has given it to somebody else in a higher term: the index is taken all the same.
    const request = message(preVote ? MessageType.REQUEST_PRE_VOTE : MessageType.REQUEST_VOTE, {
      from: 2,
      to: 3,
      term: 2,
      index: 2,
      logTerm: 1,
      commit: 2,
      commitTerm: 1,
    });
    network.node(3).step(message(MessageType.REQUEST_VOTE, { from: 1, to: 3, term: 2, index: 9, logTerm: 1 }));
    network.node(3).step(request);
    network.peer(3).work();
    expect(network.peer(3).commands).toEqual(['x']);
  });

  test.each([
    ['a rejection', false],
    ['a rejection of pre-vote', true],
  ])('%s tells a candidate that lags', (_, preVote) => {
    const network = lagging({ preVote });
    network.node(2).knobs.setPriority(9);
    network.campaign(3);
    expect(network.node(3).raft.role).not.toBe('leader');
    expect(network.peer(3).commands).toEqual(['x']);
  });

  test('an index whose entry is of another term there says nothing', () => {
    const peer = new Peer(testConfig(3, piggyback), storageWith({ voters: [1, 2, 3] }, [1, 2]));
    peer.node.step(
      message(MessageType.REQUEST_VOTE, { from: 1, to: 3, term: 3, index: 1, logTerm: 1, commit: 2, commitTerm: 1 }),
    );
    peer.node.step(
      message(MessageType.REQUEST_VOTE, { from: 1, to: 3, term: 3, index: 1, logTerm: 1, commit: 2, commitTerm: 0 }),
    );
    expect(peer.node.raft.raftLog.committed).toBe(0);
    peer.node.step(
      message(MessageType.REQUEST_VOTE, { from: 1, to: 3, term: 3, index: 1, logTerm: 1, commit: 2, commitTerm: 2 }),
    );
    expect(peer.node.raft.raftLog.committed).toBe(2);
  });

  test('a candidate that so learns of a committed change of the configuration gives up: it may be the wrong one to run', () => {
    const network = Network.ofVoters(3, piggyback);
    network.campaign(1);
    network.ignore(MessageType.HEARTBEAT);
    network.node(1).proposeConfChange(EMPTY, { id: 0, changeType: 1, nodeId: 3, context: EMPTY });
    const [append] = network
      .peer(1)
      .work()
      .filter(({ to }) => to === 3);
    if (append === undefined) throw new Error('nothing was sent to 3');
    network.node(3).step(append);
    network.peer(3).work();
    network.isolate(3);
    network.campaign(3);
    expect(network.node(3).raft.role).toBe('candidate');
    const { term } = network.node(3).raft;
    network
      .node(3)
      .step(
        message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 3, term, reject: true, commit: 2, commitTerm: 1 }),
      );
    expect([network.node(3).raft.role, network.node(3).raft.term, network.node(3).raft.leaderId]).toEqual([
      'follower',
      term,
      0,
    ]);
  });

  test('the answer to a passed-on read tells the index as well', () => {
    const network = Network.ofVoters(3, { ...piggyback, skipBcastCommit: true });
    network.campaign(1);
    network.tick(1);
    network.propose(1, 'x');
    expect(network.peer(2).commands).toEqual([]);
    network.ignore(MessageType.HEARTBEAT_RESPONSE);
    network.node(2).readIndex(bytes('read'));
    network.settle();
    network.recover();
    network.ignore(MessageType.APPEND);
    network.tick(1);
    expect(network.peer(2).readStates.map(({ index }) => index)).toEqual([2]);
    expect(network.peer(2).commands).toEqual(['x']);
  });
});

describe('group commit (raft-rs)', () => {
  test.each([
    // acknowledged by 1, 2, …; their groups; index by majority, index by groups
    [[1], [1], 1, 1],
    [[2, 2, 1], [1, 2, 1], 2, 2],
    [[2, 2, 1], [1, 1, 2], 2, 1],
    [[2, 2, 1], [1, 0, 1], 2, 1],
    [[2, 2, 1], [0, 0, 0], 2, 1],
    [[4, 2, 1, 3], [0, 0, 0, 0], 2, 1],
    [[4, 2, 1, 3], [1, 0, 0, 0], 2, 1],
    [[4, 2, 1, 3], [0, 1, 0, 2], 2, 2],
    [[4, 2, 1, 3], [0, 2, 1, 0], 2, 1],
    [[4, 2, 1, 3], [1, 1, 1, 1], 2, 2],
    [[4, 2, 1, 3], [1, 1, 2, 1], 2, 1],
    [[4, 2, 1, 3], [1, 2, 1, 1], 2, 2],
  ])('acknowledged %j of groups %j', (acknowledged, groups, byMajority, byGroups) => {
    const voters = acknowledged.map((_, i) => i + 1);
    const log = Array.from({ length: Math.max(...acknowledged) }, () => 1);
    const { raft, knobs } = new Peer(testConfig(1), storageWith({ voters }, log)).node;
    for (const [i, index] of acknowledged.entries()) raft.tracker.get(i + 1)?.maybeUpdate(index);
    knobs.assignCommitGroups(groups.flatMap((group, i) => (group === 0 ? [] : [[i + 1, group] as const])));
    expect(raft.tracker.maximalCommittedIndex()).toBe(byMajority);
    knobs.enableGroupCommit(true);
    expect(raft.tracker.maximalCommittedIndex()).toBe(byGroups);
    knobs.clearCommitGroup();
    knobs.enableGroupCommit(false);
    expect(raft.tracker.maximalCommittedIndex()).toBe(byMajority);
  });

  test.each([
    ['two groups have it', [2, 2, 1], [1, 2, 1], true],
    ['only one group has it', [2, 2, 1], [1, 1, 2], false],
    ['all are of one group', [2, 2, 2], [1, 1, 1], false],
    ['nobody is of any group', [2, 2, 2], [0, 0, 0], false],
  ])('a leader knows whether what is committed stands on two groups: %s', (_, acknowledged, groups, consistent) => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    if (acknowledged[2] === 1) network.isolate(3);
    network.propose(1, 'x');
    const { knobs } = network.node(1);
    knobs.assignCommitGroups(groups.flatMap((group, i) => (group === 0 ? [] : [[i + 1, group] as const])));
    expect(knobs.checkGroupCommitConsistent()).toBe(consistent);
  });

  test('what is committed already stays so when group commit is switched on', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    const { knobs, raft } = network.node(1);
    knobs.assignCommitGroups([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
    knobs.enableGroupCommit(true);
    expect(raft.raftLog.committed).toBe(2);
    network.recover();
    network.tick(1, 2);
    network.propose(1, 'y');
    expect(network.peer(3).commands).toEqual(['x', 'y']);
  });

  test('in a joint configuration both halves need two groups', () => {
    const network = Network.of({ voters: [1, 2, 4], votersOutgoing: [1, 2, 3] });
    network.campaign(1);
    const { knobs, raft } = network.node(1);
    knobs.enableGroupCommit(true);
    knobs.assignCommitGroups([
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
    ]);
    network.isolate(4);
    network.propose(1, 'x');
    expect(raft.raftLog.committed).toBe(1);
    network.recover();
    network.tick(1, 2);
    expect(raft.raftLog.committed).toBe(2);
  });
});
