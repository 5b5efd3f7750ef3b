import type { Entry } from '../../src/gen/raft/v1/raft.js';
import { type Config, EMPTY } from '../../src/raft/index.js';
import type { Benchmark, Workload } from './harness.js';
import { entriesOf, MemoryCluster, memberOf, memberOver } from './memory-cluster.js';

const DATA = new Uint8Array(16);

/** Proposes batches on node 1, each committed and applied by everybody before the next. */
function replicating(cluster: MemoryCluster, members: number, batch: number): Workload {
  const leader = cluster.node(1);
  const proposals = Array.from({ length: batch }, () => ({ context: EMPTY, data: DATA }));
  return {
    run() {
      const before = cluster.applied;
      leader.proposeBatch(proposals);
      cluster.settle();
      return (cluster.applied - before) / members;
    },
  };
}

function replication(name: string, voters: number, batch: number, log = 0, settings: Partial<Config> = {}): Benchmark {
  return {
    name,
    unit: 'entry',
    prepare: () => replicating(MemoryCluster.ofVoters(voters, entriesOf(log, 1), settings), voters, batch),
  };
}

/** Three voters that get 64 proposals one by one, before anything is sent. */
const oneByOne = (batchAppend: boolean): Benchmark => ({
  name: `replicate: 3 voters, 64 single proposals${batchAppend ? ', batchAppend' : ''}`,
  unit: 'entry',
  prepare() {
    const cluster = MemoryCluster.ofVoters(3, [], { batchAppend });
    const leader = cluster.node(1);
    return {
      run() {
        const before = cluster.applied;
        for (let i = 0; i < 64; i++) leader.propose(EMPTY, DATA);
        cluster.settle();
        return (cluster.applied - before) / 3;
      },
    };
  },
});

/** A majority of both halves of a joint configuration must have every entry. */
const jointCommit: Benchmark = {
  name: 'replicate: voters (1 2 3)&&(3 4 5), batches of 64',
  unit: 'entry',
  prepare() {
    const confState = { voters: [1, 2, 3], votersOutgoing: [3, 4, 5] };
    return replicating(MemoryCluster.led(confState, [1, 2, 3, 4, 5]), 5, 64);
  },
};

const REPAIRED = 10_000;

/**
 * A follower whose uncommitted entries are all of other terms than the leader's: from the leader's election until it has the leader's log.
 * Terms change every 100 entries, so that it takes a hundred rounds of going back if terms are skipped, and ten thousand if not.
 */
const conflictRepair: Benchmark = {
  name: `repair: follower with ${REPAIRED} conflicting entries`,
  unit: 'entry',
  prepare() {
    const common = entriesOf(100, 1);
    const tail = (parity: number): Entry[] =>
      entriesOf(REPAIRED, 0, 101).map((entry, at) => ({ ...entry, term: 2 + 2 * Math.floor(at / 100) + parity }));
    const wrong = tail(0);
    const right = tail(1);
    let cluster = new MemoryCluster([]);
    return {
      between() {
        const voters = { voters: [1, 2, 3] };
        const members = [memberOf(1, voters, common), memberOf(2, voters, common), memberOf(3, voters, common)];
        const logs = [right, right, wrong];
        const restarted = members.map(({ storage }, at) => {
          storage.append(logs[at] ?? []);
          storage.setHardState({ term: 300, vote: 0, commit: common.length });
          return memberOver(at + 1, storage, common.length);
        });
        cluster = new MemoryCluster(restarted);
      },
      run() {
        cluster.node(1).campaign();
        cluster.settle();
        if (cluster.node(3).raft.raftLog.committed < REPAIRED) throw new Error('the follower was not repaired');
        return REPAIRED;
      },
    };
  },
};

/** A follower without a log gets a snapshot of a compacted one, installs it, and follows on. */
const snapshotPath: Benchmark = {
  name: 'snapshot: an empty follower is brought up to date',
  unit: 'snapshot',
  prepare() {
    const log = entriesOf(1000, 1);
    const confState = { voters: [1, 2], learners: [3], votersOutgoing: [], learnersNext: [], autoLeave: false };
    const data = new Uint8Array(64 * 1024);
    let cluster = new MemoryCluster([]);
    return {
      between() {
        const members = [memberOf(1, confState, log), memberOf(2, confState, log)];
        for (const { storage } of members) {
          storage.createSnapshot(log.length, confState, data);
          storage.compact(log.length);
        }
        cluster = new MemoryCluster([...members, memberOf(3, confState)]);
      },
      run() {
        cluster.node(1).campaign();
        cluster.settle();
        if (cluster.node(3).raft.raftLog.committed < log.length) throw new Error('no snapshot was installed');
        return 1;
      },
    };
  },
};

const reads = (name: string, perRound: number, settings: Partial<Config>): Benchmark => ({
  name,
  unit: 'read',
  prepare() {
    const cluster = MemoryCluster.ofVoters(3, [], settings);
    const leader = cluster.node(1);
    return {
      run() {
        const before = cluster.reads;
        for (let i = 0; i < perRound; i++) leader.readIndex(DATA);
        cluster.settle();
        return cluster.reads - before;
      },
    };
  },
});

/** What happens between nodes. */
export const replicationBenchmarks: readonly Benchmark[] = [
  replication('replicate: 3 voters, batches of 64', 3, 64),
  replication('replicate: 3 voters, batches of 64, log of 10,000', 3, 64, 10_000),
  replication('replicate: 3 voters, batches of 64, log of 1,000,000', 3, 64, 1_000_000),
  replication('replicate: 3 voters, batches of 1', 3, 1),
  replication('replicate: 5 voters, batches of 64', 5, 64),
  replication('replicate: 1 voter, batches of 64', 1, 64),
  oneByOne(false),
  oneByOne(true),
  jointCommit,
  conflictRepair,
  snapshotPath,
  reads('readIndex: 3 voters, safe, 64 a round', 64, {}),
  reads('readIndex: 3 voters, safe, one a round', 1, {}),
  reads('readIndex: 3 voters, lease-based, 64 a round', 64, { readOnlyOption: 'lease-based', checkQuorum: true }),
];
