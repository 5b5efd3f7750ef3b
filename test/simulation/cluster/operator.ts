import { messageOf, RaftctlError } from '../../../src/base/errors.js';
import { type Random, randomInt } from '../../../src/base/random.js';
import { ConfChangeTransition, ConfChangeType } from '../../../src/gen/raft/v1/raft.js';
import { ChangeMembersRequest, MembershipContext } from '../../../src/gen/raftctl/v1/member.js';
import type { RaftNode } from '../../../src/node/raft-node.js';
import { newConfChangeSingle } from '../../../src/raft/conf-change.js';
import type { ClusterSimulation } from './cluster-simulation.js';
import type { SimulatedNode } from './node.js';

/** Something that an operator asks of a node. Rejects where the node refuses. */
type Task = (node: RaftNode, operator: Operator) => Promise<unknown>;

/** What operators do, and how often in comparison. */
const TASKS: readonly (readonly [weight: number, name: string, task: Task])[] = [
  [30, 'member change', (node, operator) => operator.changeMembers(node)],
  [12, 'bare change', (node, operator) => operator.changeBarely(node)],
  [8, 'leader transfer', (node, { anyId }) => node.transferLeader(anyId(), undefined)],
  [3, 'step down', (node) => node.stepDown(1000)],
  [10, 'snapshot', (node, { random }) => node.triggerSnapshot(randomInt(random, 0, 6))],
  [4, 'change abort', (node) => node.abortChange({ id: '', reason: 'simulated', by: 'simulation' })],
  [4, 'joint left', (node) => node.leaveJoint('')],
  [2, 'drain', (node) => node.drain()],
  [3, 'undrain', (node) => node.undrain()],
  [1, 'elections paused', (node) => node.setElections(true)],
  [3, 'elections resumed', (node) => node.setElections(false)],
];

/** Somebody who runs the cluster, at random and without regard for its state. What is refused is refused. */
export class Operator {
  #requests = 0;
  readonly random: Random;
  /** Whether the members are changed as well. */
  readonly #changesMembers: boolean;

  constructor(
    private readonly simulation: ClusterSimulation,
    random: Random,
    changesMembers: boolean,
  ) {
    this.random = random;
    this.#changesMembers = changesMembers;
  }

  readonly anyId = (): number => randomInt(this.random, 1, this.simulation.nodes.length + 1);

  /** One task, of a node that may well be the wrong one for it. */
  act(): void {
    const { simulation, random } = this;
    const target = random() < 0.8 ? simulation.leader() : simulation.nodes[this.anyId() - 1];
    const [, name, task] = this.#draw();
    this.#ask(target, name, task);
  }

  /** A bare change of a node that has just begun to lead, and may not have committed anything. */
  actOnNewLeader(id: number): void {
    this.#ask(this.simulation.nodes[id - 1], 'bare change', (node) => this.changeBarely(node));
  }

  #ask(target: SimulatedNode | undefined, name: string, task: Task): void {
    const { simulation } = this;
    if (target?.running === undefined || (name.endsWith('change') && !this.#changesMembers)) return;
    const { node } = target.running;
    target.machine.in(0, () => {
      const told = (what: string) => {
        simulation.counters.add(`${name} ${what}`);
        simulation.trace.record(`operator: ${name} on n${target.id} ${what}`);
      };
      let asked: Promise<unknown>;
      try {
        asked = task(node, this);
      } catch (thrown) {
        asked = Promise.reject(thrown);
      }
      asked.then(
        () => told('done'),
        (thrown: unknown) => {
          if (thrown instanceof RaftctlError) told(`refused: ${thrown.code}`);
          else simulation.fail(new Error(`${name} threw: ${messageOf(thrown)}`, { cause: thrown }));
        },
      );
    });
  }

  /** Asks for members at random, most of them new where there are any, and waits for the end. */
  async changeMembers(node: RaftNode): Promise<void> {
    const { random, simulation } = this;
    const ids = simulation.nodes.filter(({ damage }) => damage === undefined).map(({ id }) => id);
    const shuffled = ids.map((id) => ({ id, at: random() })).sort((a, b) => a.at - b.at);
    const voters = randomInt(random, 1, Math.min(6, ids.length + 1));
    const learners = randomInt(random, 0, 3);
    const chosen = shuffled.map(({ id }) => id);
    const wanted = chosen.slice(0, voters + learners);
    const request = ChangeMembersRequest.fromPartial({
      requestId: `change ${++this.#requests}`,
      voters: { ids: chosen.slice(0, voters) },
      learners: { ids: chosen.slice(voters, voters + learners) },
      peers: simulation.nodes.filter(({ id }) => wanted.includes(id)).map(({ member }) => member),
      explicitLeave: random() < 0.2,
      reason: 'simulated',
    });
    for await (const _event of node.changeMembers(request)) {
      // Whoever asked listens to the end.
    }
  }

  /** A change of the configuration past the node's executor, as whoever uses the core alone would make it: the core must hold by itself. */
  async changeBarely(node: RaftNode): Promise<void> {
    const { random, simulation } = this;
    const { core, applied } = node['context'];
    const { voters, learners } = applied.confState;
    const whole = simulation.nodes.filter(({ damage }) => damage === undefined).map(({ id }) => id);
    const { ADD_NODE, ADD_LEARNER_NODE, REMOVE_NODE } = ConfChangeType;
    const changes = Array.from({ length: randomInt(random, 1, 4) }, () => {
      const id = whole[randomInt(random, 0, whole.length)] ?? this.anyId();
      // Nobody becomes a voter who was not a learner before, for long enough to know of it: that is the executor's to see to.
      const knows = (simulation.nodes[id - 1]?.running?.store.flushedApplied ?? 0) > 1;
      const mayVote = voters.includes(id) || (learners.includes(id) && knows);
      const type = random() < 0.3 ? REMOVE_NODE : mayVote && random() < 0.7 ? ADD_NODE : ADD_LEARNER_NODE;
      return newConfChangeSingle(id, type);
    });
    const transition = random() < 0.7 ? ConfChangeTransition.AUTO : ConfChangeTransition.IMPLICIT;
    const told = MembershipContext.fromPartial({ members: simulation.nodes.map(({ member }) => member) });
    const change = { transition, changes, context: MembershipContext.encode(told).finish() };
    try {
      core.proposeConfChange(new Uint8Array(), change);
    } catch (thrown) {
      throw new RaftctlError('E_REFUSED', messageOf(thrown));
    }
    node['context'].wake();
  }

  #draw(): (typeof TASKS)[number] {
    let left = randomInt(
      this.random,
      0,
      TASKS.reduce((sum, [weight]) => sum + weight, 0),
    );
    for (const task of TASKS) {
      left -= task[0];
      if (left < 0) return task;
    }
    throw new Error('no task was drawn');
  }
}
