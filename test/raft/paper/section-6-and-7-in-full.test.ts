import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, type ConfState, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import { EMPTY, emptyConfState } from '../../../src/raft/messages.js';
import { bytes, entry, message, Network, Peer, storageWith, testConfig } from '../network.js';

const { AUTO, EXPLICIT } = ConfChangeTransition;

/** Three nodes that began their group in the log, led by 1, and two that wait to be let in. */
function group(): Network {
  const network = new Network();
  const peers = [1, 2, 3].map((id) => ({ id, context: EMPTY }));
  for (const id of [1, 2, 3]) network.addStranger(id).node.bootstrap(peers);
  for (const id of [4, 5]) network.addStranger(id);
  network.settle();
  network.campaign(1);
  return network;
}

function change(network: Network, id: number, changes: string, transition = AUTO): void {
  network.node(id).proposeConfChange(EMPTY, { transition, changes: parseConfChange(changes), context: EMPTY });
  network.settle();
}

describe('§6 Cluster membership changes', () => {
  test('"Once C_old,new has been committed, neither C_old nor C_new can make decisions without approval of the other"', () => {
    for (const silent of [
      [2, 3],
      [4, 5],
    ]) {
      const network = group();
      change(network, 1, 'v4 v5 r2 r3', EXPLICIT);
      expect(String(network.node(1).raft.tracker.conf)).toBe('voters=(1 4 5)&&(1 2 3)');
      for (const id of silent) network.isolate(id);
      network.propose(1, 'x');
      expect(network.peer(1).commands).toEqual([]);
      network.recover();
      network.tick(1, 2);
      expect(network.peer(1).commands).toEqual(['x']);
    }
  });

  test('"When the new configuration has been committed under the rules of C_new, the old configuration is irrelevant and servers not in the new configuration can be shut down."', () => {
    const network = group();
    change(network, 1, 'v4 v5 r2 r3');
    expect(String(network.node(1).raft.tracker.conf)).toBe('voters=(1 4 5)');
    for (const id of [2, 3]) network.isolate(id);
    network.propose(1, 'x');
    network.campaign(5);
    network.propose(5, 'y');
    for (const id of [1, 4, 5]) expect(network.peer(id).commands).toEqual(['x', 'y']);
  });

  test('"If the leader crashes, a new leader may be chosen under either C_old or C_old,new, depending on whether the winning candidate has received C_old,new"', () => {
    const network = group();
    network.cut(1, 3);
    change(network, 1, 'v4 v5', EXPLICIT);
    network.isolate(1);
    // 3 knows of no change: its configuration is the old one, and 2 has the longer log.
    network.campaign(3);
    expect(network.node(3).raft.role).not.toBe('leader');
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
    expect(network.node(2).raft.tracker.conf.isJoint()).toBe(true);
  });

  test('single changes by two leaders one after the other (the flaw that was corrected in 2015): only one comes into force, as a change counts from its commit on', () => {
    const network = group();
    change(network, 1, 'v4');
    expect(String(network.node(1).raft.tracker.conf)).toBe('voters=(1 2 3 4)');
    network.isolate(1);
    // Were it in force as soon as it is in the log, 1 and 5 and one more could decide.
    change(network, 1, 'v5');
    network.campaign(2);
    change(network, 2, 'r1');
    expect(String(network.node(2).raft.tracker.conf)).toBe('voters=(2 3 4)');
    network.recover();
    network.isolate(2);
    network.powerCycle(1);
    network.campaign(1);
    expect(network.node(1).raft.role).not.toBe('leader');
    network.campaign(3);
    network.propose(3, 'x');
    expect(network.leader.raft.id).toBe(3);
    expect(String(network.node(4).raft.tracker.conf)).toBe('voters=(2 3 4)');
    expect(network.node(1).raft.raftLog.committed).toBeLessThan(network.node(3).raft.raftLog.committed);
  });
});

describe('§7 Log compaction', () => {
  const snapshotOf = (index: number, term: number, confState: Partial<ConfState>) => ({
    data: bytes('state'),
    metadata: { index, term, confState: { ...emptyConfState(), ...confState } },
  });

  test('"each server takes snapshots independently, covering just the committed entries in its log"', () => {
    const network = group();
    for (const data of ['a', 'b']) network.propose(1, data);
    network.peer(2).compact();
    expect([1, 2, 3].map((id) => network.peer(id).storage.firstIndex())).toEqual([1, 7, 1]);
    network.propose(1, 'c');
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.SNAPSHOT)).toEqual([]);
  });

  test('"the last included index … and the last included term … are preserved to support the AppendEntries consistency check for the first log entry following the snapshot"', () => {
    const behind = (logTerm: number) => {
      const peer = new Peer(testConfig(2), storageWith({ voters: [1, 2] }));
      const snapshot = snapshotOf(9, 3, { voters: [1, 2] });
      peer.node.step(message(MessageType.SNAPSHOT, { from: 1, to: 2, term: 4, snapshot }));
      peer.work();
      peer.node.step(
        message(MessageType.APPEND, { from: 1, to: 2, term: 4, index: 9, logTerm, entries: [entry(10, 4)] }),
      );
      return peer.work().map(({ reject, index }) => [reject, index]);
    };
    expect(behind(3)).toEqual([[false, 10]]);
    expect(behind(2)).toEqual([[true, 9]]);
  });

  test('"the snapshot also includes the latest configuration in the log as of last included index"', () => {
    const network = group();
    change(network, 1, 'v4');
    network.peer(1).compact();
    change(network, 1, 'v5');
    network.tick(1, 2);
    const [sent] = network.sent.filter(({ msgType, to }) => msgType === MessageType.SNAPSHOT && to === 5);
    expect(sent?.snapshot?.metadata?.confState?.voters).toEqual([1, 2, 3, 4]);
    expect(String(network.node(5).raft.tracker.conf)).toBe('voters=(1 2 3 4 5)');
  });

  test('"Usually the snapshot will contain new information not already in the recipient’s log. In this case, the follower discards its entire log; it is all superseded by the snapshot and may possibly have uncommitted entries that conflict"', () => {
    const peer = new Peer(testConfig(2), storageWith({ voters: [1, 2] }, [1, 1, 2, 2]));
    const snapshot = snapshotOf(9, 3, { voters: [1, 2] });
    peer.node.step(message(MessageType.SNAPSHOT, { from: 1, to: 2, term: 4, snapshot }));
    peer.work();
    const { raftLog } = peer.node.raft;
    expect([raftLog.firstIndex(), raftLog.lastIndex(), raftLog.term(4), raftLog.term(9)]).toEqual([
      10,
      9,
      undefined,
      3,
    ]);
    expect(peer.applied).toEqual([]);
  });
});
