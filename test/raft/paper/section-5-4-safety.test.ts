import { describe, expect, test } from 'vitest';
import { MessageType } from '../../../src/gen/raft/v1/raft.js';
import { message, Network, Peer, storageWith, testConfig } from '../network.js';

describe('§5.4 Safety', () => {
  test.each([
    ['same last term, same length', [1], 1, 1, false],
    ['same last term, longer', [1], 1, 2, false],
    ['same last term, shorter', [1, 1], 1, 1, true],
    ['later last term, shorter', [1, 1], 2, 1, false],
    ['earlier last term, longer', [2], 1, 2, true],
    ['earlier last term, same length', [1, 2], 1, 2, true],
  ])(
    '§5.4.1 "the voter denies its vote if its own log is more up-to-date": candidate has %s',
    (_, log, logTerm, index, reject) => {
      const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, log));
      peer.node.step(message(MessageType.REQUEST_VOTE, { from: 2, to: 1, term: 3, index, logTerm }));
      expect(peer.work().map((answer) => answer.reject)).toEqual([reject]);
    },
  );

  test('§5.4.1 "the voting process prevents a candidate from winning an election unless its log contains all committed entries"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'committed');
    network.recover();
    network.isolate(1);
    network.campaign(3);
    expect(network.node(3).raft.role).not.toBe('leader');
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
    expect(network.peer(3).commands).toEqual(['committed']);
  });

  test('§5.4.2 "Raft never commits log entries from previous terms by counting replicas"', () => {
    for (const [acknowledged, committed] of [
      [1, 0],
      [2, 0],
      [3, 3],
    ]) {
      const peer = new Peer(testConfig(1), storageWith({ voters: [1, 2] }, [1, 2]));
      peer.node.campaign();
      peer.work();
      peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 2, to: 1, term: 3 }));
      peer.work();
      peer.node.step(message(MessageType.APPEND_RESPONSE, { from: 2, to: 1, term: 3, index: acknowledged as number }));
      expect(peer.node.raft.raftLog.committed).toBe(committed);
    }
  });

  test('§5.4.2 figure 8: an entry of an old term that is on a majority can still be overwritten, and was never applied', () => {
    const voters = [1, 2, 3, 4, 5];
    const network = new Network();
    // (c): S1 leads term 4 again, and has brought its entry of term 2 to S3; S5 holds one of term 3 at the same index.
    for (const [id, log] of [
      [1, [1, 2]],
      [2, [1, 2]],
      [3, [1, 2]],
      [4, [1]],
      [5, [1, 3]],
    ] as const) {
      const storage = storageWith({ voters }, log);
      storage.setHardState({ term: 4, vote: 0, commit: 1 });
      network.add(new Peer(testConfig(id), storage));
    }
    network.isolate(1);
    network.campaign(5);
    expect(network.leader.raft.id).toBe(5);
    for (const id of [2, 3, 4, 5]) expect(network.node(id).raft.raftLog.term(2)).toBe(3);
    expect(network.peer(2).applied.map(({ term }) => term)).not.toContain(2);
  });

  test('a leader counts its own copy only once that is durable', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const { node } = network.peer(1);
    node.propose(new Uint8Array(0), Uint8Array.of(1));
    const ready = node.ready();
    const index = ready.entries[0]?.index ?? 0;
    node.advanceAppendAsync(ready);
    network.peer(1).write(ready);
    expect(node.raft.tracker.get(1)?.matched).toBe(index - 1);
    node.onPersistReady(ready.number);
    expect(node.raft.tracker.get(1)?.matched).toBe(index);
  });

  test('an entry can be committed by the others alone, before the leader has it on its own disk, and is not applied there until then', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    const peer = network.peer(1);
    peer.node.propose(new Uint8Array(0), Uint8Array.of(1));
    const ready = peer.node.ready();
    peer.node.advanceAppendAsync(ready);
    peer.write(ready);
    const index = ready.entries[0]?.index ?? 0;
    for (const from of [2, 3]) {
      peer.node.step(message(MessageType.APPEND_RESPONSE, { from, to: 1, term: 1, index }));
    }
    expect(peer.node.raft.raftLog.committed).toBe(index);
    expect(peer.node.ready().committedEntries).toEqual([]);
  });
});
