import type { ConfState } from '../../src/gen/raft/v1/raft.js';
import type { CollectedNode, RecoveryWish, TermRange } from '../../src/recovery/index.js';

/** A configuration that is not joint. */
export function voters(...ids: number[]): ConfState {
  return { voters: ids, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
}

/** The log of a survivor in a few words: terms of its entries from index 2 on, since a cluster begins at index 1 of term 1. */
export interface Survivor {
  readonly id: number;
  readonly terms: readonly number[];
  readonly commit?: number;
  readonly term?: number;
  /** Entries up to here are compacted away. */
  readonly compacted?: number;
  readonly config?: ConfState;
  /** Configurations behind the first one, by index. */
  readonly changes?: Readonly<Record<number, ConfState>>;
}

const fiveVoters = voters(1, 2, 3, 4, 5);

/** What `recover collect` would have found. */
export function collected(survivor: Survivor): CollectedNode {
  const { id, terms, commit = 1, compacted = 1, config = fiveVoters, changes = {} } = survivor;
  const all = [1, ...terms];
  const termOf = (index: number) => all[index - 1] ?? 0;
  const last = all.length;
  const ranges: TermRange[] = [];
  for (let index = compacted + 1; index <= last; index++) {
    const run = ranges.at(-1);
    if (run?.term === termOf(index)) ranges[ranges.length - 1] = { ...run, last: index };
    else ranges.push({ term: termOf(index), first: index, last: index });
  }
  const configurations = Object.entries(changes).map(([index, confState]) => ({ index: Number(index), confState }));
  return {
    clusterId: '0123456789abcdef0123456789abcdef',
    clusterName: 'prod',
    incarnation: 1,
    nodeId: id,
    instance: '',
    stateMachine: 'kv',
    dataDir: `/data/${id}`,
    collectedAt: '2026-01-01T00:00:00.000Z',
    hardState: { term: survivor.term ?? termOf(last), vote: 0, commit },
    applied: { index: commit, term: termOf(commit) },
    log: { truncatedIndex: compacted, truncatedTerm: termOf(compacted), last, lastTerm: termOf(last), ranges },
    configurations: [{ index: 1, confState: config }, ...configurations],
    members: [1, 2, 3, 4, 5].map((n) => ({ id: n, name: `n${n}`, address: `10.0.0.${n}:7400` })),
    tail: all.flatMap((term, at) =>
      at + 1 > commit ? [{ index: at + 1, term, type: 'command' as const, size: 1 }] : [],
    ),
    snapshots: [],
    logDigest: `log ${all.join(' ')} from ${compacted}`,
    stateDigest: `state up to ${commit}`,
  };
}

/** What the operator says where nothing else matters. */
export function wish(lost: readonly number[], more: Partial<RecoveryWish> = {}): RecoveryWish {
  return { lost, by: 'op@host', reason: 'fire', createdAt: '2026-01-01T00:00:00.000Z', ...more };
}
