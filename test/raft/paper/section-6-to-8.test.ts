import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import { EMPTY } from '../../../src/raft/messages.js';
import { bytes, message, Network, text } from '../network.js';

const explicitly = (changes: string) => ({
  transition: ConfChangeTransition.EXPLICIT,
  changes: parseConfChange(changes),
  context: EMPTY,
});

describe('§6 Cluster membership changes', () => {
  test('"Agreement (for elections and entry commitment) requires separate majorities from both the old and new configurations."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    // New nodes learn of the first configuration, which is no entry of the log, by a snapshot.
    network.peer(1).compact();
    for (const id of [4, 5]) network.addStranger(id);
    network.node(1).proposeConfChange(EMPTY, explicitly('r2 r3 v4 v5'));
    network.settle();
    network.tick(1);
    expect(network.node(1).raft.tracker.conf.toString()).toBe('voters=(1 4 5)&&(1 2 3)');

    network.isolate(4);
    network.isolate(5);
    network.propose(1, 'old half alone');
    expect(network.peer(1).commands).toEqual([]);
    network.recover();
    network.tick(1, 2);
    expect(network.peer(1).commands).toEqual(['old half alone']);

    network.isolate(2);
    network.isolate(3);
    network.propose(1, 'new half alone');
    expect(network.peer(1).commands).toEqual(['old half alone']);
    network.recover();
    network.tick(1, 2);
    expect(network.peer(1).commands).toEqual(['old half alone', 'new half alone']);
  });

  test('"new servers might not initially store any log entries … join the cluster as non-voting members"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.peer(1).compact();
    network.propose(1, 'before');
    network.addStranger(4);
    network.node(1).proposeConfChange(EMPTY, explicitly('l4'));
    network.settle();
    network.tick(1, 2);
    expect(network.peer(4).commands).toEqual(['before']);
    expect(network.node(4).raft.promotable).toBe(false);
  });

  test('"the leader … manages the cluster in which it is not itself included: it replicates log entries but does not count itself"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).proposeConfChange(EMPTY, {
      transition: ConfChangeTransition.AUTO,
      changes: parseConfChange('r1'),
      context: EMPTY,
    });
    network.node(1).propose(EMPTY, bytes('x'));
    network.settle();
    expect(network.node(1).raft.tracker.get(1)).toBeUndefined();
    expect(network.peer(2).commands).toEqual(['x']);
  });

  test('"If a server receives a RequestVote RPC within the minimum election timeout of hearing from a current leader, it does not … grant its vote"', () => {
    const network = Network.ofVoters(3, { checkQuorum: true });
    network.campaign(1);
    const before = network.node(2).raft.term;
    network.deliver(message(MessageType.REQUEST_VOTE, { from: 3, to: 2, term: 9, index: 99, logTerm: 9 }));
    expect(network.node(2).raft.term).toBe(before);
    expect(network.leader.raft.id).toBe(1);
  });
});

describe('§7 Log compaction', () => {
  test('"the leader must occasionally send snapshots to followers that lag behind" … where it "has already discarded the next log entry"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    network.peer(1).compact();
    network.recover();
    network.tick(1, 2);
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.SNAPSHOT)).toHaveLength(1);
    expect(text(network.peer(3).storage.snapshot(0, 0).data)).toBe('state at 4');
    network.propose(1, 'd');
    expect(network.peer(3).commands).toEqual(['d']);
  });

  test('"If the follower receives a snapshot that describes a prefix of its log … entries following the snapshot are still valid"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    const metadata = {
      index: 2,
      term: 1,
      confState: { voters: [1, 2, 3], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
    };
    network.deliver(message(MessageType.SNAPSHOT, { from: 1, to: 2, term: 1, snapshot: { data: EMPTY, metadata } }));
    expect(network.node(2).raft.raftLog.lastIndex()).toBe(4);
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
  });
});

describe('§8 Client interaction', () => {
  test('"each leader commit[s] a blank no-op entry into the log at the start of its term"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    expect(network.peer(2).applied.map(({ index, term, data }) => [index, term, data.length])).toEqual([[1, 1, 0]]);
  });

  test('"a leader must check whether it has been deposed before processing a read-only request"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(1);
    network.campaign(2);
    network.propose(2, 'newer');
    network.node(1).readIndex(bytes('read'));
    network.settle();
    expect(network.node(1).raft.role).toBe('leader');
    expect(network.peer(1).readStates).toEqual([]);
    network.node(2).readIndex(bytes('read'));
    network.settle();
    expect(network.peer(2).readStates.map(({ index }) => index)).toEqual([3]);
  });

  test('a leader does not know what is committed before its no-op is: reads wait for that', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.ignore(MessageType.APPEND);
    network.campaign(2);
    network.node(2).readIndex(bytes('early'));
    network.settle();
    expect(network.peer(2).readStates).toEqual([]);
    network.recover();
    network.tick(2, 2);
    expect(network.peer(2).readStates.map(({ index, requestContext }) => [index, text(requestContext)])).toEqual([
      [2, 'early'],
    ]);
  });
});
