import { type Random, randomInt } from '../../../src/base/random.js';
import type { ClusterSimulation } from './cluster-simulation.js';
import type { SimulatedNode } from './node.js';

/** Something bad that is done to a cluster. @returns what, in a few words; undefined where it could not be done */
export type Fault = (simulation: ClusterSimulation) => string | undefined;

/** All faults there are, by the name under which profiles weigh them and counters count them. */
export const FAULTS = {
  'process crash': (simulation) => {
    const node = oneOf(
      simulation.random,
      simulation.nodes.filter(({ machine }) => machine.isOn),
    );
    node?.crash();
    return node && `crash n${node.id}`;
  },
  'all processes crash': ({ nodes }) => {
    for (const node of nodes) node.crash();
    return 'crash all';
  },
  'process start': (simulation) => {
    const node = oneOf(
      simulation.random,
      simulation.nodes.filter(({ machine }) => !machine.isOn),
    );
    node?.start();
    return node && `start n${node.id}`;
  },
  'process pause': ({ random, nodes, time, electionMs }) => {
    const node = oneOf(
      random,
      nodes.filter(({ isUp }) => isUp),
    );
    if (node === undefined) return undefined;
    const ms = Math.floor(random() * 4 * electionMs);
    node.machine.pausedUntilMs = time.nowMs + ms;
    return `pause n${node.id} for ${ms} ms`;
  },
  partition: ({ random, nodes, network }) => {
    const side = nodes.map(({ id }) => id).filter(() => random() < 0.5);
    for (const { id } of nodes) {
      if (side.includes(id)) continue;
      for (const other of side) network.isolate(id, other);
    }
    return `partition ${side}`;
  },
  'leader cut off': (simulation) => {
    const { nodes, network } = simulation;
    const leader = simulation.leader();
    if (leader === undefined) return undefined;
    for (const { id } of nodes) network.isolate(id, leader.id);
    return `cut off leader n${leader.id}`;
  },
  'leader silenced': (simulation) => {
    const leader = simulation.leader();
    if (leader === undefined) return undefined;
    for (const { id } of simulation.nodes) simulation.network.cut(leader.id, id);
    return `silence leader n${leader.id}`;
  },
  'transfer into a cut link': (simulation) => {
    const leader = simulation.leader();
    const voters = simulation.configuration()?.voters.filter((id) => id !== leader?.id) ?? [];
    const heir = oneOf(simulation.random, voters);
    if (leader?.running === undefined || heir === undefined) return undefined;
    const { node } = leader.running;
    leader.machine.in(0, () => void node.transferLeader(heir, undefined).catch(() => {}));
    simulation.network.cut(leader.id, heir);
    simulation.time.in(0.3 * simulation.electionMs, () => simulation.network.mend(leader.id, heir));
    return `transfer from n${leader.id} to n${heir}, which is cut off`;
  },
  'leader pause': (simulation) => {
    const leader = simulation.leader();
    if (leader === undefined) return undefined;
    leader.machine.pausedUntilMs = simulation.time.nowMs + (1 + simulation.random() * 2) * simulation.electionMs;
    return `pause leader n${leader.id}`;
  },
  'one-way partition': ({ random, nodes, network }) => {
    const node = oneOf(random, nodes);
    if (node === undefined) return undefined;
    const isDeaf = random() < 0.5;
    for (const { id } of nodes) isDeaf ? network.cut(id, node.id) : network.cut(node.id, id);
    return `${isDeaf ? 'deafen' : 'silence'} n${node.id}`;
  },
  'link cut': ({ random, nodes, network }) => {
    const [from, to] = [randomInt(random, 1, nodes.length + 1), randomInt(random, 1, nodes.length + 1)];
    network.cut(from, to);
    return `cut ${from}>${to}`;
  },
  'link clogged': ({ random, nodes, network, electionMs }) => {
    const [from, to] = [randomInt(random, 1, nodes.length + 1), randomInt(random, 1, nodes.length + 1)];
    network.clog(from, to, random() * 5 * electionMs);
    return `clog ${from}>${to}`;
  },
  heal: ({ network }) => {
    if (!network.hasCuts) return undefined;
    network.heal();
    return 'heal';
  },
  'link healed': ({ random, network }) => {
    if (!network.hasCuts) return undefined;
    network.healOne(random);
    return 'heal one link';
  },
  'disk stall': ({ random, nodes, time, electionMs }) => {
    const node = oneOf(
      random,
      nodes.filter(({ isUp }) => isUp),
    );
    if (node === undefined) return undefined;
    node.machine.faults.stalledUntilMs = time.nowMs + random() * 5 * electionMs;
    return `stall the disk of n${node.id}`;
  },
  'disk full': ({ random, nodes, time, electionMs }) => {
    const node = oneOf(random, nodes);
    if (node === undefined || node.machine.faults.isFull) return undefined;
    node.machine.faults.isFull = true;
    time.in(random() * 8 * electionMs, () => {
      node.machine.faults.isFull = false;
    });
    return `fill the disk of n${node.id}`;
  },
  'flush failure': ({ random, nodes }) => {
    const node = oneOf(
      random,
      nodes.filter(({ isUp }) => isUp),
    );
    if (node === undefined) return undefined;
    node.machine.faults.failsNextFlush = true;
    return `fail the next flush of n${node.id}`;
  },
  'bit flip': (simulation) => {
    const node = toDamage(simulation);
    if (node === undefined) return undefined;
    const table = ['log', 'meta', 'state-a', 'state-b'][randomInt(simulation.random, 0, 4)] ?? 'log';
    const where = node.machine.flipBit(table);
    if (where !== undefined) node.damage = 'damaged';
    return where && `flip a bit on n${node.id}: ${where}`;
  },
  'bit flip near the end of the log': (simulation) => {
    const { time, random } = simulation;
    const node = toDamage(simulation);
    const where = node?.machine.flipBit('log', LOG_END_ENTRIES);
    if (node === undefined || where === undefined) return undefined;
    node.damage = 'damaged';
    // What is in memory hides it until the node has forgotten it.
    node.crash();
    time.in(random() * simulation.electionMs, () => node.start());
    return `flip a bit near the end of the log of n${node.id}, and start it again: ${where}`;
  },
  'disk wiped': (simulation) => {
    const node = toDamage(simulation);
    if (node === undefined) return undefined;
    node.crash();
    node.machine.wipe();
    simulation.watch.forget(node.id);
    node.damage = 'wiped';
    node.start();
    return `wipe n${node.id}`;
  },
  'taken over by another cluster': (simulation) => {
    const node = toDamage(simulation);
    if (node === undefined) return undefined;
    node.crash();
    node.machine.wipe();
    simulation.watch.forget(node.id);
    node.damage = 'foreign';
    node.start();
    simulation.foundOtherCluster(node);
    return `n${node.id} is of another cluster`;
  },
  'node left behind': (simulation) => {
    const { nodes, network, time, random, electionMs } = simulation;
    const leader = simulation.leader();
    const node = oneOf(
      random,
      nodes.filter((one) => one.isUp && one !== leader),
    );
    if (node === undefined) return undefined;
    for (const { id } of nodes) network.isolate(id, node.id);
    time.in((0.5 + random() * 1.5) * electionMs, () => {
      // Whoever leads has not what it needs next.
      for (const { machine, running } of nodes) {
        if (running !== undefined) machine.in(0, () => void running.node.triggerSnapshot(0).catch(() => {}));
      }
    });
    time.in((0.6 + random() * 1.5) * electionMs, () => network.heal());
    return `leave n${node.id} behind`;
  },
  'wall clock jump': ({ random, nodes }) => {
    const node = oneOf(random, nodes);
    if (node === undefined) return undefined;
    node.wallJumpMs += Math.floor((random() - 0.5) * 2 * 3_600_000);
    return `jump the wall clock of n${node.id}`;
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** Entries that are near the end of a log. */
const LOG_END_ENTRIES = 5;

/** A voter whose loss the cluster survives, of which there is one a run at most: more damage than that is more than Raft is for. */
function toDamage(simulation: ClusterSimulation): SimulatedNode | undefined {
  const { nodes, random } = simulation;
  const configuration = simulation.configuration();
  const isWhole = nodes.every(({ damage }) => damage === undefined);
  if (!isWhole || configuration === undefined || configuration.votersOutgoing.length > 0) return undefined;
  if (configuration.voters.length < 3) return undefined;
  return oneOf(
    random,
    nodes.filter(({ id }) => configuration.voters.includes(id)),
  );
}

function oneOf<T>(random: Random, all: readonly T[]): T | undefined {
  return all[randomInt(random, 0, Math.max(1, all.length))];
}
