import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import { validateConfig } from '../../src/raft/config.js';
import { FatalRaftError } from '../../src/raft/errors.js';
import { EMPTY } from '../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from './network.js';

/** A single voter that leads, with its first Readys done. */
function leader(): Peer {
  const peer = new Peer(testConfig(1), storageWith({ voters: [1] }));
  peer.node.campaign();
  peer.work();
  return peer;
}

const append = (fields: object) => message(MessageType.APPEND, { from: 2, to: 1, term: 1, ...fields });

describe('the door', () => {
  test.each([
    MessageType.HUP,
    MessageType.BEAT,
    MessageType.UNREACHABLE,
    MessageType.SNAP_STATUS,
    MessageType.CHECK_QUORUM,
  ])('local messages do not come from outside: %i', (msgType) => {
    expect(() => leader().node.step(message(msgType, { from: 2, term: 1 }))).toThrow('cannot step raft local message');
  });

  test('answers come from members only', () => {
    const stranger = message(MessageType.APPEND_RESPONSE, { from: 9, to: 1, term: 1 });
    expect(() => leader().node.step(stranger)).toThrow('cannot step as peer not found');
  });

  test('a proposal is refused where nobody can take it', () => {
    const network = Network.ofVoters(2, { disableProposalForwarding: true });
    expect(() => network.node(1).propose(EMPTY, EMPTY)).toThrow('raft proposal dropped');
    network.campaign(1);
    expect(() => network.node(2).propose(EMPTY, EMPTY)).toThrow('raft proposal dropped');
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    node.campaign();
    expect(() => node.propose(EMPTY, EMPTY)).toThrow('raft proposal dropped');
    expect(() => network.node(1).proposeBatch([])).not.toThrow();
  });

  test('a ping makes a leader send heartbeats', () => {
    const network = Network.ofVoters(2);
    network.node(1).ping();
    expect(network.node(1).hasReady()).toBe(false);
    network.campaign(1);
    network.node(1).ping();
    expect(
      network
        .node(1)
        .ready()
        .messages.map(({ msgType }) => msgType),
    ).toEqual([MessageType.HEARTBEAT]);
  });
});

describe('Ready', () => {
  test('is asked for once, advanced once', () => {
    const peer = leader();
    peer.node.propose(EMPTY, bytes('x'));
    const ready = peer.node.ready();
    expect(() => peer.node.ready()).toThrow(FatalRaftError);
    expect(() => peer.node.onPersistReady(ready.number)).toThrow(FatalRaftError);
    peer.write(ready);
    peer.node.advanceAppend(ready);
    expect(() => peer.node.advance(ready)).toThrow(FatalRaftError);
    expect(() => peer.node.advanceApplyTo(99)).toThrow(FatalRaftError);
    peer.node.propose(EMPTY, bytes('y'));
    const next = peer.node.ready();
    expect(() => peer.node.advance(ready)).toThrow(`Ready ${ready.number} is advanced, but ${next.number} is open`);
  });

  test('has soft and hard state only where they have changed, and must be flushed unless that is the commit index alone', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    peer.node.step(append({ entries: [entry(1, 1)] }));
    const first = peer.node.ready();
    expect(first.ss).toEqual({ leaderId: 2, raftState: 'follower' });
    expect([first.hs, first.mustSync]).toEqual([{ term: 1, vote: 0, commit: 0 }, true]);
    peer.write(first);
    peer.node.advanceAppend(first);
    peer.node.step(append({ index: 1, logTerm: 1, commit: 1 }));
    const second = peer.node.ready();
    expect(second.ss).toBeUndefined();
    expect([second.hs, second.mustSync]).toEqual([{ term: 1, vote: 0, commit: 1 }, false]);
  });

  test('numbers go up by one', () => {
    const peer = leader();
    const numbers = [1, 2, 3].map(() => {
      peer.node.propose(EMPTY, bytes('x'));
      const ready = peer.node.ready();
      peer.write(ready);
      peer.node.advance(ready);
      return ready.number;
    });
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2]);
  });

  test('advance brings to light what follows: commit, entries to apply, messages of a leader', () => {
    const peer = leader();
    peer.node.propose(EMPTY, bytes('x'));
    const ready = peer.node.ready();
    expect(ready.committedEntries).toEqual([]);
    peer.write(ready);
    const light = peer.node.advance(ready);
    expect(light.commitIndex).toBe(2);
    expect(light.committedEntries.map(({ index }) => index)).toEqual([2]);
    expect(peer.node.raft.raftLog.applied).toBe(1);
    peer.node.advanceApply();
    expect(peer.node.raft.raftLog.applied).toBe(2);
    expect(peer.node.hasReady()).toBe(false);
  });

  test('committed entries come in pages, each once, also after a restart', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    peer.node.knobs.setMaxCommittedSizePerReady(1);
    const entries = [1, 2, 3, 4].map((index) => entry(index, 1, `command ${index}`));
    peer.node.step(append({ entries, commit: 4 }));
    peer.work();
    expect(peer.commands).toEqual(['command 1', 'command 2', 'command 3', 'command 4']);

    const again = peer.restarted({ applied: 2 });
    again.work();
    expect(again.commands).toEqual(['command 3', 'command 4']);
    expect(again.node.raft.term).toBe(1);
  });

  test('applyUnstableEntries: entries come to be applied with the Ready that has them to be written', () => {
    const peer = new Peer(testConfig(1, { applyUnstableEntries: true }), storageWith({ voters: [1, 2] }));
    peer.node.step(append({ entries: [entry(1, 1)], commit: 1 }));
    const ready = peer.node.ready();
    expect(ready.committedEntries).toEqual(ready.entries);
  });
});

describe('writing later', () => {
  test('several Readys may be under way; a later one being durable means that those before are', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    const numbers = [1, 2, 3].map((index) => {
      peer.node.step(
        append({ index: index - 1, logTerm: index === 1 ? 0 : 1, entries: [entry(index, 1)], commit: index }),
      );
      const ready = peer.node.ready();
      expect(ready.committedEntries).toEqual([]);
      expect(ready.messages).toEqual([]);
      peer.write(ready);
      peer.node.advanceAppendAsync(ready);
      return ready.number;
    });
    expect(peer.node.raft.raftLog.persisted).toBe(0);
    peer.node.onPersistReady(numbers[1] as number);
    expect(peer.node.raft.raftLog.persisted).toBe(2);
    expect(peer.node.ready().committedEntries.map(({ index }) => index)).toEqual([1, 2]);
  });

  test('a write of entries that were replaced meanwhile counts for nothing', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    const take = () => {
      const ready = peer.node.ready();
      peer.write(ready);
      peer.node.advanceAppendAsync(ready);
      return ready.number;
    };
    peer.node.step(append({ entries: [entry(1, 1, 'a'), entry(2, 1, 'b')] }));
    const first = take();
    peer.node.step(append({ from: 3, term: 2, index: 1, logTerm: 1, entries: [entry(2, 2, 'c')], commit: 2 }));
    const second = take();
    peer.node.onPersistReady(first);
    expect(peer.node.raft.raftLog.persisted).toBe(0);
    peer.node.onPersistReady(second);
    expect(peer.node.raft.raftLog.persisted).toBe(2);
    peer.work();
    expect(peer.commands).toEqual(['a', 'c']);
  });

  test("a leader's appends leave at once, its vote and acknowledgement to itself count when they are durable", () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const peer = network.peer(1);
    peer.node.propose(EMPTY, bytes('x'));
    const ready = peer.node.ready();
    expect(ready.messages.map(({ msgType }) => msgType)).toEqual([MessageType.APPEND, MessageType.APPEND]);
    peer.write(ready);
    peer.node.advanceAppendAsync(ready);
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
    expect(peer.node.raft.raftLog.committed).toBe(1);
    peer.node.onPersistReady(ready.number);
    expect(peer.node.raft.raftLog.committed).toBe(2);
  });

  test('an acknowledgement to itself of a term that is over counts for nothing', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const peer = network.peer(1);
    peer.node.propose(EMPTY, bytes('x'));
    const ready = peer.node.ready();
    peer.write(ready);
    peer.node.advanceAppendAsync(ready);
    peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 2 }));
    peer.node.onPersistReady(ready.number);
    expect(peer.node.raft.tracker.get(1)?.matched).toBeLessThan(2);
    expect(peer.node.raft.raftLog.committed).toBe(1);
  });

  test('maxApplyUnpersistedLogLimit: a leader may apply that much ahead of its disk, a follower nothing', () => {
    const network = Network.ofVoters(3, { maxApplyUnpersistedLogLimit: 10 });
    expect(network.node(2).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(0);
    network.campaign(1);
    const peer = network.peer(1);
    expect(network.node(2).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(0);
    peer.node.propose(EMPTY, bytes('x'));
    const ready = peer.node.ready();
    peer.write(ready);
    peer.node.advanceAppendAsync(ready);
    for (const from of [2, 3]) peer.node.step(message(MessageType.APPEND_RESPONSE, { from, to: 1, term: 1, index: 2 }));
    expect(peer.node.ready().committedEntries.map(({ index }) => index)).toEqual([2]);
  });
});

describe('the configuration', () => {
  test.each([
    [{ id: 0 }, 'invalid node id'],
    [{ heartbeatTick: 0 }, 'heartbeat tick must greater than 0'],
    [{ electionTick: 1 }, 'election tick must be greater than heartbeat tick'],
    [{ minElectionTick: 5 }, 'min election tick 5 must not be less than election_tick 10'],
    [{ minElectionTick: 12, maxElectionTick: 12 }, 'min election tick 12 should be less than max election tick 12'],
    [{ maxInflightMsgs: 0 }, 'max inflight messages must be greater than 0'],
    [{ maxInflightBytes: 5 }, 'max inflight bytes must be >= max message size'],
    [{ maxInflightBytes: 0, maxSizePerMsg: 0 }, 'max inflight bytes must be greater than 0'],
    [{ readOnlyOption: 'lease-based' as const }, 'read_only_option == LeaseBased requires check_quorum == true'],
    [{ maxSizePerMsg: 10, maxUncommittedSize: 5 }, 'max uncommitted size should greater than max_size_per_msg'],
  ])('%j is refused', (settings, reason) => {
    expect(() => validateConfig(testConfig(1, settings))).toThrow(reason);
  });

  test('storage that contradicts itself is refused', () => {
    const storage = storageWith({ voters: [1] }, [1]);
    storage.setHardState({ term: 1, vote: 0, commit: 5 });
    expect(() => new Peer(testConfig(1), storage)).toThrow("hard state's commit 5 is out of [0, 1]");
  });

  test('group commit: an entry waits for two groups, and what is committed stays so', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const { knobs, raft } = network.node(1);
    knobs.assignCommitGroups([
      [1, 1],
      [2, 1],
      [3, 2],
      [9, 1],
    ]);
    knobs.enableGroupCommit(true);
    expect(knobs.checkGroupCommitConsistent()).toBe(true);
    network.isolate(3);
    network.propose(1, 'x');
    expect(raft.raftLog.committed).toBe(1);
    knobs.enableGroupCommit(false);
    network.settle();
    expect(network.peer(2).commands).toEqual(['x']);
    expect(() => knobs.assignCommitGroups([[1, 0]])).toThrow('commit group 0 of node 1');
    expect(network.node(2).knobs.checkGroupCommitConsistent()).toBeUndefined();
  });

  test('status tells what is needed to judge a member', () => {
    const network = Network.of({ voters: [1, 2], learners: [3] });
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    const status = network.node(1).status();
    expect(status).toMatchObject({
      id: 1,
      applied: 2,
      lastIndex: 2,
      lastTerm: 1,
      ss: { leaderId: 1, raftState: 'leader' },
    });
    expect(status.progress.map(({ id, matched, lag, isLearner }) => [id, matched, lag, isLearner])).toEqual([
      [1, 2, 0, false],
      [2, 2, 0, false],
      [3, 1, 1, true],
    ]);
    expect(network.node(2).status().progress).toEqual([]);
  });
});
