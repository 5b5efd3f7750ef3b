import type { RaftctlError } from '../base/errors.js';
import type { ConfState } from '../gen/raft/v1/raft.js';
import { type NodeStatus, Role } from '../gen/raftctl/v1/cluster.js';
import type { Member } from '../gen/raftctl/v1/member.js';
import { explainAbsence } from './no-leader.js';
import { type Answer, type ClientContext, isAnswer, newestAnswer, type Probe, survey } from './survey.js';

/** One node as this client sees it: its own status, or why there is none. */
export interface NodeView {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  /** What the cluster knows of it; undefined for one that is no member. */
  readonly member: Member | undefined;
  readonly status: NodeStatus | undefined;
  readonly rttMs: number | undefined;
  /** How far its wall clock is ahead of this machine's. */
  readonly clockAheadMs: number | undefined;
  readonly error: RaftctlError | undefined;
}

/** Who answers where a member or an endpoint is, and is no node of this cluster: of another one, or of none, as after a change of its disk. */
export interface Stranger {
  readonly address: string;
  readonly id: number;
  /** Empty on a node that belongs to no cluster. */
  readonly clusterId: string;
  readonly incarnation: number;
}

/** A whole cluster as this client sees it, whether there is a leader or not. */
export interface ClusterView {
  readonly clusterId: string;
  readonly name: string;
  readonly incarnation: number;
  /** Of the newest configuration that any node has applied. */
  readonly configIndex: number;
  readonly confState: ConfState;
  /** The leader of the highest term, as it says itself. */
  readonly leader: NodeStatus | undefined;
  /** Every configured member, and nodes beyond that answered; by id. */
  readonly nodes: readonly NodeView[];
  /** Why there is no leader; undefined where there is one. */
  readonly absence: RaftctlError | undefined;
  readonly strangers: readonly Stranger[];
}

/**
 * Asks all nodes at once for their own view. Needs neither a leader nor a quorum.
 * @throws RaftctlError where no node answers, or none of those that do belongs to a cluster
 */
export async function viewCluster(context: ClientContext): Promise<ClusterView> {
  const { settings } = context;
  return viewOf(await survey(context, Date.now() + settings.timeoutMs), settings.discover);
}

/**
 * What the answers of all nodes come to.
 * @param discover whether every member was asked
 * @throws RaftctlError where no node answers, or none of those that do belongs to a cluster
 */
export function viewOf(probes: readonly Probe[], discover: boolean): ClusterView {
  const newest = newestAnswer(probes);
  if (newest === undefined || newest.status.clusterId === '') throw explainAbsence(probes, discover).error;
  const answers = probes.filter(isAnswer).filter((answer) => isKin(answer.status, newest.status));
  const leader = answers
    .map(({ status }) => status)
    .filter((status) => status.role === Role.LEADER)
    .sort((a, b) => (b.hardState?.term ?? 0) - (a.hardState?.term ?? 0))[0];
  const source = leader !== undefined && leader.configIndex >= newest.status.configIndex ? leader : newest.status;
  const members = new Map(source.members.map((member) => [member.id, member]));
  const confState = source.confState ?? emptyConfState;
  const configured = [confState.voters, confState.votersOutgoing, confState.learners, confState.learnersNext].flat();
  const ids = new Set([...configured, ...answers.map(({ status }) => status.id)]);
  return {
    clusterId: source.clusterId,
    name: source.clusterName,
    incarnation: source.incarnation,
    configIndex: source.configIndex,
    confState,
    leader,
    nodes: [...ids].sort((a, b) => a - b).map((id) => nodeView(id, members.get(id), probes, answers)),
    absence: leader === undefined ? explainAbsence(probes, discover).error : undefined,
    strangers: probes.filter(isAnswer).flatMap(({ address, status }) => {
      const { id, clusterId, incarnation } = status;
      return isKin(status, newest.status) ? [] : [{ address, id, clusterId, incarnation }];
    }),
  };
}

function isKin(status: NodeStatus, other: NodeStatus): boolean {
  return status.clusterId === other.clusterId && status.incarnation === other.incarnation;
}

const emptyConfState: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

function nodeView(
  id: number,
  member: Member | undefined,
  probes: readonly Probe[],
  answers: readonly Answer[],
): NodeView {
  const answer = answers.find(({ status }) => status.id === id);
  const address = member?.address ?? answer?.status.address ?? '';
  const name = member?.name || answer?.status.name || `n${id}`;
  const failed = probes.find((probe) => probe.address === address);
  return {
    id,
    name,
    address,
    member,
    status: answer?.status,
    rttMs: answer?.rttMs,
    clockAheadMs: answer?.clockAheadMs,
    error: answer !== undefined || failed === undefined || isAnswer(failed) ? undefined : failed.error,
  };
}
