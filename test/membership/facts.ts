import { features } from '../../src/base/features.js';
import { ConfState } from '../../src/gen/raft/v1/raft.js';
import { ChangeMembersRequest, type Member } from '../../src/gen/raftctl/v1/member.js';
import { type PlannedChange, type PlanningFacts, planChange } from '../../src/membership/index.js';

/** A member as it was bootstrapped. */
export function member(id: number): Member {
  return { id, name: `n${id}`, address: `10.0.0.${id}:7400`, addedIndex: 1 };
}

/** A healthy cluster with a steady leader, node 1 unless said otherwise, where all nodes are live and level. */
export function healthy(sets: Partial<ConfState>, differs: Partial<PlanningFacts> = {}): PlanningFacts {
  const confState = ConfState.create(sets);
  const ids = [
    ...new Set([...confState.voters, ...confState.votersOutgoing, ...confState.learners, ...confState.learnersNext]),
  ];
  const leader = differs.leader ?? 1;
  return {
    confState,
    configIndex: 118,
    members: ids.map(member),
    announced: [],
    leader,
    leaderForMs: 60_000,
    electionTimeoutMs: 1000,
    live: new Set(ids),
    progress: new Map(
      ids.filter((id) => id !== leader).map((id) => [id, { match: 5000, state: 'replicate' } as const]),
    ),
    commit: 5000,
    applied: 5000,
    firstIndex: 2,
    unappliedConfIndex: 0,
    runningChange: '',
    transferee: 0,
    snapshotBytes: 4096,
    maxLag: 1000,
    removed: [],
    said: new Map(),
    clusterId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
    incarnation: 1,
    version: '0.3.1',
    features,
    ...differs,
  };
}

/** A request as a command line makes it: `{ voters: [1, 3], peers: [4] }`. */
export interface Wanted extends Partial<Omit<ChangeMembersRequest, 'voters' | 'learners' | 'peers'>> {
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  /** Ids whose address is given. */
  readonly peers?: readonly number[];
}

export function request({ voters, learners, peers = [], ...rest }: Wanted): ChangeMembersRequest {
  return {
    ...ChangeMembersRequest.create(),
    ...rest,
    voters: voters && { ids: [...voters] },
    learners: learners && { ids: [...learners] },
    peers: peers.map((id) => ({ ...member(id), addedIndex: 0 })),
  };
}

export function plan(facts: PlanningFacts, wanted: Wanted): PlannedChange {
  return planChange(facts, request(wanted));
}
