import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { laterIncarnation } from './later-incarnation.js';
import type { PlacedNode, RestoredMember, RestorePlan, SnapshotFacts } from './restore-plan.js';

/** Incarnation of a cluster that was never recovered nor restored. */
const FIRST_INCARNATION = 1;

/** What the operator says. */
export interface RestoreWish {
  /** Who votes afterwards, and where; left out, with `learners`, the members of the snapshot where they were. */
  readonly voters?: readonly PlacedNode[] | undefined;
  readonly learners?: readonly PlacedNode[] | undefined;
  /** The latest incarnation that the cluster was ever of, where that is a later one than the snapshot's. */
  readonly latestIncarnation?: number | undefined;
  readonly by: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/**
 * How a cluster is made anew from a snapshot file: the same cluster, in a later incarnation, so that nodes of before and of after refuse each
 * other. What was written after the snapshot was taken is gone.
 * @throws RaftctlError E_JOINT where the snapshot is of a joint configuration and nobody says who is a member, E_USAGE for members that
 * make no sense, E_REFUSED
 */
export function planRestore(facts: SnapshotFacts, wish: RestoreWish): RestorePlan {
  const { clusterId, clusterName, stateMachine, configuration } = facts;
  const members = membersToBe(facts, wish);
  checkMembers(members);
  const idsOf = (role: RestoredMember['role']) => members.filter((member) => member.role === role).map(({ id }) => id);
  const confState = {
    voters: idsOf('voter'),
    votersOutgoing: [],
    learners: idsOf('learner'),
    learnersNext: [],
    autoLeave: false,
  };
  // One entry further, and in a term of its own: the state there is another one than the snapshot's.
  const start = { index: facts.index + 1, term: facts.term + 1, confState };
  const known = facts.incarnation ?? FIRST_INCARNATION;
  const before = Math.max(known, wish.latestIncarnation ?? known);
  const { createdAt, by, reason } = wish;
  const { sha256, bytes, index, term, incarnation } = facts;
  return {
    ...{ clusterId, clusterName, createdAt, by, reason, stateMachine },
    snapshot: { sha256, bytes, index, term, createdAt: facts.createdAt, incarnation },
    incarnation: { before, after: laterIncarnation(before, { sha256, start, members, createdAt }) },
    lastConfiguration: configuration,
    members,
    dropped: facts.members.filter(({ id }) => !members.some((member) => member.id === id)),
    start,
  };
}

function membersToBe(facts: SnapshotFacts, { voters, learners }: RestoreWish): readonly RestoredMember[] {
  const named = (role: RestoredMember['role'], nodes: readonly PlacedNode[]): RestoredMember[] =>
    nodes.map(({ id, address }) => {
      const name = facts.members.find((member) => member.id === id)?.name || `n${id}`;
      return { id, name, address, role };
    });
  if (voters !== undefined) {
    return [...named('voter', voters), ...named('learner', learners ?? [])].sort((a, b) => a.id - b.id);
  }
  if (learners !== undefined) throw new RaftctlError('E_USAGE', 'learners alone make no cluster: name the voters too');
  const { confState } = facts.configuration;
  if (confState.votersOutgoing.length > 0) throw joint(confState);
  const placed = (ids: readonly number[]) => facts.members.filter(({ id }) => ids.includes(id));
  return [...named('voter', placed(confState.voters)), ...named('learner', placed(confState.learners))].sort(
    (a, b) => a.id - b.id,
  );
}

function joint({ voters, votersOutgoing }: ConfState): RaftctlError {
  return new RaftctlError('E_JOINT', 'the snapshot is of a joint configuration: who is a member afterwards?', {
    facts: [`incoming {${voters.join(',')}}, outgoing {${votersOutgoing.join(',')}}`],
    hint: 'name them: --node ID=HOST:PORT for each voter, --learner ID=HOST:PORT',
  });
}

function checkMembers(members: readonly RestoredMember[]): void {
  if (!members.some(({ role }) => role === 'voter'))
    throw new RaftctlError('E_USAGE', 'a cluster needs at least one voter');
  const twice = <Value>(values: readonly Value[]) => values.find((value, at) => values.indexOf(value) !== at);
  const id = twice(members.map((member) => member.id));
  if (id !== undefined) throw new RaftctlError('E_USAGE', `node ${id} is named twice`);
  const address = twice(members.map((member) => member.address));
  if (address !== undefined) throw new RaftctlError('E_USAGE', `two nodes have the address ${address}`);
  const lost = members.find((member) => member.address === '');
  if (lost === undefined) return;
  throw new RaftctlError('E_REFUSED', `the snapshot does not say where node ${lost.id} listens`, {
    hint: 'name all members: --node ID=HOST:PORT',
  });
}
