import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { chooseBase, NOT_LATEST_BASE } from './choose-base.js';
import type { CollectedNode, ConfigurationAt, LogFacts } from './collected-node.js';
import { laterIncarnation } from './later-incarnation.js';
import { firstForeign, isFurther } from './log-order.js';
import type { EntryRange, JointChoice, PlannedSurvivor, RecoveryPlan } from './recovery-plan.js';
import { checkAccountedFor, checkOneCluster, checkQuorumIsLost, quorumsOf } from './refusals.js';
import { digestOf } from './sealed-document.js';

/** What the operator says. */
export interface RecoveryWish {
  /** Ids that are gone for good. */
  readonly lost: readonly number[];
  /** Whose log goes on; left out, the furthest that holds all that is known to be committed. */
  readonly base?: number | undefined;
  /** Voters afterwards, from among the survivors; left out, those that were voters. */
  readonly voters?: readonly number[] | undefined;
  /** Whose voters go on where the configuration is joint. */
  readonly fromJoint?: JointChoice | undefined;
  readonly acceptedRisks?: readonly string[];
  readonly by: string;
  readonly reason: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/**
 * What to do about a cluster whose quorum is gone for good: whose log goes on, what becomes committed by that, who is a voter
 * afterwards. Decides nothing about nodes that nobody has heard of, and nothing where the survivors can still help themselves.
 * @throws RaftctlError E_REFUSED with the facts; E_JOINT where one half must be chosen, E_NOT_JOINT where there are none
 */
export function planRecovery(collected: readonly CollectedNode[], wish: RecoveryWish): RecoveryPlan {
  // Of equals the lowest id is the base, in whatever order the files are named.
  const survivors = collected.toSorted((a, b) => a.nodeId - b.nodeId);
  const first = checkOneCluster(survivors);
  const base = chooseBase(survivors, wish.base, wish.acceptedRisks ?? []);
  const commit = Math.max(...survivors.map(({ hardState }) => hardState.commit));
  const last = newestConfiguration(base, Number.POSITIVE_INFINITY);
  // The base holds all that is known to be committed, so its log says which configuration that leads to.
  const inForce = newestConfiguration(base, commit);
  checkAccountedFor(inForce, survivors, wish.lost);
  checkQuorumIsLost(inForce, survivors);
  const confState = nextConfiguration(last.confState, survivors, wish);
  checkRisks(base, survivors, wish.acceptedRisks ?? []);
  const start = { index: base.log.last + 1, term: highestTerm(survivors) + 1, confState };
  const names = new Map([...survivors, base].flatMap(({ members }) => members.map((member) => [member.id, member])));
  return {
    clusterId: first.clusterId,
    clusterName: first.clusterName,
    createdAt: wish.createdAt,
    by: wish.by,
    reason: wish.reason,
    stateMachine: first.stateMachine,
    incarnation: { before: first.incarnation, after: incarnationAfter(first.incarnation, base, survivors, start) },
    lastConfiguration: last,
    agreed: survivors.every((node) => newestConfiguration(node, Number.POSITIVE_INFINITY).index === last.index),
    quorums: quorumsOf(inForce.confState, survivors),
    survivors: survivors.map((node) => ({ ...positionIn(node, base, confState), ...naming(names, node.nodeId) })),
    lost: wish.lost.toSorted((a, b) => a - b).map((id) => ({ id, ...naming(names, id) })),
    base: base.nodeId,
    commit,
    willCommit: rangeOf(commit + 1, base.log.last),
    willCommitEntries: base.tail.filter(({ index }) => index > commit),
    fromJoint: wish.fromJoint ?? null,
    acceptedRisks: [...(wish.acceptedRisks ?? [])],
    start,
  };
}

function incarnationAfter(
  before: number,
  base: CollectedNode,
  survivors: readonly CollectedNode[],
  start: RecoveryPlan['start'],
): number {
  const contents = survivors.map(contentDigest);
  return laterIncarnation(before, { base: base.nodeId, contents, start });
}

/** SHA-256 of all that a plan rests on. The term and the vote are not in it: they change each time a node is started. */
export function contentDigest({ clusterId, incarnation, nodeId, instance, ...node }: CollectedNode): string {
  const { hardState, applied, log, configurations, logDigest, stateDigest } = node;
  const { commit } = hardState;
  const identity = { clusterId, incarnation, nodeId, instance };
  return digestOf({ ...identity, commit, applied, log, configurations, logDigest, stateDigest });
}

/** Newest configuration of a log up to an index. */
function newestConfiguration({ configurations }: CollectedNode, upTo: number): ConfigurationAt {
  return configurations.findLast(({ index }) => index <= upTo) ?? none;
}

const none: ConfigurationAt = {
  index: 0,
  confState: { voters: [], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
};

function nextConfiguration(last: ConfState, survivors: readonly CollectedNode[], wish: RecoveryWish): ConfState {
  const alive = survivors.map(({ nodeId }) => nodeId);
  const candidates = votersToBe(last, wish.fromJoint);
  const voters = wish.voters?.toSorted((a, b) => a - b) ?? alive.filter((id) => candidates.includes(id));
  const stranger = voters.find((id) => !alive.includes(id));
  if (stranger !== undefined)
    throw new RaftctlError('E_REFUSED', `node ${stranger} is no survivor: it cannot be a voter`);
  if (voters.length === 0) {
    throw new RaftctlError('E_REFUSED', 'no voter survives', {
      facts: [`voters were ${candidates.join(', ')}; collected: ${alive.join(', ')}`],
      hint: `make voters of those that do: --voters ${alive.join(',')}`,
    });
  }
  const learners = alive.filter((id) => !voters.includes(id));
  return { voters, votersOutgoing: [], learners, learnersNext: [], autoLeave: false };
}

function votersToBe({ voters, votersOutgoing }: ConfState, choice: JointChoice | undefined): readonly number[] {
  const isJoint = votersOutgoing.length > 0;
  if (isJoint && choice === undefined) {
    throw new RaftctlError('E_JOINT', 'the last configuration is joint: which half goes on?', {
      facts: [`incoming {${voters.join(',')}}, outgoing {${votersOutgoing.join(',')}}`],
      hint: '--from-joint incoming, outgoing, or survivors for all voters of either half; what the other half has committed may be undone',
    });
  }
  if (!isJoint && choice !== undefined) {
    throw new RaftctlError('E_NOT_JOINT', 'the last configuration is not joint: leave --from-joint out');
  }
  switch (choice) {
    case 'outgoing':
      return votersOutgoing;
    case 'survivors':
      return [...voters, ...votersOutgoing];
    default:
      return voters;
  }
}

/** A risk that is accepted and not there is a mistake: the operator thinks of another situation. */
function checkRisks(base: CollectedNode, survivors: readonly CollectedNode[], accepted: readonly string[]): void {
  const latest = chooseBase(survivors, undefined, []);
  const needed = isFurther(latest.log, base.log) ? [NOT_LATEST_BASE] : [];
  const idle = accepted.find((risk) => !needed.includes(risk));
  if (idle === undefined) return;
  throw new RaftctlError('E_REFUSED', `--accept-risk ${idle}: there is no such risk here`, {
    hint: needed.length > 0 ? `the one that is here is ${needed.join(', ')}` : 'leave it out',
  });
}

function positionIn(
  node: CollectedNode,
  base: CollectedNode,
  { voters }: ConfState,
): Omit<PlannedSurvivor, 'name' | 'address'> {
  const { nodeId, log, hardState, logDigest } = node;
  return {
    id: nodeId,
    last: log.last,
    lastTerm: log.lastTerm,
    commit: hardState.commit,
    role: voters.includes(nodeId) ? 'voter' : 'learner',
    isBase: node === base,
    dropped: droppedFrom(log, base.log),
    content: contentDigest(node),
    logDigest,
  };
}

function droppedFrom(log: LogFacts, base: LogFacts): EntryRange | null {
  const first = firstForeign(log, base);
  return first === undefined ? null : rangeOf(first, log.last);
}

function rangeOf(first: number, last: number): EntryRange | null {
  return first > last ? null : { first, last };
}

function highestTerm(survivors: readonly CollectedNode[]): number {
  return Math.max(...survivors.flatMap(({ hardState, log }) => [hardState.term, log.lastTerm]));
}

function naming(
  names: ReadonlyMap<number, { readonly name: string; readonly address: string }>,
  id: number,
): { readonly name: string; readonly address: string } {
  const member = names.get(id);
  return { name: member?.name || `n${id}`, address: member?.address ?? '' };
}
