import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/base/logger.js';
import { seededRandom } from '../../src/base/random.js';
import { ConfChangeTransition, type Message, MessageType } from '../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../src/raft/conf-change.js';
import { defaultConfig } from '../../src/raft/config.js';
import { FatalRaftError } from '../../src/raft/errors.js';
import { MemStorage } from '../../src/raft/mem-storage.js';
import { EMPTY } from '../../src/raft/messages.js';
import { describeCommittedIndex } from '../../src/raft/quorum/describe.js';
import { RawNode } from '../../src/raft/raw-node.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from './network.js';

const { AUTO, IMPLICIT } = ConfChangeTransition;
const change = (changes: string, transition = AUTO) => ({
  transition,
  changes: parseConfChange(changes),
  context: EMPTY,
});

/** What is known to go wrong in raft-rs, told once for each: here it does not. `docs/scenarios.md` lists them. */
describe('defects of raft-rs', () => {
  test('D1: a leader that was removed goes on committing and writing, and does not fall over its own missing progress', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const { node } = network.peer(1);
    node.proposeConfChange(EMPTY, change('r1'));
    for (const data of ['a', 'b']) node.propose(EMPTY, bytes(data));
    network.settle();
    expect([node.raft.role, node.raft.tracker.get(1)]).toEqual(['leader', undefined]);
    network.tick(1, 30);
    for (const id of [2, 3]) expect(network.peer(id).commands).toEqual(['a', 'b']);
  });

  test('D2: a node that is in no configuration does not campaign when told to', () => {
    for (const confState of [{}, { voters: [2, 3] }, { voters: [2], learners: [1] }]) {
      const peer = new Peer(testConfig(1), storageWith(confState));
      peer.node.campaign();
      expect([peer.node.raft.role, peer.node.raft.term, peer.work()]).toEqual(['follower', 0, []]);
    }
  });

  test('D3: the entry that leaves a joint configuration goes out at once', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, change('l3', IMPLICIT));
    network.settle();
    // No heartbeat, no further proposal.
    for (const id of [1, 2]) expect(network.node(id).raft.tracker.conf.toString()).toBe('voters=(1 2) learners=(3)');
  });

  test('D3: and the next leader does it where the first one lost its lead before it had applied the change', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, change('l4', IMPLICIT));
    const [append] = network
      .peer(1)
      .work()
      .filter(({ to }) => to === 2);
    network.node(2).step(append as Message);
    network.peer(2).work();
    network.isolate(1);
    network.campaign(2);
    network.tick(2, 3);
    expect(network.node(2).raft.tracker.conf.toString()).toBe('voters=(1 2 3) learners=(4)');
  });

  test('D4: a peer that has everything and was unreachable is back in the stream after one heartbeat, without a new entry', () => {
    const network = Network.ofVoters(2);
    network.campaign(1);
    network.node(1).reportUnreachable(2);
    const last = network.node(1).raft.raftLog.lastIndex();
    network.tick(1);
    expect(network.node(1).raft.tracker.get(2)?.state).toBe('replicate');
    expect(network.node(1).raft.raftLog.lastIndex()).toBe(last);
  });

  test('D5: an answer to a heartbeat frees nothing of a full window', () => {
    const network = Network.ofVoters(2, { maxInflightMsgs: 2 });
    network.campaign(1);
    network.ignore(MessageType.APPEND);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.tick(1, 5);
    expect(network.node(1).raft.tracker.get(2)?.ins.count).toBe(2);
    network.recover();
    network.tick(1, 3);
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
  });

  test('D6: a member that comes to an empty log starts at its first entry', () => {
    const { node } = new Peer(testConfig(1), storageWith({ voters: [1] }));
    node.applyConfChange(change('v2'));
    expect(node.raft.raftLog.lastIndex()).toBe(0);
    expect(node.raft.tracker.get(2)?.nextIdx).toBe(1);
  });

  test('D7: what callers choose as the context of a read never decides which round an answer belongs to', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const context of ['same', 'same']) network.node(1).readIndex(bytes(context));
    const rounds = network
      .peer(1)
      .work()
      .filter(({ to }) => to === 2)
      .map(({ context }) => [...context]);
    expect(rounds).toHaveLength(2);
    expect(rounds[0]).not.toEqual(rounds[1]);
    // The answer to the first round releases the first read alone.
    network
      .node(1)
      .step(
        message(MessageType.HEARTBEAT_RESPONSE, { from: 2, to: 1, term: 1, context: Uint8Array.from(rounds[0] ?? []) }),
      );
    expect(network.node(1).raft.readOnly.pendingCount).toBe(1);
  });

  test('D8: the table of a committed index has a bar for whoever is ahead of somebody, equal ones being drawn once', () => {
    const acked = new Map([
      [1, 5],
      [2, 5],
      [3, 9],
    ]);
    expect(describeCommittedIndex([1, 2, 3], { ackedIndex: (id) => acked.get(id) }).split('\n')).toEqual([
      '       idx',
      '>        5    (id=1)',
      '>        5    (id=2)',
      'xx>      9    (id=3)',
      '',
    ]);
  });

  test('D9: a change is left by itself exactly where its transition says so', () => {
    for (const [transition, left] of [
      [AUTO, true],
      [IMPLICIT, true],
      [ConfChangeTransition.EXPLICIT, false],
    ] as const) {
      const network = Network.ofVoters(3);
      network.campaign(1);
      network.node(1).proposeConfChange(EMPTY, change('l2 l3', transition));
      network.settle();
      expect(network.node(1).raft.tracker.conf.isJoint()).toBe(!left);
    }
  });

  test('D10: a peer that reached the log by another snapshot than the one it was sent goes on', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.peer(1).compact();
    network.recover();
    network.ignore(MessageType.SNAPSHOT);
    network.tick(1, 2);
    const progress = network.node(1).raft.tracker.get(3);
    expect(progress?.state).toBe('snapshot');
    progress?.becomeSnapshot(99);
    network.recover();
    network
      .node(3)
      .step(
        message(MessageType.SNAPSHOT, { from: 1, to: 3, term: 1, snapshot: network.peer(1).storage.snapshot(0, 3) }),
      );
    network.settle();
    expect([progress?.state, progress?.matched]).toEqual(['replicate', 4]);
  });

  test('D11: the limit for applying ahead of the disk counts from the configuration on, for every leader', () => {
    const network = Network.ofVoters(3, { maxApplyUnpersistedLogLimit: 7 });
    for (const id of [1, 2]) {
      network.campaign(id);
      expect(network.node(id).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(7);
    }
    expect(network.node(1).raft.raftLog.maxApplyUnpersistedLogLimit).toBe(0);
  });

  test('D12: a change that was dropped for want of room is not waited for', () => {
    const network = Network.ofVoters(3, { maxUncommittedSize: 4, maxSizePerMsg: 4 });
    network.campaign(1);
    network.isolate(1);
    network.node(1).propose(EMPTY, bytes('full'));
    expect(() => network.node(1).proposeConfChange(EMPTY, change('v4'))).toThrow('raft proposal dropped');
    expect(network.node(1).raft.hasPendingConf).toBe(false);
  });

  test('D13: a leader is in its lease only while it hears from its quorum and hands over to nobody', () => {
    const network = Network.ofVoters(3, { checkQuorum: true });
    network.campaign(1);
    network.tick(1);
    expect([1, 2].map((id) => network.node(id).raft.inLease)).toEqual([true, false]);
    network.ignore(MessageType.TIMEOUT_NOW);
    network.node(1).transferLeader(2);
    expect(network.node(1).raft.inLease).toBe(false);
    network.node(1).transferLeader(1);
    expect(network.node(1).raft.inLease).toBe(true);
    network.isolate(1);
    network.tick(1, 10);
    expect([network.node(1).raft.role, network.node(1).raft.inLease]).toEqual(['leader', false]);
    const without = Network.ofVoters(3);
    without.campaign(1);
    expect(without.node(1).raft.inLease).toBe(false);
  });

  test('D14: no limit for applying ahead of the disk is a limit that can be counted with', () => {
    const network = Network.ofVoters(3, { maxApplyUnpersistedLogLimit: Number.MAX_SAFE_INTEGER });
    network.campaign(1);
    network.propose(1, 'x');
    for (const id of [1, 2, 3]) expect(network.peer(id).commands).toEqual(['x']);
  });

  test('D15: a follower that has the log just up to where it was compacted needs no snapshot', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.propose(1, 'a');
    network.isolate(3);
    network.peer(1).compact();
    network.propose(1, 'b');
    network.recover();
    network.tick(1, 2);
    expect(network.peer(3).commands).toEqual(['a', 'b']);
    expect(network.sent.some(({ msgType }) => msgType === MessageType.SNAPSHOT)).toBe(false);
  });

  test('D16: storage that fails while a node looks whether it may campaign keeps it from that, and does no more', () => {
    const storage = storageWith({ voters: [1, 2] }, [1, 1]);
    storage.setHardState({ term: 1, vote: 0, commit: 2 });
    const whole = storage.entries;
    storage.entries = () => {
      throw new Error('disk on fire');
    };
    const { node } = new Peer(testConfig(1), storage);
    node.campaign();
    expect([node.raft.role, node.raft.term]).toEqual(['follower', 1]);
    storage.entries = whole;
    node.campaign();
    expect(node.raft.role).toBe('candidate');
  });

  test('D17: misuse is told by a typed error, and the node is what it was', () => {
    const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }));
    peer.node.step(message(MessageType.APPEND, { from: 2, to: 1, term: 1, entries: [entry(1, 1)] }));
    const ready = peer.node.ready();
    expect(() => peer.node.ready()).toThrow(FatalRaftError);
    expect(() => peer.node.onPersistReady(1)).toThrow(FatalRaftError);
    peer.write(ready);
    peer.node.advance(ready);
    expect(() => peer.node.advance(ready)).toThrow(FatalRaftError);
    expect(() => peer.node.advanceApplyTo(5)).toThrow(FatalRaftError);
    expect(peer.node.raft.raftLog.persisted).toBe(1);
  });

  test('D18: the same inputs and the same seed make the same outputs, in ascending order of the peers', () => {
    const play = () => {
      const config = defaultConfig(1, seededRandom(7), silentLogger);
      const node = new RawNode(config, MemStorage.withConfState({ voters: [9, 1, 5, 3], learners: [7, 2] }));
      for (let ticks = 0; ticks < 45; ticks++) node.tick();
      const { messages, persistedMessages, hs } = node.ready();
      return { hs, sent: [...messages, ...persistedMessages] };
    };
    expect(play()).toEqual(play());
    expect(
      play()
        .sent.map(({ to }) => to)
        .slice(0, 3),
    ).toEqual([3, 5, 9]);
  });
});

test('a defect of etcd/raft: the status tells whether a joint configuration is left by itself', () => {
  const network = Network.of({ voters: [1, 2], votersOutgoing: [1, 3], autoLeave: true });
  expect(network.node(1).status().config.autoLeave).toBe(true);
});
