import { type Random, randomInt, seededRandom } from '../../src/base/random.js';
import type { Tracer } from '../../src/raft/trace.js';
import { type Action, DAILY_ACTIONS, draw, FAULTS, type World } from './actions.js';
import { Ledger } from './ledger.js';
import { Network } from './network.js';
import { Watch } from './observer.js';
import { awaitPeace } from './peace.js';
import { drawSettings, type Settings } from './settings.js';
import { SimNode } from './sim-node.js';
import { Trace } from './trace.js';

/** What came of a run. */
export interface Outcome {
  readonly seed: number;
  /** Hash of all that happened. */
  readonly digest: string;
  readonly settings: Settings;
  readonly committed: number;
  /** Terms that had a leader. */
  readonly leaders: number;
  /** Undefined: all rules held. */
  readonly failure: { readonly error: Error; readonly tail: readonly string[] } | undefined;
}

/** Steps of a run where nothing else is said. */
export const STEPS_DEFAULT = 4000;

/**
 * Plays one run: chaos for as many steps, then peace, in which the group must come to agree. Nothing but the seed decides.
 * @param tracer takes the events of all nodes, in the order they happen
 */
export function simulate(seed: number, steps = STEPS_DEFAULT, tracer?: Tracer): Outcome {
  const simulation = new Simulation(seed, steps, tracer);
  let failure: Outcome['failure'];
  try {
    simulation.run();
  } catch (thrown) {
    failure = { error: thrown instanceof Error ? thrown : new Error(String(thrown)), tail: simulation.trace.tail };
  }
  const { trace, settings, ledger } = simulation;
  return {
    seed,
    digest: trace.digest,
    settings,
    committed: ledger.committedIndex,
    leaders: ledger.leaderChanges,
    failure,
  };
}

/** All that a run consists of. */
export class Simulation implements World {
  readonly trace = new Trace();
  readonly ledger = new Ledger();
  readonly random: Random;
  readonly settings: Settings;
  readonly network: Network;
  readonly nodes: readonly SimNode[];
  #proposals = 0;

  constructor(seed: number, steps: number, trace?: Tracer) {
    this.random = seededRandom(seed);
    const drawn = drawSettings(this.random, steps);
    this.settings = { ...drawn, config: { ...drawn.config, trace } };
    this.network = new Network(this.random);
    const nodes: SimNode[] = [];
    const watch = new Watch(nodes, this.network, this.ledger);
    const start = startOf(this.settings.voters);
    this.ledger.begins(start.metadata.index);
    for (let id = 1; id <= this.settings.nodesMax; id++) {
      // Only the first voters know of the group; the others join it by a snapshot.
      const own = id <= this.settings.voters ? start : startOf(0);
      const random = seededRandom(randomInt(this.random, 0, 2 ** 32));
      nodes.push(new SimNode(id, this.settings, random, watch, own));
    }
    this.nodes = nodes;
  }

  run(): void {
    const { lose, duplicate, reorder } = this.settings;
    this.network.faults = { lose, duplicate, reorder };
    for (const node of this.nodes) node.start();
    for (let step = 0; step < this.settings.steps; step++) {
      const bad = this.random() * 1000 < this.settings.faultsPerMille;
      this.act(draw(this.random, bad ? FAULTS : DAILY_ACTIONS));
    }
    awaitPeace(this);
  }

  /** Lets one thing happen, and writes down what it was and what it led to. */
  act(action: Action): void {
    const what = action(this);
    if (what === undefined) return;
    const states = this.nodes.map(({ alive }) => {
      if (alive === undefined) return '-';
      const { role, term, raftLog } = alive.raft;
      return `${role[0]}${term}:${raftLog.committed}/${raftLog.lastIndex()}`;
    });
    this.trace.record(`${what} | ${states.join(' ')}`);
  }

  freshData(): Uint8Array {
    return new TextEncoder().encode(`p${++this.#proposals}`);
  }
}

/** The snapshot that nodes begin with: the group of these first voters, or none. */
function startOf(voters: number) {
  const ids = Array.from({ length: voters }, (_, at) => at + 1);
  const index = voters === 0 ? 0 : 1;
  const confState = { voters: ids, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  return { data: new Uint8Array(), metadata: { index, term: index, confState } };
}
