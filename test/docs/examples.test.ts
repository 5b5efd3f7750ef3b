import { describe, expect, test } from 'vitest';
import { FiveNodeCluster, type Outcome } from '../../docs/examples/five-node-cluster.js';
import { type JournalRecord, JournalStorage } from '../../docs/examples/journal-storage.js';
import { SingleNode } from '../../docs/examples/single-node.js';
import { defaultConfig, EMPTY, RawNode, seededRandom, silentLogger } from '../../src/raft/index.js';
import { entry } from '../raft/network.js';
import { describeStorage, type StorageUnderTest } from '../storage/storage-contract.js';

describe('a single node in memory', () => {
  test('applies what is put, and tells each caller of its own', () => {
    const node = new SingleNode();
    const told: string[] = [];
    node.put('a', '1', () => told.push('a is 1'));
    node.put('b', '2', () => told.push('b is 2'));
    node.put('a', '3', () => told.push('a is 3'));
    expect(told).toEqual(['a is 1', 'b is 2', 'a is 3']);
    expect(Object.fromEntries(node.table)).toEqual({ a: '3', b: '2' });
  });
});

describe('five nodes in memory', () => {
  const ids = [1, 2, 3, 4, 5];

  test('elect a leader by ticking alone, and all apply what is put', () => {
    const cluster = new FiveNodeCluster();
    const outcomes: Outcome[] = [];
    cluster.put('colour', 'green', (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual(['applied']);
    for (const id of ids) expect(cluster.table(id).get('colour')).toBe('green');
  });

  test('go on when the leader is lost, and it catches up when it is back', () => {
    const cluster = new FiveNodeCluster();
    cluster.put('before', '1', () => {});
    const lost = cluster.elect();
    cluster.stop(lost);
    const next = cluster.elect();
    expect(next).not.toBe(lost);
    let outcome: Outcome | undefined;
    cluster.put('after', '2', (told) => {
      outcome = told;
    });
    expect(outcome).toBe('applied');
    cluster.start(lost);
    for (let ticks = 0; ticks < 10; ticks++) cluster.tick();
    expect(Object.fromEntries(cluster.table(lost))).toEqual({ before: '1', after: '2' });
  });

  test('commit nothing without a majority, and whoever waits learns that the outcome is unknown', () => {
    const cluster = new FiveNodeCluster();
    const leader = cluster.elect();
    const others = ids.filter((id) => id !== leader);
    for (const id of others.slice(0, 3)) cluster.stop(id);
    let outcome: Outcome | undefined;
    cluster.put('k', 'v', (told) => {
      outcome = told;
    });
    expect(outcome).toBeUndefined();
    for (let ticks = 0; ticks < 100 && outcome === undefined; ticks++) cluster.tick();
    expect(outcome).toBe('unknown');
    expect(cluster.leader).toBeUndefined();
  });
});

describe('a storage of one’s own', () => {
  test('brings a node back as it was, from its journal alone', () => {
    const journal: JournalRecord[] = [];
    const storage = new JournalStorage(journal);
    storage.setConfState({ voters: [1], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false });
    const node = nodeOver(storage);
    node.campaign();
    work(node, storage);
    for (const letter of ['a', 'b', 'c']) node.propose(EMPTY, new TextEncoder().encode(letter));
    work(node, storage);
    storage.takeSnapshot(3, new TextEncoder().encode('a, b'));
    storage.compact(2);

    const restored = new JournalStorage(journal);
    const again = nodeOver(restored);
    expect(again.raft.hardState).toEqual(node.raft.hardState);
    expect([restored.firstIndex(), restored.lastIndex(), restored.term(2)]).toEqual([3, 4, 1]);
    again.campaign();
    work(again, restored);
    expect(again.raft.role).toBe('leader');
    expect(again.raft.raftLog.committed).toBe(5);
  });

  function nodeOver(storage: JournalStorage): RawNode {
    return new RawNode(defaultConfig(1, seededRandom(1), silentLogger), storage);
  }

  function work(node: RawNode, storage: JournalStorage): void {
    while (node.hasReady()) {
      const ready = node.ready();
      storage.write(ready);
      const light = node.advance(ready);
      // Its log is going to be compacted, so the commit index must be there too.
      if (light.commitIndex !== undefined) storage.write({ ...ready, entries: [], hs: node.raft.hardState });
      node.advanceApply();
    }
  }

  describeStorage('the journal, as every storage', async () => onJournal([]));

  /** A log that is compacted behind entry 1 of term 1. */
  function onJournal(journal: JournalRecord[]): StorageUnderTest {
    const storage = new JournalStorage(journal);
    if (journal.length === 0) {
      storage.write({ snapshot: undefined, entries: [entry(1, 1)], hs: undefined });
      storage.compact(1);
    }
    const { confState } = storage.initialState();
    return {
      storage,
      append: async (entries) => storage.write({ snapshot: undefined, entries, hs: undefined }),
      compact: async (index) => storage.compact(index),
      install: async (index, term) =>
        storage.write({
          snapshot: { data: EMPTY, metadata: { index, term, confState } },
          entries: [],
          hs: undefined,
        }),
      takeSnapshot: async () => storage.takeSnapshot(storage.lastIndex(), EMPTY),
      restart: async () => onJournal(journal),
    };
  }
});
