import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, type Entry, EntryType, MessageType } from '../../src/gen/raft/v1/raft.js';
import { encodeConfChange, newConfChangeSingle, parseConfChange } from '../../src/raft/conf-change.js';
import type { Config } from '../../src/raft/config.js';
import { EMPTY, newEntry } from '../../src/raft/messages.js';
import type { RawNode } from '../../src/raft/raw-node.js';
import { bytes, message, Network, Peer, storageWith, testConfig } from './network.js';

const change = (changes: string) => ({
  transition: ConfChangeTransition.AUTO,
  changes: parseConfChange(changes),
  context: EMPTY,
});
const changeEntry = (changes: string): Entry => {
  const { entryType, data } = encodeConfChange(change(changes));
  return newEntry(entryType, data, EMPTY);
};
const proposed = (...entries: Entry[]) => message(MessageType.PROPOSE, { from: 2, to: 1, entries });
/** Types of the entries that wait to be written. */
const taken = (node: RawNode) =>
  node.ready().entries.map(({ entryType, data }) => (data.length > 0 ? entryType : 'empty'));

/** A leader of {1} that has applied its no-op. */
function leaderAlone(settings: Partial<Config> = {}): Peer {
  const peer = new Peer(testConfig(1, settings), storageWith({ voters: [1] }));
  peer.node.campaign();
  peer.work();
  return peer;
}

describe('a proposal', () => {
  test.each([
    ['three of three live', 3, 3, true],
    ['two of three live', 3, 2, true],
    ['one of three lives: there is no leader', 3, 1, false],
    ['two of four live: there is no leader', 4, 2, false],
    ['three of four live', 4, 3, true],
  ])('gets into the log where a leader can be: %s', (_, size, alive, works) => {
    const voters = Array.from({ length: size }, (__, i) => i + 1);
    const network = new Network();
    for (const id of voters.slice(0, alive)) network.add(new Peer(testConfig(id), storageWith({ voters })));
    network.campaign(1);
    if (works) network.propose(1, 'somedata');
    else expect(() => network.propose(1, 'somedata')).toThrow('raft proposal dropped');
    for (const { commands } of network.peers.values()) expect(commands).toEqual(works ? ['somedata'] : []);
  });

  test('may be made at any member: it is passed on, and keeps the name of who made it', () => {
    for (const alive of [2, 3]) {
      const network = Network.ofVoters(3);
      if (alive === 2) network.isolate(3);
      network.campaign(1);
      network.propose(2, 'by proxy');
      expect(network.peer(1).commands).toEqual(['by proxy']);
      expect(network.peer(2).commands).toEqual(['by proxy']);
      const passedOn = network.sent.filter(({ msgType }) => msgType === MessageType.PROPOSE);
      expect(passedOn.map(({ from, to, term }) => [from, to, term])).toEqual([[2, 1, 0]]);
    }
  });

  test('is not passed on where that is off; where it is on it reaches the leader', () => {
    const on = Network.ofVoters(3);
    on.campaign(1);
    on.propose(3, 'x');
    expect(on.peer(1).commands).toEqual(['x']);
    const off = Network.ofVoters(3, { disableProposalForwarding: true });
    off.campaign(1);
    expect(() => off.propose(3, 'x')).toThrow('raft proposal dropped');
    expect(off.sent.some(({ msgType }) => msgType === MessageType.PROPOSE)).toBe(false);
    off.propose(1, 'y');
    expect(off.peer(3).commands).toEqual(['y']);
  });

  test('or a wish for another leader that reaches one who leads no more is passed on, under the name of who made it', () => {
    const network = Network.ofVoters(3);
    network.campaign(2);
    network.deliver(
      message(MessageType.PROPOSE, { from: 3, to: 1, entries: [newEntry(EntryType.NORMAL, bytes('x'), EMPTY)] }),
    );
    expect(network.peer(3).commands).toEqual(['x']);
    network.deliver(message(MessageType.TRANSFER_LEADER, { from: 3, to: 1, term: 1 }));
    expect(network.leader.raft.id).toBe(3);
    expect(
      network.sent.filter(({ msgType, to }) => msgType === MessageType.PROPOSE && to === 2).map(({ from }) => from),
    ).toEqual([3]);
  });

  test('that reaches a candidate is dropped, and so are the wish for another leader and the read', () => {
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1, 2, 3] }));
    node.campaign();
    expect(() => node.step(proposed(newEntry(EntryType.NORMAL, bytes('x'), EMPTY)))).toThrow('raft proposal dropped');
    node.step(message(MessageType.TRANSFER_LEADER, { from: 3, to: 1, term: 1 }));
    node.step(
      message(MessageType.READ_INDEX, {
        from: 3,
        to: 1,
        entries: [newEntry(EntryType.NORMAL, bytes('12345678'), EMPTY)],
      }),
    );
    node.transferLeader(2);
    node.reportUnreachable(2);
    node.reportSnapshot(2, 'failure');
    const { messages, persistedMessages } = node.ready();
    expect([...messages, ...persistedMessages].map(({ msgType }) => msgType)).toEqual([
      MessageType.REQUEST_VOTE,
      MessageType.REQUEST_VOTE,
    ]);
  });

  test('that passes by a leader who has been removed is dropped', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.node(1).applyConfChange(change('r1'));
    expect(() => network.node(1).step(proposed(newEntry(EntryType.NORMAL, bytes('x'), EMPTY)))).toThrow(
      'raft proposal dropped',
    );
  });
});

describe('a proposed change of the configuration', () => {
  test('is appended, and from then on one is pending', () => {
    const { node } = leaderAlone();
    node.proposeConfChange(EMPTY, change('v2'));
    expect([node.raft.raftLog.lastIndex(), node.raft.pendingConfIndex]).toEqual([2, 2]);
    expect(taken(node)).toEqual([EntryType.CONF_CHANGE_V2]);
  });

  test('while one is pending the next becomes an empty entry, and the bound stays', () => {
    const { node } = leaderAlone();
    for (let times = 0; times < 2; times++) node.proposeConfChange(EMPTY, change('v2'));
    expect(node.raft.pendingConfIndex).toBe(2);
    expect(taken(node)).toEqual([EntryType.CONF_CHANGE_V2, 'empty']);
  });

  test('two in one message: the first is taken', () => {
    const { node } = leaderAlone();
    node.step(proposed(changeEntry('v2'), newEntry(EntryType.NORMAL, bytes('x'), EMPTY), changeEntry('v3')));
    expect(taken(node)).toEqual([EntryType.CONF_CHANGE_V2, EntryType.NORMAL, 'empty']);
    expect(node.raft.pendingConfIndex).toBe(2);
  });

  test('that nobody can read is dropped, with all that came with it', () => {
    const { node } = leaderAlone();
    const unreadable = newEntry(EntryType.CONF_CHANGE, Uint8Array.of(0xff, 0xff), EMPTY);
    expect(() => node.step(proposed(newEntry(EntryType.NORMAL, bytes('x'), EMPTY), unreadable))).toThrow(
      'raft proposal dropped',
    );
    expect([node.raft.raftLog.lastIndex(), node.raft.pendingConfIndex]).toEqual([1, 0]);
  });

  test('to a new leader waits until all that it found in its log is applied', () => {
    for (const log of [[], [1, 1, 1]]) {
      const peer = new Peer(testConfig(1), storageWith({ voters: [1] }, log));
      peer.node.campaign();
      const ready = peer.node.ready();
      peer.write(ready);
      peer.node.advanceAppend(ready);
      expect(peer.node.raft.role).toBe('leader');
      expect(peer.node.raft.pendingConfIndex).toBe(log.length);
      expect(peer.node.raft.hasPendingConf).toBe(log.length > 0);
      peer.work();
      expect(peer.node.raft.hasPendingConf).toBe(false);
    }
  });

  test('made twice, each after the other was applied: adding a member again does no harm', () => {
    const peer = leaderAlone();
    const version1 = { id: 7, changeType: 0, nodeId: 1, context: bytes('where it is') };
    for (let times = 0; times < 2; times++) {
      peer.node.proposeConfChange(EMPTY, version1);
      peer.work();
    }
    expect(peer.applied.map(({ entryType }) => entryType)).toEqual([0, EntryType.CONF_CHANGE, EntryType.CONF_CHANGE]);
    expect(peer.node.raft.tracker.conf.toString()).toBe('voters=(1)');
    peer.node.proposeConfChange(EMPTY, { ...version1, changeType: 2, nodeId: 2 });
    peer.work();
    expect(peer.confState).toEqual({
      voters: [1],
      learners: [2],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    });
  });

  test.each([
    [
      'version 1',
      { id: 0, ...newConfChangeSingle(2, 0), context: bytes('ctx') },
      EntryType.CONF_CHANGE,
      'voters=(1 2)',
      1,
    ],
    ['one step of version 2', { ...change('v2'), context: bytes('ctx') }, EntryType.CONF_CHANGE_V2, 'voters=(1 2)', 1],
    [
      'one step, explicitly joint',
      { ...change('v2'), transition: ConfChangeTransition.EXPLICIT },
      EntryType.CONF_CHANGE_V2,
      'voters=(1 2)&&(1)',
      1,
    ],
    [
      'one step, joint, to be left by itself',
      { ...change('v2'), transition: ConfChangeTransition.IMPLICIT },
      EntryType.CONF_CHANGE_V2,
      'voters=(1 2)&&(1) autoleave',
      2,
    ],
    ['two steps', change('v2 l3'), EntryType.CONF_CHANGE_V2, 'voters=(1 2)&&(1) learners=(3) autoleave', 2],
  ])('%s travels as it was made, and does what it says', (_, made, entryType, configuration, changes) => {
    const peer = leaderAlone();
    peer.node.proposeConfChange(EMPTY, made);
    peer.work();
    const committed = peer.applied.filter((entry) => entry.entryType !== EntryType.NORMAL);
    expect(committed.map((entry) => entry.entryType)).toEqual([entryType]);
    expect(encodeConfChange(made).data).toEqual(committed[0]?.data);
    expect(peer.node.raft.tracker.conf.toString()).toBe(configuration);
    // Where it is left by itself, the entry that does so is in the log already.
    const pending = peer.node.raft.raftLog.lastIndex() - (committed[0]?.index ?? 0);
    expect(pending).toBe(changes - 1);
  });
});

describe('the quota of what is not committed', () => {
  const limited = { maxUncommittedSize: 16, maxSizePerMsg: 16 };
  const eight = new Uint8Array(8);

  /** A leader of {1, 2} whose peer answers when it is told to. */
  function leaderOfTwo(): Peer {
    const peer = new Peer(testConfig(1, limited), storageWith({ voters: [1, 2] }));
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 1 }));
    peer.work();
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 1 }));
    peer.work();
    return peer;
  }

  test('one proposal of any size where nothing waits; empty ones always; then no more until something is applied', () => {
    const { node } = leaderOfTwo();
    node.propose(EMPTY, new Uint8Array(100));
    expect(() => node.propose(EMPTY, eight)).toThrow('raft proposal dropped');
    node.propose(EMPTY, EMPTY);
    expect(node.raft.uncommittedSize).toBe(100);
    node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
  });

  test('a partition does not let the log grow without bound', () => {
    const peer = leaderOfTwo();
    let dropped = 0;
    for (let count = 0; count < 1024; count++) {
      try {
        peer.node.propose(EMPTY, eight);
      } catch {
        dropped++;
      }
      peer.work();
    }
    expect([dropped, peer.node.raft.raftLog.lastIndex(), peer.node.raft.uncommittedSize]).toEqual([1022, 3, 16]);
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 3 }));
    peer.work();
    expect(peer.node.raft.uncommittedSize).toBe(0);
    peer.node.propose(EMPTY, eight);
  });

  test('it is given back when entries are applied, not when they are handed out', () => {
    const peer = leaderOfTwo();
    peer.node.propose(EMPTY, eight);
    peer.work();
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 2 }));
    const ready = peer.node.ready();
    expect(ready.committedEntries).toHaveLength(1);
    peer.write(ready);
    peer.node.advanceAppendAsync(ready);
    peer.node.onPersistReady(ready.number);
    expect(peer.node.raft.uncommittedSize).toBe(8);
    peer.node.advanceApplyTo(2);
    expect(peer.node.raft.uncommittedSize).toBe(0);
  });

  test('a new leader does not count what others left in its log, and gives nothing back for it', () => {
    const storage = storageWith({ voters: [1, 2] });
    storage.append([1, 2, 3].map((index) => ({ ...newEntry(EntryType.NORMAL, eight, EMPTY), index, term: 1 })));
    storage.setHardState({ term: 1, vote: 0, commit: 0 });
    const peer = new Peer(testConfig(1, limited), storage);
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 2 }));
    expect([peer.node.raft.uncommittedTail, peer.node.raft.uncommittedSize]).toEqual([3, 0]);
    for (let count = 0; count < 2; count++) peer.node.propose(EMPTY, eight);
    peer.work();
    // Old and new entries come to be applied in one: only the new ones were counted.
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 2, index: 5 }));
    peer.work();
    expect(peer.node.raft.raftLog.applied).toBe(5);
    expect(peer.node.raft.uncommittedSize).toBe(8);
  });

  test('a Ready of the last leadership that is applied late gives nothing back to the next', () => {
    const peer = leaderOfTwo();
    for (let count = 0; count < 2; count++) peer.node.propose(EMPTY, eight);
    peer.work();
    peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 1, index: 3 }));
    const late = peer.node.ready();
    expect(late.committedEntries.map(({ index }) => index)).toEqual([2, 3]);
    peer.write(late);
    peer.node.advanceAppendAsync(late);
    peer.node.onPersistReady(late.number);
    // It loses the leadership and takes it back, while that is being applied.
    peer.node.step(message(MessageType.HEARTBEAT, { from: 2, to: 1, term: 2 }));
    peer.node.campaign();
    peer.work();
    peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 3 }));
    peer.node.propose(EMPTY, eight);
    peer.node.advanceApplyTo(3);
    expect([peer.node.raft.role, peer.node.raft.uncommittedSize]).toEqual(['leader', 8]);
  });
});
