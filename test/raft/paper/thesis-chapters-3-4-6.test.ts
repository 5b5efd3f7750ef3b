import { describe, expect, test } from 'vitest';
import { ConfChangeTransition, MessageType } from '../../../src/gen/raft/v1/raft.js';
import { parseConfChange } from '../../../src/raft/conf-change.js';
import type { Config } from '../../../src/raft/config.js';
import { EMPTY } from '../../../src/raft/messages.js';
import { bytes, Network, text } from '../network.js';

const change = (changes: string, transition = ConfChangeTransition.AUTO) => ({
  transition,
  changes: parseConfChange(changes),
  context: EMPTY,
});

/** Three voters, of which 1 leads, and 4, which belongs to no group. */
function led(settings: Partial<Config> = {}): Network {
  const network = Network.ofVoters(3, settings);
  network.campaign(1);
  network.peer(1).compact();
  network.addStranger(4, settings);
  return network;
}

function settleChange(network: Network, id: number, proposed: ReturnType<typeof change>): void {
  network.node(id).proposeConfChange(EMPTY, proposed);
  network.settle();
  network.tick(id, 3);
}

const configuration = (network: Network, id: number) => network.node(id).raft.tracker.conf.toString();

describe('§3.8 Persisted state and server restarts', () => {
  test('"each server persists its current term and vote; this is necessary to prevent the server from voting twice in the same term or replacing log entries from a newer leader"', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.campaign(2);
    network.powerCycle(3);
    expect([network.node(3).raft.term, network.node(3).raft.vote]).toEqual([2, 2]);
  });

  test('"If a server loses any of its persistent state, it cannot safely rejoin the cluster with its prior identity": it is removed and comes back under a new one', () => {
    const network = led();
    network.propose(1, 'x');
    settleChange(network, 1, change('v4 r3'));
    expect(configuration(network, 1)).toBe('voters=(1 2 4)');
    expect(network.peer(4).commands).toEqual(['x']);
  });
});

describe('§3.10 Leadership transfer extension', () => {
  test('1. "The prior leader stops accepting new client requests."', () => {
    const network = led();
    network.isolate(3);
    network.node(1).transferLeader(3);
    expect(() => network.node(1).propose(EMPTY, bytes('x'))).toThrow('raft proposal dropped');
  });

  test('2. "The prior leader fully updates the target server’s log to match its own", 3. and only then "sends a TimeoutNow request"', () => {
    const network = led();
    network.isolate(3);
    network.propose(1, 'x');
    network.recover();
    network.sent.length = 0;
    network.node(1).transferLeader(3);
    network.settle();
    network.tick(1);
    const toTarget = network.sent.filter(
      ({ from, to, entries, msgType }) =>
        from === 1 && to === 3 && (entries.length > 0 || msgType === MessageType.TIMEOUT_NOW),
    );
    expect(toTarget.map(({ msgType }) => msgType).slice(0, 2)).toEqual([MessageType.APPEND, MessageType.TIMEOUT_NOW]);
    expect(network.leader.raft.id).toBe(3);
  });

  test('"the target server … starts a new election (incrementing its term and becoming a candidate)", and is "highly likely to win"', () => {
    const network = led({ preVote: true, checkQuorum: true });
    network.node(1).transferLeader(2);
    network.settle();
    expect([network.leader.raft.id, network.leader.raft.term]).toEqual([2, 2]);
  });

  test('"If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer and resumes accepting client requests."', () => {
    const network = led();
    network.isolate(3);
    network.node(1).transferLeader(3);
    network.tick(1, 10);
    network.propose(1, 'resumed');
    expect(network.peer(2).commands).toEqual(['resumed']);
  });
});

describe('§4.1 Safety', () => {
  test('"a server … only appends a new configuration entry when the previous one is committed": and here applied', () => {
    const network = led();
    network.isolate(2);
    network.isolate(3);
    network.node(1).proposeConfChange(EMPTY, change('v4'));
    expect(network.node(1).confChangeRefusal(change('r2'))).toMatch(/^possible unapplied conf change/);
  });

  test('diverges: a configuration is used when it is applied, not "as soon as it is added to the server’s log", so that it need never be taken back', () => {
    const network = led();
    network.isolate(2);
    network.isolate(3);
    network.node(1).proposeConfChange(EMPTY, change('r3'));
    network.settle();
    expect(configuration(network, 1)).toBe('voters=(1 2 3)');
  });

  test('"it’s safe to grant votes to, and accept entries from, servers that are not in one’s latest configuration": a newcomer knows nobody', () => {
    const network = led();
    settleChange(network, 1, change('v4'));
    expect(configuration(network, 4)).toBe('voters=(1 2 3 4)');
    const stranger = network.addStranger(9);
    const append = network.sent.find(({ msgType, to }) => msgType === MessageType.APPEND && to === 2);
    if (append === undefined) throw new Error('nothing was sent');
    stranger.node.step({ ...append, to: 9 });
    expect(stranger.node.raft.leaderId).toBe(1);
  });
});

describe('§4.2 Availability', () => {
  test('§4.2.1 "the leader replicates entries to … a non-voting member, but it is not yet counted towards majorities"', () => {
    const network = led();
    settleChange(network, 1, change('l4'));
    network.isolate(2);
    network.isolate(3);
    network.propose(1, 'x');
    expect(network.peer(1).commands).toEqual([]);
    expect(
      network
        .node(1)
        .status()
        .progress.find(({ id }) => id === 4)?.isLearner,
    ).toBe(true);
  });

  test('§4.2.1 whether it has caught up is told by the status: what it lacks shrinks to nothing', () => {
    const network = led();
    settleChange(network, 1, change('l4'));
    network.isolate(4);
    for (const data of ['a', 'b', 'c']) network.propose(1, data);
    const lag = () =>
      network
        .node(1)
        .status()
        .progress.find(({ id }) => id === 4)?.lag;
    expect(lag()).toBe(3);
    network.recover();
    network.tick(1, 2);
    expect(lag()).toBe(0);
  });

  test('§4.2.2 "a leader that is removed from the configuration steps down once the C_new entry is committed"', () => {
    const network = led({ stepDownOnRemoval: true });
    settleChange(network, 1, change('r1'));
    expect(network.node(1).raft.role).toBe('follower');
    expect(configuration(network, 2)).toBe('voters=(2 3)');
  });

  test('§4.2.3 "if a server receives a RequestVote request within the minimum election timeout of hearing from a current leader, it does not update its term or grant its vote": removed servers disturb nobody', () => {
    const network = led({ checkQuorum: true });
    network.isolate(3);
    settleChange(network, 1, change('r3'));
    network.tick(3, 60);
    network.tick(1);
    network.recover();
    network.node(3).campaign();
    network.settle();
    expect([network.leader.raft.id, network.node(1).raft.term, network.node(2).raft.term]).toEqual([1, 1, 1]);
  });
});

describe('§4.3 Arbitrary configuration changes using joint consensus', () => {
  test('"Log entries are replicated to all servers in both configurations", and "Any server from either configuration may serve as leader"', () => {
    for (const id of [2, 4]) {
      const network = led();
      settleChange(network, 1, change('v4 r2', ConfChangeTransition.EXPLICIT));
      network.propose(1, 'to all');
      for (const one of [1, 2, 3, 4]) expect(network.peer(one).commands).toEqual(['to all']);
      network.campaign(id);
      expect(network.leader.raft.id).toBe(id);
    }
  });
});

describe('§6.2 Finding the leader', () => {
  test('"a leader in Raft steps down if an election timeout elapses without a successful round of heartbeats to a majority of its cluster"', () => {
    const network = led({ checkQuorum: true });
    network.isolate(1);
    network.tick(1, 20);
    expect([network.node(1).raft.role, network.node(1).raft.leaderId]).toEqual(['follower', 0]);
  });
});

describe('§6.4 Processing read-only queries more efficiently', () => {
  test('1. "If the leader has not yet marked an entry from its current term committed, it waits until it has done so."', () => {
    const network = led();
    network.ignore(MessageType.APPEND);
    network.campaign(2);
    network.node(2).readIndex(bytes('r'));
    network.settle();
    expect([network.leader.raft.id, network.node(2).raft.earlyReads.length]).toEqual([2, 1]);
    network.recover();
    network.tick(2, 2);
    expect(network.peer(2).readStates.map(({ index }) => index)).toEqual([2]);
  });

  test('2. "The leader saves its current commit index in a local variable readIndex": what is committed while the round goes on is not waited for', () => {
    const network = led();
    network.ignore(MessageType.HEARTBEAT_RESPONSE);
    network.node(1).readIndex(bytes('r'));
    network.settle();
    network.propose(1, 'later');
    network.recover();
    network.tick(1);
    expect(network.peer(1).readStates.map(({ index, requestContext }) => [index, text(requestContext)])).toEqual([
      [1, 'r'],
    ]);
  });

  test('3. "It issues a new round of heartbeats and waits for their acknowledgments from a majority of the cluster."', () => {
    const network = led();
    network.isolate(1);
    network.node(1).readIndex(bytes('r'));
    network.settle();
    expect(network.peer(1).readStates).toEqual([]);
    network.recover();
    network.isolate(3);
    network.tick(1);
    expect(network.peer(1).readStates).toHaveLength(1);
  });

  test('"the leader can amortize this cost: it can use a single round of heartbeats for any number of read-only queries that it has accumulated"', () => {
    const network = led();
    network.ignore(MessageType.HEARTBEAT);
    for (const context of ['a', 'b', 'c']) network.node(1).readIndex(bytes(context));
    network.settle();
    network.recover();
    network.sent.length = 0;
    network.tick(1);
    expect(network.sent.filter(({ msgType }) => msgType === MessageType.HEARTBEAT)).toHaveLength(2);
    expect(network.peer(1).readStates.map(({ requestContext }) => text(requestContext))).toEqual(['a', 'b', 'c']);
  });

  test('"Followers could also help offload the processing of read-only queries": they ask the leader for the index', () => {
    const network = led();
    network.propose(1, 'x');
    network.node(3).readIndex(bytes('r'));
    network.settle();
    expect(network.peer(3).readStates.map(({ index }) => index)).toEqual([2]);
  });

  test('§6.4.1 with clocks: "the leader … would extend its lease", and answers "without any additional communication"', () => {
    const network = led({ checkQuorum: true, readOnlyOption: 'lease-based' });
    network.tick(1);
    network.sent.length = 0;
    network.node(1).readIndex(bytes('r'));
    network.settle();
    expect(network.peer(1).readStates).toHaveLength(1);
    expect(network.sent).toEqual([]);
  });
});
