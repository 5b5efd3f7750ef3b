import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import type { ChangeMembersRequest, Member } from '../gen/raftctl/v1/member.js';
import type { CheckId } from './checks.js';
import type { PlanningFacts } from './planning-facts.js';

/** Nodes of a configuration, at most: every one costs the leader a stream, and more than a few voters make writes slow. */
export const MEMBERS_MAX = 64;

/** Who is to vote and who is to learn; both ascending, nobody in both. */
export interface TargetSets {
  readonly voters: readonly number[];
  readonly learners: readonly number[];
}

/** What a request comes to. */
export interface Target extends TargetSets {
  /** Members that are new, or whose name, address, zone or priority changes, in full. */
  readonly members: readonly Member[];
}

/** The sets of a configuration as they are once it is not joint any more. */
export function settledSets(confState: ConfState): TargetSets {
  return {
    voters: ascending(confState.voters),
    learners: ascending([...confState.learners, ...confState.learnersNext]),
  };
}

/**
 * What a request means. A set that it gives is the whole target; one that it leaves out stays as it is, less the ids that the other
 * takes. An address comes from the request, from the members, or from what a node announced of itself.
 *
 * @throws RaftctlError E_USAGE naming the id that is in both sets, is named twice, or has no address; or for a target without voters
 */
export function resolveTarget(facts: PlanningFacts, request: ChangeMembersRequest): Target {
  if (request.voters === undefined && request.learners === undefined && request.peers.length === 0) {
    throw usage('the change names neither voters nor learners nor peers');
  }
  const now = settledSets(facts.confState);
  const wantedVoters = checkedIds('voters', request.voters?.ids);
  const wantedLearners = checkedIds('learners', request.learners?.ids);
  const both = wantedVoters?.find((id) => wantedLearners?.includes(id));
  if (both !== undefined) throw usage(`node ${both} is named as a voter and as a learner`);

  const voters = wantedVoters ?? now.voters.filter((id) => !wantedLearners?.includes(id));
  const learners = wantedLearners ?? now.learners.filter((id) => !wantedVoters?.includes(id));
  if (voters.length === 0) throw usage('no voter would be left: a cluster needs at least one');
  const ids = ascending([...voters, ...learners]);
  if (ids.length > MEMBERS_MAX) throw usage(`${ids.length} nodes are more than the ${MEMBERS_MAX} of a cluster`);
  return { voters, learners, members: resolveMembers(facts, request, ids) };
}

/** Whether two targets have the same sets. */
export function sameSets(left: TargetSets, right: TargetSets): boolean {
  return left.voters.join() === right.voters.join() && left.learners.join() === right.learners.join();
}

/** In ascending order. */
export function ascending(ids: Iterable<number>): number[] {
  return [...ids].sort((left, right) => left - right);
}

function checkedIds(set: string, ids: readonly number[] | undefined): number[] | undefined {
  if (ids === undefined) return undefined;
  for (const [at, id] of ids.entries()) {
    if (!Number.isSafeInteger(id) || id < 1) throw usage(`${id} is not a node id: ids start at 1`);
    if (ids.indexOf(id) !== at) throw usage(`node ${id} is named twice among the ${set}`);
  }
  return ascending(ids);
}

function resolveMembers(facts: PlanningFacts, request: ChangeMembersRequest, ids: readonly number[]): Member[] {
  checkPeers(request.peers, ids);
  const changed: Member[] = [];
  const owners = new Map<string, number>();
  for (const id of ids) {
    const known = facts.members.find((member) => member.id === id);
    const resolved = resolveMember(facts, request, id, known);
    const owner = owners.get(resolved.address);
    if (owner !== undefined) throw usage(`nodes ${owner} and ${id} have the same address, ${resolved.address}`);
    owners.set(resolved.address, id);
    const fields = ['address', 'name', 'zone', 'priority'] as const;
    if (known === undefined || fields.some((field) => known[field] !== resolved[field])) changed.push(resolved);
  }
  return changed;
}

function resolveMember(
  facts: PlanningFacts,
  request: ChangeMembersRequest,
  id: number,
  known: Member | undefined,
): Member {
  const sources = [
    request.peers.find((peer) => peer.id === id),
    known,
    facts.announced.find((member) => member.id === id),
  ];
  const address = sources.find((source) => source !== undefined && source.address !== '')?.address;
  if (address === undefined) {
    const before = facts.removed.find(({ member }) => member?.id === id)?.member?.address;
    const hint = `add --peer ${id}=host:7400, or list members: raftctl member list`;
    const returning = `it was at ${before} before it left: add --peer ${id}=${before} if it is there again`;
    throw usage(`member ${id} has no known address`, before ? returning : hint);
  }
  const name = sources.find((source) => source !== undefined && source.name !== '')?.name ?? '';
  return {
    ...{ id, name, address, addedIndex: known?.addedIndex ?? 0 },
    zone: sources.find((source) => source?.zone !== undefined)?.zone,
    priority: sources.find((source) => source?.priority !== undefined)?.priority,
    instance: known === undefined ? returningInstance(facts, request, id) : known.instance,
    hasVoted: known?.hasVoted,
  };
}

/** A voter that left returns with the data directory that it had, unless somebody takes the risk that it comes with another one. */
function returningInstance(
  facts: PlanningFacts,
  { acceptRisks }: ChangeMembersRequest,
  id: number,
): string | undefined {
  if (acceptRisks.includes('id-reuse' satisfies CheckId)) return undefined;
  return facts.removed.find(({ member }) => member?.id === id)?.member?.instance;
}

function checkPeers(peers: readonly Member[], ids: readonly number[]): void {
  for (const [at, { id, address }] of peers.entries()) {
    if (peers.findIndex((peer) => peer.id === id) !== at) throw usage(`node ${id} is given two addresses`);
    if (!ids.includes(id)) throw usage(`node ${id} is given the address ${address}, but is in neither set`);
  }
}

function usage(message: string, hint?: string): RaftctlError {
  return new RaftctlError('E_USAGE', message, hint === undefined ? {} : { hint });
}
