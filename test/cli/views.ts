import { RaftctlError } from '../../src/base/errors.js';
import type { ClusterView, NodeView } from '../../src/client/index.js';
import type { ConfState } from '../../src/gen/raft/v1/raft.js';
import { NodeStatus, PeerProgress, ProgressState, Role } from '../../src/gen/raftctl/v1/cluster.js';
import type { Member } from '../../src/gen/raftctl/v1/member.js';

const stable: ConfState = { voters: [1, 2, 3], learners: [4], votersOutgoing: [], learnersNext: [], autoLeave: false };
const log = { first: 101, last: 2000, lastTerm: 7, commit: 2000, applied: 2000, persisted: 2000, bytes: 1024 ** 2 };

function status(id: number, role: Role): NodeStatus {
  return NodeStatus.fromPartial({
    id,
    name: `n${id}`,
    address: `10.0.0.${id}:7400`,
    clusterId: '7c1f04be9d2a55e1',
    version: '0.9.0',
    role,
    hardState: { term: 7 },
    leader: 1,
    configIndex: 118,
    confState: stable,
    log,
    storage: { dbBytes: 2 * 1024 ** 2, diskFreeBytes: 1024 ** 4 },
    load: { flushP99Ms: 11, applyP99Ms: 0.3, cpuShare: 0.18 },
  });
}

function tracker(id: number): PeerProgress {
  return PeerProgress.fromPartial({
    id,
    state: ProgressState.REPLICATE,
    match: 2000,
    next: 2001,
    inflightMax: 256,
    recentActive: true,
    learner: id === 4,
  });
}

function memberOf(id: number): Member {
  return { id, name: `n${id}`, address: `10.0.0.${id}:7400`, addedIndex: 1, zone: id === 3 ? 'b' : 'a' };
}

function node(own: NodeStatus): NodeView {
  return {
    id: own.id,
    name: own.name,
    address: own.address,
    member: memberOf(own.id),
    status: own,
    rttMs: 3,
    clockAheadMs: 0,
    error: undefined,
  };
}

function down(id: number): NodeView {
  const address = `10.0.0.${id}:7400`;
  const error = new RaftctlError('E_CONN_REFUSED', `${address} refused the connection`);
  return {
    id,
    name: `n${id}`,
    address,
    member: memberOf(id),
    status: undefined,
    rttMs: undefined,
    clockAheadMs: undefined,
    error,
  };
}

/** Three voters and a learner, all up; node 1 has led for half a minute. */
export function steady(): ClusterView {
  const leader = status(1, Role.LEADER);
  leader.leaderForMs = 30_000;
  leader.progress = [1, 2, 3, 4].map(tracker);
  leader.links = [2, 3, 4].map((id) => ({
    id,
    address: `10.0.0.${id}:7400`,
    connected: true,
    lastSeenMs: 41,
    rttMs: 0.4,
    error: '',
  }));
  return {
    clusterId: '7c1f04be9d2a55e1',
    name: 'prod',
    incarnation: 1,
    configIndex: 118,
    confState: stable,
    leader,
    nodes: [leader, status(2, Role.FOLLOWER), status(3, Role.FOLLOWER), status(4, Role.LEARNER)].map(node),
    absence: undefined,
    strangers: [],
  };
}

/** The same with voter 3 gone for twelve minutes. */
export function oneDown(): ClusterView {
  const view = steady();
  for (const peer of view.leader?.progress ?? []) {
    if (peer.id !== 3) continue;
    Object.assign(peer, {
      state: ProgressState.PROBE,
      match: 1500,
      next: 1501,
      recentActive: false,
      needsSnapshot: true,
    });
  }
  for (const link of view.leader?.links ?? []) if (link.id === 3) link.lastSeenMs = 724_000;
  return { ...view, nodes: view.nodes.map((member) => (member.id === 3 ? down(3) : member)) };
}

/** Node 1 alone, which nobody elects. */
export function leaderless(): ClusterView {
  const view = steady();
  const alone = { ...status(1, Role.CANDIDATE), leader: 0 };
  return {
    ...view,
    leader: undefined,
    nodes: [node(alone), down(2), down(3), down(4)],
    absence: new RaftctlError('E_NO_QUORUM', 'no leader — 1 of 3 voters is reachable, 2 are needed'),
  };
}

/** On the way from voters 1,2,3 to voters 1,4 and learner 3, to be left by hand. */
export function joint(): ClusterView {
  const confState: ConfState = {
    voters: [1, 4],
    votersOutgoing: [1, 2, 3],
    learners: [],
    learnersNext: [3],
    autoLeave: false,
  };
  return { ...steady(), configIndex: 119, confState };
}
