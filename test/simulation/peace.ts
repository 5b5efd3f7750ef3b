import { NO_LIMIT } from '../../src/raft/config.js';
import { deliver } from './actions.js';
import { hold } from './ledger.js';
import type { SimNode } from './sim-node.js';
import type { Simulation } from './simulation.js';

/** Rounds of ticks, messages and writes within which a group at peace must agree: many election time-outs. */
const ROUNDS_MAX = 1500;

/** Rounds after which those are turned off that are no members any more. By then every node has heard of the newest term. */
const PATIENCE_ROUNDS = 200;

/**
 * Everything is repaired and nothing else goes wrong: every node is up, every message arrives, every write is flushed. Then a leader
 * must be found, a proposal committed, and every member come to the same log and state (I12). What was committed before must all be there.
 */
export function awaitPeace(simulation: Simulation): void {
  const { network, nodes, trace } = simulation;
  network.heal();
  network.faults = { lose: 0, duplicate: 0, reorder: 0 };
  for (const node of nodes) {
    node.input((raw) => raw.knobs.setMaxCommittedSizePerReady(NO_LIMIT));
    if (node.alive === undefined) node.start();
  }
  const committedBefore = simulation.ledger.committedIndex;
  let proposed: { readonly term: number; readonly index: number } | undefined;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    playRound(simulation);
    const raft = leaderOf(simulation)?.alive?.raft;
    if (raft === undefined) continue;
    if (round > PATIENCE_ROUNDS) turnOffStrangers(simulation, raft.tracker.conf.members());
    // One that was removed and has come back waits for a snapshot that knows it; applications make new ones now and then.
    if (round > PATIENCE_ROUNDS) simulation.nodes[raft.id - 1]?.compact();
    if (proposed?.term !== raft.term || raft.tracker.conf.isJoint()) {
      proposed = proposeLast(simulation, raft.id);
    } else if (simulation.ledger.committedIndex >= proposed.index && membersAgree(simulation)) {
      trace.record(`peace after ${round} rounds`);
      return;
    }
  }
  hold(
    false,
    'I12 the group agrees once it is left in peace',
    () => `${ROUNDS_MAX} rounds, ${committedBefore} were committed`,
  );
}

/** One tick for everybody, and all that follows from it. */
function playRound(simulation: Simulation): void {
  const { nodes } = simulation;
  for (const node of nodes) {
    simulation.act(() => {
      node.input((raw) => raw.tick());
      return `tick ${node.id}`;
    });
  }
  for (let deliveries = 0; deliveries < 500 && simulation.network.underWayCount > 0; deliveries++) {
    simulation.act(deliver);
    flushAll(simulation);
  }
  flushAll(simulation);
}

function flushAll({ nodes }: Simulation): void {
  for (const node of nodes) {
    while (node.disk.pendingCount > 0) node.flush(node.disk.pendingCount);
  }
}

/**
 * Nodes that were removed, as whoever runs them would: they go on campaigning, or leading others without taking proposals, and neither is
 * the group's to stop.
 */
function turnOffStrangers({ nodes }: Simulation, members: ReadonlySet<number>): void {
  for (const node of nodes) {
    if (node.alive !== undefined && !members.has(node.id)) node.crash(node.disk.pendingCount);
  }
}

/** The node that leads in the newest term that has a leader. */
function leaderOf({ nodes }: Simulation): SimNode | undefined {
  const leaders = nodes.filter(({ alive }) => alive?.raft.role === 'leader');
  return leaders.sort((left, right) => (right.alive?.raft.term ?? 0) - (left.alive?.raft.term ?? 0))[0];
}

/** Proposes a last command, or to leave a joint configuration that nobody else would leave. @returns what to wait for */
function proposeLast(simulation: Simulation, leaderId: number): { term: number; index: number } | undefined {
  const leader = simulation.nodes[leaderId - 1];
  if (leader?.alive === undefined) return undefined;
  const { raft } = leader.alive;
  if (raft.tracker.conf.isJoint()) {
    const leave = { transition: 0, changes: [], context: new Uint8Array() };
    if (leader.alive.confChangeRefusal(leave) === undefined) {
      leader.input((raw) => raw.proposeConfChange(new Uint8Array(), leave));
    }
    return undefined;
  }
  const before = raft.raftLog.lastIndex();
  leader.input((raw) => raw.propose(new Uint8Array(), simulation.freshData()));
  const index = raft.raftLog.lastIndex();
  return index > before ? { term: raft.term, index } : undefined;
}

/** Whether every member of the leader's configuration has applied all that is committed. */
function membersAgree(simulation: Simulation): boolean {
  const leader = leaderOf(simulation);
  if (leader?.alive === undefined) return false;
  const { committedIndex } = simulation.ledger;
  return [...leader.alive.raft.tracker.conf.members()].every(
    (id) => simulation.nodes[id - 1]?.disk.visible.applied.index === committedIndex,
  );
}
