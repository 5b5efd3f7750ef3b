import { EMPTY, MemStorage, RawNode } from '../../src/raft/index.js';
import type { Gauge } from './harness.js';
import { benchConfig } from './memory-cluster.js';

/** Storage that counts how often it is asked. */
class CountingStorage extends MemStorage {
  asked = 0;

  override firstIndex(): number {
    this.asked++;
    return super.firstIndex();
  }

  override term(index: number): number {
    this.asked++;
    return super.term(index);
  }

  override entries(...args: Parameters<MemStorage['entries']>): ReturnType<MemStorage['entries']> {
    this.asked++;
    return super.entries(...args);
  }
}

/** How often one entry, alone in its round, makes the only voter ask its storage: what etcd/raft's `BenchmarkRawNode` counts. */
export function storageReads(entries: number): Gauge {
  return {
    name: 'storage reads of one entry: 1 voter, one entry a round',
    unit: 'reads',
    measure() {
      const storage = new CountingStorage();
      storage.initializeWithConfState({
        voters: [1],
        learners: [],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: false,
      });
      const node = new RawNode(benchConfig(1), storage);
      node.campaign();
      drain(node, storage);
      storage.asked = 0;
      for (let i = 0; i < entries; i++) {
        node.propose(EMPTY, EMPTY);
        drain(node, storage);
      }
      if (node.raft.raftLog.applied < entries) throw new Error('entries were not applied');
      return storage.asked / entries;
    },
  };
}

function drain(node: RawNode, storage: MemStorage): void {
  while (node.hasReady()) {
    const ready = node.ready();
    storage.append(ready.entries);
    if (ready.hs !== undefined) storage.setHardState(ready.hs);
    node.advance(ready);
    node.advanceApply();
  }
}
