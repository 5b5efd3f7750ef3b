import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/gen/raft/v1/raft.js';
import { EMPTY } from '../../../src/raft/messages.js';
import { bytes, Network, text } from '../network.js';

/** What may happen to a group of three. */
const anyEvent = fc.record({
  happens: fc.constantFrom('campaign', 'propose', 'crash', 'tick', 'isolate', 'recover', 'replay'),
  id: fc.integer({ min: 1, max: 3 }),
});
type Event = typeof anyEvent extends fc.Arbitrary<infer One> ? One : never;

interface Entries {
  readonly terms: (number | undefined)[];
  readonly committed: number;
}

/** Plays events, and shows the group to `look` after each. */
function play(events: readonly Event[], look: (network: Network) => void): void {
  const network = Network.ofVoters(3);
  let number = 0;
  for (const { happens, id } of events) {
    if (happens === 'campaign') network.campaign(id);
    else if (happens === 'tick') network.tick(id, 2);
    else if (happens === 'crash') network.powerCycle(id);
    else if (happens === 'isolate') network.isolate(id);
    else if (happens === 'recover') network.recover();
    else if (happens === 'replay') network.deliver(...network.sent.filter(({ to, term }) => to === id && term > 0));
    else if (network.node(id).raft.role === 'leader') network.propose(id, `command ${++number}`);
    network.settle();
    look(network);
  }
}

function logOf(network: Network, id: number): Entries {
  const { raftLog } = network.node(id).raft;
  return {
    terms: Array.from({ length: raftLog.lastIndex() }, (_, i) => raftLog.term(i + 1)),
    committed: raftLog.committed,
  };
}

const anyHistory = fc.array(anyEvent, { maxLength: 30 });

describe('figure 3: "Raft guarantees that each of these properties is true at all times"', () => {
  test('Election Safety: "at most one leader can be elected in a given term"', () => {
    fc.assert(
      fc.property(anyHistory, (events) => {
        const leaders = new Map<number, number>();
        play(events, (network) => {
          for (const { node } of network.peers.values()) {
            if (node.raft.role !== 'leader') continue;
            expect(leaders.get(node.raft.term) ?? node.raft.id).toBe(node.raft.id);
            leaders.set(node.raft.term, node.raft.id);
          }
        });
      }),
    );
  });

  test('Log Matching: "if two logs contain an entry with the same index and term, then the logs are identical in all entries up through the given index"', () => {
    fc.assert(
      fc.property(anyHistory, (events) => {
        play(events, (network) => {
          const [first, ...others] = [1, 2, 3].map((id) => logOf(network, id).terms);
          for (const other of others) {
            const same = (first ?? []).findLastIndex((term, i) => term === other[i]);
            expect(other.slice(0, same + 1)).toEqual(first?.slice(0, same + 1));
          }
        });
      }),
    );
  });

  test('Leader Completeness: "if a log entry is committed in a given term, then that entry will be present in the logs of the leaders for all higher-numbered terms"', () => {
    fc.assert(
      fc.property(anyHistory, (events) => {
        let committed: (number | undefined)[] = [];
        play(events, (network) => {
          for (const id of [1, 2, 3]) {
            const log = logOf(network, id);
            if (log.committed > committed.length) committed = log.terms.slice(0, log.committed);
          }
          const leaders = [...network.peers.values()].filter(({ node }) => node.raft.role === 'leader');
          const highest = leaders.sort((left, right) => right.node.raft.term - left.node.raft.term)[0];
          if (highest === undefined) return;
          const { terms } = logOf(network, highest.id);
          // One that was elected before the entry was committed by a later leader need not have it.
          if (highest.node.raft.term >= (committed.at(-1) ?? 0))
            expect(terms.slice(0, committed.length)).toEqual(committed);
        });
      }),
    );
  });

  test('State Machine Safety: "if a server has applied a log entry at a given index to its state machine, no other server will ever apply a different log entry for the same index"', () => {
    fc.assert(
      fc.property(anyHistory, (events) => {
        const applied = new Map<number, string>();
        play(events, (network) => {
          for (const peer of network.peers.values()) {
            for (const { index, term, data } of peer.applied) {
              const entry = `${term} ${text(data)}`;
              expect(applied.get(index) ?? entry).toBe(entry);
              applied.set(index, entry);
            }
          }
        });
      }),
    );
  });
});

describe('§5.5 Follower and candidate crashes', () => {
  test('"If a follower or candidate crashes … Raft handles these failures by retrying indefinitely; if the crashed server restarts, then the RPC will complete successfully."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.isolate(3);
    for (const data of ['a', 'b']) network.propose(1, data);
    network.tick(1, 50);
    network.powerCycle(3);
    network.recover();
    network.tick(1, 2);
    expect(network.peer(3).commands).toEqual(['a', 'b']);
  });

  test('"If a server crashes after completing an RPC but before responding, then it will receive the same RPC again after it restarts. Raft RPCs are idempotent, so this causes no harm."', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    network.node(1).propose(EMPTY, bytes('once'));
    const append = network
      .peer(1)
      .work()
      .find(({ to }) => to === 2) as Message;
    network.node(2).step(append);
    const ready = network.node(2).ready();
    network.peer(2).write(ready);
    // Its answer is lost with it.
    network.powerCycle(2);
    network.deliver(append);
    network.tick(1, 2);
    expect(network.peer(2).commands).toEqual(['once']);
    expect(network.node(2).raft.raftLog.lastIndex()).toBe(2);
  });
});

describe('§5 figure 2: "Persistent state on all servers (updated on stable storage before responding to RPCs)"', () => {
  test('"currentTerm … increases monotonically" and "votedFor": who has voted votes for nobody else in that term after a crash', () => {
    const network = Network.ofVoters(3);
    network.isolate(3);
    network.node(1).campaign();
    const request = network
      .peer(1)
      .work()
      .find(({ to }) => to === 2) as Message;
    network.node(2).step(request);
    expect(
      network
        .peer(2)
        .work()
        .map(({ reject }) => reject),
    ).toEqual([false]);
    network.powerCycle(2);
    expect([network.node(2).raft.term, network.node(2).raft.vote]).toEqual([1, 1]);
    network.node(2).step({ ...request, from: 3 });
    expect(
      network
        .peer(2)
        .work()
        .map(({ reject }) => reject),
    ).toEqual([true]);
  });

  test('"commitIndex" and "lastApplied" are volatile: a server that has lost them learns them again', () => {
    const network = Network.ofVoters(3);
    network.campaign(1);
    for (const data of ['a', 'b']) network.propose(1, data);
    const { storage } = network.peer(2);
    storage.setHardState({ ...storage.hardState, commit: 0 });
    network.powerCycle(2);
    expect(network.node(2).raft.raftLog.committed).toBe(0);
    network.tick(1, 2);
    network.propose(1, 'c');
    expect(network.peer(2).commands).toEqual(['a', 'b', 'c']);
  });
});
