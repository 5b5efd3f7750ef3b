import { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { configuredIds } from '../raft/conf-state.js';
import { majority } from '../raft/quorum/quorum.js';
import { positionOf } from './choose-base.js';
import type { CollectedNode, ConfigurationAt } from './collected-node.js';
import type { RecoveryPlan } from './recovery-plan.js';

/**
 * Holds the collected files against each other: one cluster, one incarnation, one machine, each node once, none that was left behind.
 * @throws RaftctlError E_REFUSED
 */
export function checkOneCluster(survivors: readonly CollectedNode[]): CollectedNode {
  const [first] = survivors;
  if (first === undefined) throw new RaftctlError('E_REFUSED', 'nothing was collected: there is nobody to go on with');
  for (const key of ['clusterId', 'incarnation', 'stateMachine'] as const) {
    if (survivors.every((node) => node[key] === first[key])) continue;
    throw new RaftctlError('E_REFUSED', `the collected files are not of one cluster: their ${words[key]} differ`, {
      facts: survivors.map((node) => `node ${node.nodeId}: ${node[key]}`),
    });
  }
  for (const { nodeId, supersededBy } of survivors) {
    if (supersededBy !== undefined) throw recoveredWithout(nodeId, supersededBy);
  }
  const twice = survivors.find(({ nodeId }, at) => survivors.findIndex((other) => other.nodeId === nodeId) !== at);
  if (twice !== undefined) throw new RaftctlError('E_REFUSED', `node ${twice.nodeId} was collected twice`);
  return first;
}

/** Why a node takes part in no recovery: there was one already, and it goes on without this node. */
export function recoveredWithout(nodeId: number, incarnation: number): RaftctlError {
  return new RaftctlError('E_REFUSED', `the cluster was recovered without node ${nodeId}`, {
    facts: [`node ${nodeId} has heard from a member of incarnation ${incarnation}`],
    hint: `if a plan names node ${nodeId}, carry out that one; else raftctl node reset, and add it under a new id`,
  });
}

const words = { clusterId: 'cluster ids', incarnation: 'incarnations', stateMachine: 'state machines' } as const;

/**
 * Whether every node that could take part is accounted for, and nobody else: the members of the configuration in force, and of each later
 * one that a survivor has in its log. A change that nobody knows to be committed counts both ways, since it may have been overwritten
 * elsewhere: whom it takes out may vote still, and whom it brings in may vote already.
 * @param inForce the newest configuration that a survivor knows to be committed
 * @throws RaftctlError E_REFUSED
 */
export function checkAccountedFor(
  inForce: ConfigurationAt,
  survivors: readonly CollectedNode[],
  lost: readonly number[],
): void {
  const later = survivors.flatMap(({ configurations }) => configurations.filter(({ index }) => index > inForce.index));
  const ids = new Set([inForce, ...later].flatMap(({ confState }) => [...configuredIds(confState)]));
  const members = [...ids].sort((a, b) => a - b);
  const collected = survivors.map(({ nodeId }) => nodeId);
  const facts = [
    `members, by the configuration @${inForce.index} and all that follow it: ${members.join(', ')}`,
    ...survivors.map(positionOf),
  ];
  const refuse = (message: string, hint?: string): never => {
    throw new RaftctlError('E_REFUSED', message, hint === undefined ? { facts } : { facts, hint });
  };
  const both = lost.find((id) => collected.includes(id));
  if (both !== undefined) refuse(`node ${both} is named as lost, and was collected`);
  const stranger = collected.find((id) => !members.includes(id));
  if (stranger !== undefined) refuse(`node ${stranger} is not a member any more`, 'leave its file out');
  const unheardOf = lost.find((id) => !members.includes(id));
  if (unheardOf !== undefined) refuse(`node ${unheardOf} is named as lost, and was no member`);
  const forgotten = members.filter((id) => !collected.includes(id) && !lost.includes(id));
  if (forgotten.length > 0) {
    const which = forgotten.join(', ');
    refuse(
      `node ${which}: neither collected nor named as lost`,
      `stop it and collect it, or, if it is gone for good: --lost ${[...lost, ...forgotten].sort((a, b) => a - b).join(',')}`,
    );
  }
}

/** The majorities of a configuration, and how many of each are there. */
export function quorumsOf(
  { voters, votersOutgoing }: ConfState,
  survivors: readonly CollectedNode[],
): RecoveryPlan['quorums'] {
  const alive = new Set(survivors.map(({ nodeId }) => nodeId));
  return [voters, votersOutgoing]
    .filter((set) => set.length > 0)
    .map((set) => ({
      voters: set,
      needed: majority(set.length),
      surviving: set.filter((id) => alive.has(id)).length,
    }));
}

/**
 * Refuses where the survivors can elect a leader without any of this.
 *
 * A later configuration, which nobody knows to be committed, is not asked: a node counts by one only once it has applied it. Were a quorum
 * of such a one a reason to refuse, survivors of {1,2,3,4,5} that have {1,2} at the end of their logs could neither elect nor recover.
 * @param committed the newest configuration that a survivor knows to be committed: it decides who elects
 * @throws RaftctlError E_REFUSED
 */
export function checkQuorumIsLost(committed: ConfigurationAt, survivors: readonly CollectedNode[]): void {
  const quorums = quorumsOf(committed.confState, survivors);
  if (quorums.length === 0) {
    throw new RaftctlError('E_REFUSED', 'the survivors know of no configuration: they were never part of the cluster');
  }
  if (quorums.some(({ needed, surviving }) => surviving < needed)) return;
  const facts = quorums.map(
    ({ voters, needed, surviving }) => `${surviving} of {${voters.join(',')}} survive, ${needed} are needed`,
  );
  throw new RaftctlError('E_REFUSED', 'the quorum is not lost: the survivors can elect a leader', {
    facts,
    hint: 'start them, and then take the lost ones out: raftctl member change --voters …',
  });
}
