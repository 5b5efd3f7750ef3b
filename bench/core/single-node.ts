import { seededRandom } from '../../src/base/random.js';
import { type Entry, MessageType } from '../../src/gen/raft/v1/raft.js';
import { EMPTY, MemStorage, newMessage, RawNode } from '../../src/raft/index.js';
import { JointConfig } from '../../src/raft/quorum/joint.js';
import { MajorityConfig } from '../../src/raft/quorum/majority.js';
import { Inflights } from '../../src/raft/tracker/inflights.js';
import { Progress } from '../../src/raft/tracker/progress.js';
import type { Benchmark } from './harness.js';
import { benchConfig, entriesOf, type Member, memberOf } from './memory-cluster.js';

/** Repeats what is too short to be timed once. */
function repeated(name: string, unit: string, times: number, prepare: () => () => void): Benchmark {
  return {
    name,
    unit,
    prepare() {
      const once = prepare();
      return {
        run() {
          for (let i = 0; i < times; i++) once();
          return times;
        },
      };
    },
  };
}

const groups: readonly (readonly [voters: number, learners: number])[] = [
  [0, 0],
  [3, 1],
  [5, 2],
  [7, 3],
];

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, at) => first + at);

/** raft-rs `Raft::new`. */
const construction = groups.map(([voters, learners]) =>
  repeated(`new RawNode: ${voters} voters, ${learners} learners`, 'node', 16, () => {
    const storage = MemStorage.withConfState({ voters: idsFrom(1, voters), learners: idsFrom(1 + voters, learners) });
    const config = benchConfig(1);
    return () => void new RawNode(config, storage);
  }),
);

/** raft-rs `Raft::campaign`, on nodes that are there already: theirs are made within the measured time. */
const campaigns = groups.slice(1).flatMap(([voters, learners]) =>
  (['', ', pre-vote', ', asked by the leader'] as const).map((way): Benchmark => {
    const timeoutNow = { ...newMessage(MessageType.TIMEOUT_NOW, 1), from: 2, term: 1 };
    const confState = { voters: idsFrom(1, voters), learners: idsFrom(1 + voters, learners) };
    return {
      name: `campaign: ${voters} voters, ${learners} learners${way}`,
      unit: 'campaign',
      prepare() {
        let nodes: RawNode[] = [];
        return {
          between() {
            nodes = idsFrom(0, 16).map(() => memberOf(1, confState, [], { preVote: way === ', pre-vote' }).node);
          },
          run() {
            if (way === ', asked by the leader') for (const node of nodes) node.step(timeoutNow);
            else for (const node of nodes) node.campaign();
            return nodes.length;
          },
        };
      },
    };
  }),
);

/** A leader that is the only voter. */
function soleLeader(): Member {
  const member = memberOf(1, { voters: [1] });
  member.node.campaign();
  drain(member);
  return member;
}

function drain({ node, storage }: Member): void {
  while (node.hasReady()) {
    const ready = node.ready();
    storage.append(ready.entries);
    if (ready.hs !== undefined) storage.setHardState(ready.hs);
    node.advance(ready);
    node.advanceApply();
  }
}

/** raft-rs `RawNode::leader_propose`: the call alone. What it appends is taken away between slices, so that it does not pile up. */
const KIB = 1024;
const proposals = [0, 32, 128, 512, KIB, 4 * KIB, 16 * KIB, 128 * KIB, 512 * KIB, KIB * KIB].map(
  (size): Benchmark => ({
    name: `propose: ${size} bytes`,
    unit: 'proposal',
    prepare() {
      const data = new Uint8Array(size);
      const context = new Uint8Array(8);
      let leader = soleLeader();
      return {
        between() {
          if (leader.storage.lastIndex() > 100_000) leader = soleLeader();
          drain(leader);
        },
        run() {
          for (let i = 0; i < 64; i++) leader.node.propose(context, data);
          return 64;
        },
      };
    },
  }),
);

/**
 * raft-rs `RawNode::ready` as it is advertised: 100 new and 100 committed entries of 32 KiB, and the messages for them. There the set-up
 * loses most of that; and no Ready, there or here, has a snapshot and committed entries at once.
 */
const readyCall: Benchmark = {
  name: 'ready: 100 new and 100 committed entries of 32 KiB, 200 messages',
  unit: 'Ready',
  prepare() {
    const data = new Uint8Array(32 * 1024);
    let { node, storage } = memberOf(1, { voters: [1, 2, 3] });
    const propose = () => {
      for (let i = 0; i < 100; i++) node.propose(EMPTY, data);
    };
    return {
      between() {
        ({ node, storage } = memberOf(1, { voters: [1, 2, 3] }, [], { maxInflightMsgs: 1024 }));
        node.campaign();
        carry({ node, storage });
        answer(node, 2, MessageType.REQUEST_VOTE_RESPONSE);
        carry({ node, storage });
        for (const id of [2, 3]) answer(node, id, MessageType.APPEND_RESPONSE);
        carry({ node, storage });
        propose();
        carry({ node, storage });
        propose();
        answer(node, 2, MessageType.APPEND_RESPONSE);
      },
      run() {
        const { entries, committedEntries, messages } = node.ready();
        if (entries.length !== 100 || committedEntries.length !== 100 || messages.length < 200) {
          throw new Error(`the Ready has ${entries.length}, ${committedEntries.length}, ${messages.length}`);
        }
        return 1;
      },
    };
  },
};

function carry({ node, storage }: Member): void {
  const ready = node.ready();
  storage.append(ready.entries);
  if (ready.hs !== undefined) storage.setHardState(ready.hs);
  node.advanceAppendAsync(ready);
  node.onPersistReady(ready.number);
  node.advanceApply();
}

/** A vote for the node, or an acknowledgement of all that is in its storage. */
function answer(node: RawNode, from: number, msgType: MessageType): void {
  const message = newMessage(msgType, node.raft.id);
  message.from = from;
  message.term = node.raft.term;
  message.index = node.store.lastIndex();
  node.step(message);
}

/** etcd/raft `BenchmarkRawNode/single-voter`: one proposal, and all that follows from it. */
const roundTrip: Benchmark = {
  name: 'propose, ready, advance: 1 voter, one entry a round',
  unit: 'entry',
  prepare() {
    const leader = soleLeader();
    const data = new Uint8Array(3);
    return {
      run() {
        for (let i = 0; i < 16; i++) {
          leader.node.propose(EMPTY, data);
          drain(leader);
        }
        return 16;
      },
    };
  },
};

/** etcd/raft `BenchmarkRawNode/two-voters`: the same with a peer that acknowledges everything at once. */
const roundTripOfTwo: Benchmark = {
  name: 'propose, ready, advance: 2 voters, one entry a round',
  unit: 'entry',
  prepare() {
    const leader = memberOf(1, { voters: [1, 2] });
    leader.node.campaign();
    carry(leader);
    answer(leader.node, 2, MessageType.REQUEST_VOTE_RESPONSE);
    const data = new Uint8Array(3);
    const acknowledgeAll = () => {
      carry(leader);
      answer(leader.node, 2, MessageType.APPEND_RESPONSE);
      carry(leader);
    };
    acknowledgeAll();
    return {
      run() {
        const before = leader.node.raft.raftLog.applied;
        for (let i = 0; i < 16; i++) {
          leader.node.propose(EMPTY, data);
          acknowledgeAll();
        }
        return leader.node.raft.raftLog.applied - before;
      },
    };
  },
};

/** etcd/raft `BenchmarkMajorityConfig_CommittedIndex`, and the same for two halves. */
const quorums = [1, 3, 5, 7, 9, 11].map((voters) =>
  repeated(`committedIndex: ${voters} voters`, 'call', 1024, () => {
    const config = new MajorityConfig(idsFrom(1, voters));
    const acked = ackedAtRandom(voters);
    return () => void config.committedIndex(acked);
  }),
);

const jointQuorum = repeated('committedIndex: 3 voters && 3 voters', 'call', 1024, () => {
  const config = new JointConfig(new MajorityConfig([1, 2, 3]), new MajorityConfig([3, 4, 5]));
  const acked = ackedAtRandom(5);
  return () => void config.committedIndex(acked);
});

function ackedAtRandom(voters: number) {
  const random = seededRandom(voters);
  const indexes = new Map(idsFrom(1, voters).map((id) => [id, Math.floor(random() * 2 ** 40)]));
  return { ackedIndex: (id: number) => indexes.get(id) };
}

/** etcd/raft `BenchmarkStatus`: whole, in short, and peer by peer. */
const statuses = [1, 3, 5, 100].flatMap((members) => {
  const leader = () => {
    const { node } = soleLeader();
    const newcomers = idsFrom(2, members - 1).map((nodeId) => ({ nodeId, changeType: 2 }));
    if (members > 1) node.applyConfChange({ transition: 0, changes: newcomers, context: EMPTY });
    return node;
  };
  const looks: Readonly<Record<string, (node: RawNode) => void>> = {
    status: (node) => void node.status(),
    basicStatus: (node) => void node.basicStatus(),
    withProgress: (node) => node.withProgress(() => {}),
  };
  return Object.entries(looks).map(([name, look]) =>
    repeated(`${name}: ${members} members`, 'call', 64, () => {
      const node = leader();
      return () => look(node);
    }),
  );
});

/** raft-rs `Progress::default`. */
const progress = repeated('new Progress', 'Progress', 1024, () => () => void new Progress(9, 10));

const WINDOW = 256;

/** A window of appends that fills, and is freed by one acknowledgement in four, as a follower that answers in batches does. */
const inflightWindow: Benchmark = {
  name: `inflights: window of ${WINDOW}, filled and freed`,
  unit: 'append',
  prepare() {
    const window = new Inflights(WINDOW);
    let index = 0;
    return {
      run() {
        while (!window.full()) window.add(++index, 1024);
        for (let acknowledged = index - WINDOW + 4; acknowledged <= index; acknowledged += 4)
          window.freeTo(acknowledged);
        if (window.count !== 0) throw new Error(`${window.count} appends are still under way`);
        return WINDOW;
      },
    };
  },
};

const SCANNED = 1_000_000;

/** The whole of a long log, in pages, as a node looks for changes of the configuration. */
const scan: Benchmark = {
  name: `scan: log of ${SCANNED.toLocaleString('en-US')}, pages of 64 KiB`,
  unit: 'entry',
  prepare() {
    const log: Entry[] = entriesOf(SCANNED, 1);
    const { raftLog } = memberOf(1, { voters: [1] }, log).node.raft;
    return {
      run() {
        let seen = 0;
        raftLog.scan(1, SCANNED + 1, 64 * 1024, { kind: 'transfer-leader' }, (page) => {
          seen += page.length;
          return true;
        });
        return seen;
      },
    };
  },
};

/** Time passes for nodes that have nothing to do. */
const idleTick: Benchmark = {
  name: 'tick: 1,000 idle followers of 3 voters',
  unit: 'tick',
  prepare() {
    // They may never campaign, or they would not be idle.
    const settings = { electionTick: 1_000_000_000 };
    const nodes = idsFrom(0, 1000).map(() => memberOf(1, { voters: [1, 2, 3] }, [], settings).node);
    return {
      run() {
        let ready = 0;
        for (const node of nodes) {
          node.tick();
          if (node.hasReady()) ready++;
        }
        if (ready > 0) throw new Error('an idle node has something to do');
        return nodes.length;
      },
    };
  },
};

/** What happens within one node. */
export const singleNodeBenchmarks: readonly Benchmark[] = [
  ...construction,
  ...campaigns,
  ...proposals,
  readyCall,
  roundTrip,
  roundTripOfTwo,
  ...quorums,
  jointQuorum,
  ...statuses,
  progress,
  inflightWindow,
  scan,
  idleTick,
];
