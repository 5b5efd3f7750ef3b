import { seededRandom } from '../../../src/base/random.js';
import { hold } from '../ledger.js';
import { SimulatedClient } from './client.js';
import type { ClusterSimulation } from './cluster-simulation.js';
import { GOOD_NETWORK } from './network.js';
import type { SimulatedNode } from './node.js';

/** Election time-outs within which a cluster that is left in peace must agree: sixty of the slowest clock. */
const PEACE_ELECTIONS_MAX = 120;
/** Election time-outs that the last call of a run may take, and that are waited for it. */
const CALL_ELECTIONS_MAX = 5;
const WAIT_ELECTIONS_MAX = 15;
/** Between two looks whether it has come to that. */
const LOOK_MS = 250;

/**
 * Everything is repaired that can be, and nothing else goes wrong. Then a leader must be found, a joint configuration left, a write acknowledged
 * and read back, and every member have applied the same (I12). Where a quorum is lost for good, which the operators of this run can bring
 * about by leaving too few whole voters, nothing is owed, and it is counted.
 */
export async function awaitAgreement(simulation: ClusterSimulation): Promise<void> {
  const { network, nodes, time, counters } = simulation;
  network.heal();
  network.quality = GOOD_NETWORK;
  for (const { machine } of nodes) {
    machine.faults.isFull = false;
    machine.faults.stalledUntilMs = 0;
    machine.faults.failsNextFlush = false;
    machine.pausedUntilMs = time.nowMs;
  }
  const untilMs = time.nowMs + PEACE_ELECTIONS_MAX * simulation.electionMs;
  const world = { ...simulation.world, settings: { ...simulation.world.settings, lose: 0 } };
  const client = new SimulatedClient(world, seededRandom(simulation.nodes.length));
  let isProven = false;
  while (time.nowMs < untilMs) {
    for (const node of nodes) if (!node.machine.isOn && node.damage !== 'damaged') node.start();
    await simulation.advance(LOOK_MS);
    if (isQuorumLost(simulation)) {
      counters.add('quorum lost for good');
      return;
    }
    for (const node of nodes) lift(node);
    if (simulation.leader() === undefined) continue;
    if (simulation.configuration()?.votersOutgoing.length !== 0) continue;
    isProven ||= await proves(simulation, client);
    if (isProven && membersAgree(simulation)) {
      counters.add('agreed in peace');
      return;
    }
  }
  hold(false, 'I12 the cluster agrees once it is left in peace', () => describe(simulation, isProven));
}

/** What an operator has to lift by hand: changes that wait for it, nodes that were drained, and elections that are paused. */
function lift({ running, machine }: SimulatedNode): void {
  if (running === undefined) return;
  const { node, store } = running;
  const { drained, electionsPaused } = store.settings;
  machine.in(0, () => {
    if (drained) void node.undrain().catch(() => {});
    if (electionsPaused) void node.setElections(false).catch(() => {});
    if (store.applied.confState.votersOutgoing.length > 0) void node.leaveJoint('').catch(() => {});
  });
}

/** Whether so many voters are damaged that there can be no quorum any more. */
function isQuorumLost(simulation: ClusterSimulation): boolean {
  const configuration = simulation.configuration();
  if (configuration === undefined) return false;
  const isWhole = (id: number) => simulation.nodes[id - 1]?.damage === undefined;
  return [configuration.voters, configuration.votersOutgoing].some(
    (ids) => ids.length > 0 && ids.filter(isWhole).length * 2 <= ids.length,
  );
}

/** Whether a write is acknowledged, and read back. */
async function proves(simulation: ClusterSimulation, client: SimulatedClient): Promise<boolean> {
  let written: boolean | undefined;
  const key = 'last';
  const patienceMs = CALL_ELECTIONS_MAX * simulation.electionMs;
  const asked = client
    .call(key, { f: 'write', value: `last ${simulation.time.nowMs}` }, patienceMs)
    .then(async (answer) => {
      written = answer !== undefined && (await client.call(key, { f: 'read' }, patienceMs)) !== undefined;
    });
  asked.catch((thrown: unknown) => simulation.fail(thrown instanceof Error ? thrown : new Error(String(thrown))));
  await simulation.advance(WAIT_ELECTIONS_MAX * simulation.electionMs, () => written !== undefined);
  return written === true;
}

/** Whether every whole member has applied all that is committed. */
function membersAgree(simulation: ClusterSimulation): boolean {
  const configuration = simulation.configuration();
  if (configuration === undefined) return false;
  return [...configuration.voters, ...configuration.learners].every((id) => {
    const node = simulation.nodes[id - 1];
    if (node?.damage !== undefined) return true;
    return node?.running?.store.flushedApplied === simulation.ledger.committedIndex;
  });
}

function describe(simulation: ClusterSimulation, isProven: boolean): string {
  const states = simulation.nodes.map(({ id, running, damage, machine }) => {
    if (running === undefined) return `n${id} ${damage ?? 'down'} ${machine.isOn ? 'on' : 'off'}`;
    const { role, term, raftLog } = running.node['context'].core.raft;
    return `n${id} ${damage ?? ''} ${role} ${term}: ${raftLog.applied}/${raftLog.committed}/${raftLog.lastIndex()}`;
  });
  const { committedIndex } = simulation.ledger;
  return `${isProven ? 'a write was acknowledged' : 'no write was acknowledged'}, ${committedIndex} committed, ${JSON.stringify(simulation.configuration())}; ${states.join('; ')}`;
}
