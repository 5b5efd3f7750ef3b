import { describe, expect, test } from 'vitest';
import { MessageType } from '../../src/gen/raft/v1/raft.js';
import type { Config } from '../../src/raft/config.js';
import type { StateRole } from '../../src/raft/raft.js';
import { message, Network, Peer, storageWith, testConfig } from './network.js';

const VOTERS = [1, 2, 3, 4, 5];

/** Nodes 1, 2, … of one group, each with a log of these terms; the term of a node is that of its last entry. */
function withLogs(logs: readonly (readonly number[])[], settings: Partial<Config> = {}, size = logs.length): Network {
  const network = new Network();
  const voters = VOTERS.slice(0, size);
  logs.forEach((log, i) => {
    network.add(new Peer(testConfig(i + 1, settings), storageWith({ voters }, log)));
  });
  return network;
}

const standing = (network: Network) =>
  [...network.peers.values()].map(({ node }) => `${node.raft.role} of ${node.raft.term}`);
const logTerms = ({ node: { raft } }: Peer) =>
  Array.from({ length: raft.raftLog.lastIndex() }, (_, i) => raft.raftLog.term(i + 1));

describe.each([
  ['without pre-vote', false],
  ['with pre-vote', true],
])('%s', (_, preVote) => {
  // A node that is not in the network is one that never answers.
  test.each([
    ['all three live', 3, 3, 'leader', 1],
    ['two of three live', 3, 2, 'leader', 1],
    ['one of three lives', 3, 1, preVote ? 'pre-candidate' : 'candidate', preVote ? 0 : 1],
    ['two of four live', 4, 2, preVote ? 'pre-candidate' : 'candidate', preVote ? 0 : 1],
    ['three of four live', 4, 3, 'leader', 1],
    ['three of five live', 5, 3, 'leader', 1],
  ])('an election: %s', (_name, size, alive, role, term) => {
    const empty: number[][] = Array.from({ length: alive }, () => []);
    const network = withLogs(empty, { preVote }, size);
    network.campaign(1);
    expect(standing(network)[0]).toBe(`${role} of ${term}`);
  });

  test('a candidate whose log is behind loses; without pre-vote it has raised the term all the same', () => {
    const network = withLogs([[], [1], [1, 1], [1], []], { preVote });
    network.campaign(1);
    expect(network.node(1).raft.role).toBe('follower');
    expect(network.node(1).raft.term).toBe(1);
    // With the highest log on one node only, any other with a majority behind it wins.
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
  });

  test('leadership goes round: each node in turn is elected over the one before', () => {
    const network = Network.ofVoters(3, { preVote });
    for (const id of [1, 2, 3, 1, 2, 3]) {
      network.campaign(id);
      expect([network.leader.raft.id, network.node(id).raft.leaderId]).toEqual([id, id]);
      const followers = [1, 2, 3].filter((other) => other !== id);
      for (const other of followers) expect(network.node(other).raft.role).toBe('follower');
    }
  });

  test('a new leader overwrites newer entries that were never committed', () => {
    // 1 won the first election, and brought its entry to nobody but 2; 3 won the second with 4 and 5, and its entry stayed with it; 4 and 5
    // have voted in that election, and know its term.
    const network = withLogs([[1], [1], [2], [], []], { preVote });
    for (const id of [4, 5]) {
      network.peer(id).storage.setHardState({ term: 2, vote: 3, commit: 0 });
      network.peers.set(id, network.peer(id).restarted());
    }
    network.campaign(1);
    // The first attempt fails for want of a term: with pre-vote it is told of it, without it finds out.
    expect(network.node(1).raft.role).toBe('follower');
    expect(network.node(1).raft.term).toBe(2);
    network.campaign(1);
    expect(standing(network)[0]).toBe('leader of 3');
    for (const peer of network.peers.values()) expect(logTerms(peer)).toEqual([1, 3]);
  });

  test.each<StateRole>(['follower', 'pre-candidate', 'candidate', 'leader'])(
    'a vote or a pre-vote may be given in any role: %s',
    (role) => {
      const network = Network.ofVoters(3, { preVote: role === 'pre-candidate' });
      if (role !== 'follower' && role !== 'leader') network.isolate(1);
      if (role !== 'follower') network.campaign(1);
      const { raft } = network.node(1);
      expect(raft.role).toBe(role);
      network.recover();
      const before = raft.term;
      const msgType = preVote ? MessageType.REQUEST_PRE_VOTE : MessageType.REQUEST_VOTE;
      network
        .node(1)
        .step(message(msgType, { from: 2, to: 1, term: before + 1, index: 42, logTerm: before + 1, priority: 0 }));
      const answer = network.peer(1).work().at(-1);
      expect([answer?.to, answer?.reject, answer?.term]).toEqual([2, false, before + 1]);
      // A real vote is a promise, a pre-vote is an opinion.
      expect([raft.role, raft.term]).toEqual(preVote ? [role, before] : ['follower', before + 1]);
      expect(raft.vote === 2).toBe(!preVote);
    },
  );
});

describe('candidates in each other’s way', () => {
  test('two candidates: the one that reached a majority leads, the other follows once it hears of a higher term', () => {
    const network = Network.ofVoters(3);
    network.cut(1, 3);
    network.campaign(1);
    network.campaign(3);
    expect(standing(network)).toEqual(['leader of 1', 'follower of 1', 'candidate of 1']);
    network.recover();
    // 3 raises the term, disturbs the leader, and loses, as its log is shorter.
    network.campaign(3);
    expect(standing(network)).toEqual(['follower of 2', 'follower of 2', 'follower of 2']);
    expect([1, 2, 3].map((id) => network.node(id).raft.raftLog.lastIndex())).toEqual([1, 1, 0]);
  });

  test('two pre-candidates: the loser disturbs nobody', () => {
    const network = Network.ofVoters(3, { preVote: true });
    network.cut(1, 3);
    network.campaign(1);
    network.campaign(3);
    expect(standing(network)).toEqual(['leader of 1', 'follower of 1', 'follower of 1']);
    network.recover();
    network.campaign(3);
    expect(standing(network)[0]).toBe('leader of 1');
    network.tick(1);
    expect(standing(network)).toEqual(['leader of 1', 'follower of 1', 'follower of 1']);
  });

  test('a candidate that hears from the leader of its term concedes, and takes what the leader has', () => {
    const network = Network.ofVoters(3);
    network.isolate(1);
    network.campaign(1);
    network.campaign(3);
    network.recover();
    network.tick(3);
    network.propose(3, 'force follower');
    expect(standing(network)).toEqual(['follower of 1', 'follower of 1', 'leader of 1']);
    expect(network.peer(1).commands).toEqual(['force follower']);
  });

  test.each([
    ['a heartbeat', MessageType.HEARTBEAT],
    ['an append', MessageType.APPEND],
  ])('a candidate of an older term takes the term of %s', (_, msgType) => {
    const network = Network.ofVoters(3);
    network.isolate(3);
    network.campaign(2);
    network.campaign(1);
    network.tick(3, 20);
    expect(network.node(3).raft.role).toBe('candidate');
    network.recover();
    network.deliver(message(msgType, { from: 1, to: 3, term: 2 }));
    expect([network.node(3).raft.role, network.node(3).raft.term, network.node(3).raft.leaderId]).toEqual([
      'follower',
      2,
      1,
    ]);
  });

  test('a split vote with pre-vote: nobody wins the term, and the next attempt decides', () => {
    const network = Network.ofVoters(3, { preVote: true });
    network.campaign(1);
    network.isolate(1);
    // Both get each other's pre-vote before either runs.
    for (const id of [2, 3]) network.node(id).campaign();
    network.settle();
    expect(standing(network).slice(1)).toEqual(['candidate of 2', 'candidate of 2']);
    network.campaign(2);
    expect(standing(network).slice(1)).toEqual(['leader of 3', 'follower of 3']);
  });

  test('a node of a smaller term can still be elected where pre-vote is on', () => {
    const network = Network.ofVoters(3, { preVote: true });
    network.campaign(1);
    network.isolate(3);
    network.campaign(2);
    network.tick(3, 40);
    expect(standing(network)).toEqual(['follower of 2', 'leader of 2', 'pre-candidate of 1']);
    network.recover();
    // Only 2 is gone now. 3 is behind in term and log: told of the term it does not disturb, and 1 is elected.
    network.isolate(2);
    network.campaign(3);
    expect(standing(network)[2]).toBe('follower of 2');
    network.campaign(3);
    network.campaign(1);
    expect(standing(network)[0]).toBe('leader of 3');
  });
});

describe('changing over to pre-vote', () => {
  /** Node 3 ran alone at high terms without pre-vote, and has it from now on; 1 leads, 2 follows. */
  function migrating(): Network {
    const network = Network.ofVoters(3, { preVote: false });
    network.campaign(1);
    network.isolate(3);
    network.propose(1, 'x');
    for (let round = 0; round < 4; round++) network.campaign(3);
    for (const id of [1, 2, 3]) {
      const restarted = network.peer(id).restarted({ preVote: true });
      network.peers.set(id, restarted);
    }
    network.campaign(1);
    network.recover();
    return network;
  }

  test('a pre-candidate that is ahead in term and behind in log still lets an election end', () => {
    const network = migrating();
    expect(network.node(3).raft.term).toBeGreaterThan(network.node(1).raft.term);
    network.isolate(1);
    network.campaign(3);
    network.campaign(2);
    // 3 has answered with its own term, so that 2 knows what to beat.
    network.campaign(2);
    expect(network.leader.raft.id).toBe(2);
    expect(network.leader.raft.term).toBeGreaterThan(5);
  });

  test('the one that is stuck at a higher term is freed by its leader’s step down', () => {
    const network = migrating();
    network.campaign(3);
    network.tick(1);
    // A heartbeat of a lower term was answered with the higher one.
    expect(network.node(1).raft.term).toBe(network.node(3).raft.term);
    expect(network.node(1).raft.role).toBe('follower');
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);
    expect(network.peer(3).commands).toEqual(['x']);
  });
});

describe('asking for a vote', () => {
  test.each([
    // role, index and term of the candidate's last entry, whom the voter has voted for, rejected
    ['follower', 0, 0, 0, true],
    ['follower', 1, 1, 0, true],
    ['follower', 0, 2, 0, true],
    ['follower', 3, 1, 0, true],
    ['follower', 2, 2, 0, false],
    ['follower', 3, 2, 0, false],
    ['follower', 1, 3, 0, false],
    ['follower', 3, 2, 2, false],
    ['follower', 3, 2, 1, true],
    ['leader', 3, 3, 1, true],
    ['candidate', 3, 3, 1, true],
    ['pre-candidate', 3, 3, 1, true],
  ])('a %s with log 2,2 is asked with %i of term %i, having voted for %i', (role, index, logTerm, vote, reject) => {
    const storage = storageWith({ voters: [1, 2, 3] }, [2, 2]);
    const term = 3;
    storage.setHardState({ term: role === 'follower' || role === 'pre-candidate' ? term : term - 1, vote, commit: 0 });
    const peer = new Peer(testConfig(1, { preVote: role === 'pre-candidate' }), storage);
    if (role !== 'follower') {
      peer.node.campaign();
      peer.work();
    }
    if (role === 'leader') {
      peer.node.step(message(MessageType.REQUEST_VOTE_RESPONSE, { from: 3, to: 1, term }));
      peer.work();
    }
    expect(peer.node.raft.role).toBe(role);
    peer.node.step(message(MessageType.REQUEST_VOTE, { from: 2, to: 1, term, index, logTerm }));
    expect(peer.work().map((answer) => [answer.msgType, answer.reject])).toEqual([
      [MessageType.REQUEST_VOTE_RESPONSE, reject],
    ]);
  });

  test.each<StateRole>(['follower', 'pre-candidate', 'candidate', 'leader'])(
    'a %s that hears of a higher term follows in it, knowing a leader only where one spoke',
    (role) => {
      for (const msgType of [MessageType.REQUEST_VOTE, MessageType.APPEND]) {
        const network = Network.ofVoters(3, { preVote: role === 'pre-candidate' });
        if (role !== 'leader') network.isolate(1);
        if (role !== 'follower') network.campaign(1);
        expect(network.node(1).raft.role).toBe(role);
        network.node(1).step(message(msgType, { from: 2, to: 1, term: 5, index: 0, logTerm: 0 }));
        const { raft } = network.node(1);
        expect([raft.role, raft.term, raft.leaderId]).toEqual(['follower', 5, msgType === MessageType.APPEND ? 2 : 0]);
        // A leader had an entry of its own, which the candidate lacks.
        expect(raft.vote).toBe(msgType === MessageType.REQUEST_VOTE && role !== 'leader' ? 2 : 0);
      }
    },
  );
});

describe('priority', () => {
  test.each([
    ['lower priority, longer log', 1, 2, [1, 1], [1], true],
    ['lower priority, same log', 1, 2, [1], [1], false],
    ['higher priority, same log', 2, 1, [1], [1], true],
    ['higher priority, shorter log', 2, 1, [1], [1, 1], false],
    ['no priorities', 0, 0, [1], [1], true],
  ])('%s', (_, candidate, voter, candidateLog, voterLog, wins) => {
    const network = withLogs([candidateLog, voterLog, voterLog]);
    network.node(1).knobs.setPriority(candidate);
    for (const id of [2, 3]) network.node(id).knobs.setPriority(voter);
    network.campaign(1);
    expect(network.node(1).raft.role === 'leader').toBe(wins);
  });

  test('holds back nobody whom the leader asks to take over: else a transfer would leave the group without a leader', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const id of [1, 2, 3]) network.node(id).knobs.setPriority(id === 3 ? -1 : 0);
    network.node(1).transferLeader(3);
    network.settle();
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([3, 2]);
  });

  test('can be changed at any time, and an old candidate still tells it in the old field', () => {
    const network = Network.ofVoters(3);
    for (const id of [1, 2, 3]) network.node(id).knobs.setPriority(id);
    network.campaign(1);
    expect(network.node(1).raft.role).not.toBe('leader');
    network.node(1).knobs.setPriority(3);
    network.campaign(1);
    expect(network.leader.raft.id).toBe(1);

    const voter = new Peer(testConfig(2, { priority: 5 }), storageWith({ voters: [1, 2] }));
    voter.node.step(message(MessageType.REQUEST_VOTE, { from: 1, to: 2, term: 1, deprecatedPriority: 5 }));
    expect(voter.work().map(({ reject }) => reject)).toEqual([false]);
  });
});
