import { type Random, randomInt, seededRandom } from '../../../src/base/random.js';
import type { ConfState } from '../../../src/gen/raft/v1/raft.js';
import type { BootstrapSpec } from '../../../src/gen/raftctl/v1/cluster.js';
import type { Tracer } from '../../../src/raft/trace.js';
import { checkHistory } from '../../linearizability/check-history.js';
import type { HistoryStep } from '../../linearizability/history.js';
import { hold, Ledger } from '../ledger.js';
import { Trace } from '../trace.js';
import { awaitAgreement } from './agreement.js';
import { type ClientWorld, SimulatedClient } from './client.js';
import { Counters } from './counters.js';
import { FAULTS, type FaultName } from './faults.js';
import { install, Machine } from './machine.js';
import { SimulatedNetwork } from './network.js';
import { SimulatedNode } from './node.js';
import { Operator } from './operator.js';
import { drawProfile, type Profile, type ProfileName } from './profile.js';
import { AppliedCommands, type Dialect, kvDialect, registerDialect, WatchedMachine } from './state-machines.js';
import { VirtualTime } from './virtual-time.js';
import { ClusterWatch } from './watch.js';

const JOINT_CRASH_CHANCE = 0.3;
const JOINT_CRASH_MS_MAX = 60;

/** Which run. */
export interface RunOptions {
  readonly seed: number;
  readonly profile: ProfileName;
  /** Virtual milliseconds of chaos. */
  readonly chaosMs: number;
  /** Faults that are left out, by their number in the run: how a failing run is made smaller. */
  readonly withoutFaults?: ReadonlySet<number>;
  readonly tracer?: Tracer | undefined;
}

/** What came of a run. */
export interface Outcome {
  readonly options: RunOptions;
  readonly profile: Profile;
  /** Hash of all that happened. */
  readonly digest: string;
  readonly counters: Counters;
  readonly events: number;
  readonly checks: number;
  /** Faults that were done. */
  readonly faults: number;
  /** Faults that were drawn, done or not: they have the numbers below this. */
  readonly faultNumbers: number;
  readonly virtualMs: number;
  readonly history: readonly HistoryStep[];
  /** Undefined: all rules held. */
  readonly failure: { readonly error: Error; readonly tail: readonly string[] } | undefined;
}

/** Plays one run: chaos, then peace, in which the cluster must come to agree. Nothing but the options decides. */
export async function simulateCluster(options: RunOptions): Promise<Outcome> {
  const simulation = new ClusterSimulation(options);
  const rejected = (reason: unknown) => simulation.fail(reason instanceof Error ? reason : new Error(String(reason)));
  process.on('unhandledRejection', rejected);
  try {
    await simulation.run();
  } catch (thrown) {
    simulation.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
  } finally {
    process.off('unhandledRejection', rejected);
  }
  const { profile, trace, counters, time, watch, history, failure, faultsDone } = simulation;
  return {
    ...{ options, profile, counters, history },
    digest: trace.digest,
    events: time.count,
    checks: watch.checks,
    faults: faultsDone,
    faultNumbers: simulation.faultNumber,
    virtualMs: time.nowMs,
    failure: failure && { error: failure, tail: trace.tail },
  };
}

/** All that a run consists of. */
export class ClusterSimulation {
  readonly random: Random;
  readonly profile: Profile;
  readonly trace = new Trace();
  readonly counters = new Counters();
  readonly time = new VirtualTime();
  readonly ledger = new Ledger();
  readonly history: HistoryStep[] = [];
  readonly network: SimulatedNetwork;
  readonly nodes: readonly SimulatedNode[];
  readonly watch: ClusterWatch;
  readonly dialect: Dialect;
  failure: Error | undefined;
  faultsDone = 0;
  faultNumber = 0;
  #isOpen = true;
  #processes = 0;
  readonly #leaderWaits: ((target: number) => void)[] = [];
  readonly #jointChance: Random;
  #onLeader: (id: number) => void = () => {};
  readonly world: ClientWorld;

  constructor(private readonly options: RunOptions) {
    this.random = seededRandom(options.seed);
    this.#jointChance = this.#fork();
    this.profile = drawProfile(this.#fork(), options.profile, options.chaosMs);
    this.network = new SimulatedNetwork(this.time, this.#fork(), this.counters);
    this.dialect = this.profile.machine === 'kv' ? kvDialect : registerDialect;
    this.nodes = this.#newNodes();
    install(this.nodes.map(({ machine }) => machine));
    this.ledger.begins(1);
    this.watch = new ClusterWatch(this.nodes, this.ledger, this.counters);
    this.watch.onLeader = (id) => {
      for (const tell of this.#leaderWaits.splice(0)) tell(id - 1);
      this.#onLeader(id);
    };
    this.watch.onJoint = () => this.#endLeaderOf(this.#jointChance);
    this.network.onSend = (message) => this.watch.send(message);
    this.network.isInstalling = (id) =>
      this.nodes[id - 1]?.running?.node['context'].core.raft.raftLog.unstable.snapshot !== undefined;
    this.network.onReceive = (id, from) => this.watch.receives(id, from);
    this.world = this.#newWorld();
  }

  async run(): Promise<void> {
    const { profile, network } = this;
    for (const node of this.nodes) node.start();
    await this.advance(500);
    for (const node of this.nodes.slice(0, profile.voters)) await this.#drive(node.bootstrap(this.#spec()));
    network.quality = profile.network;
    for (let count = 0; count < profile.clients; count++) void new SimulatedClient(this.world, this.#fork()).run();
    for (let count = 0; count < profile.readers; count++)
      void new SimulatedClient(this.world, this.#fork(), true).run();
    void this.#doFaults(this.#fork());
    const operator = new Operator(this, this.#fork(), profile.changesMembers);
    this.#onLeader = (id) => {
      if (this.#isOpen && profile.operatorEveryMs > 0 && operator.random() < 0.3) operator.actOnNewLeader(id);
    };
    void this.#operate(operator);
    await this.advance(profile.chaosMs);
    this.#isOpen = false;
    this.trace.record('peace');
    await awaitAgreement(this);
    const why = checkHistory(this.history);
    hold(why === undefined, 'I7 linearizable', () => `${why}`);
  }

  /** Milliseconds of an election time-out at least, by a clock that goes right: the measure of how long what is done to a cluster lasts. */
  get electionMs(): number {
    const { tickMs, electionTicks } = this.profile.config;
    return tickMs * electionTicks;
  }

  /** Lets time pass, and looks at what happens. Ends early where a rule does not hold. @throws what went wrong */
  async advance(ms: number, isOver: () => boolean = () => false): Promise<void> {
    const behind = () => {
      try {
        this.watch.look();
      } catch (thrown) {
        this.fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
    await this.time.run(this.time.nowMs + ms, behind, () => this.failure !== undefined || isOver());
    if (this.failure !== undefined) throw this.failure;
  }

  /** The first thing that goes wrong ends the run. */
  fail(reason: Error): void {
    this.failure ??= reason;
  }

  /** The node that leads in the newest term that has a leader. */
  leader(): SimulatedNode | undefined {
    const leaders = this.nodes.filter(
      ({ running, damage }) => damage !== 'foreign' && running?.node['context'].isLeader === true,
    );
    const termOf = ({ running }: SimulatedNode) => running?.node['context'].core.raft.term ?? 0;
    return leaders.sort((a, b) => termOf(b) - termOf(a))[0];
  }

  /** The newest configuration that any running node has applied. */
  configuration(): ConfState | undefined {
    const applied = this.nodes.flatMap(({ running, damage }) =>
      damage === 'foreign' ? [] : (running?.node['context'].applied ?? []),
    );
    return applied.sort((a, b) => b.configIndex - a.configIndex)[0]?.confState;
  }

  /** Somebody bootstraps a node, once it runs, as one of another cluster of the same members. */
  foundOtherCluster(node: SimulatedNode): void {
    const own = this.#spec();
    const members = own.members.map(({ instance: _, ...member }) => member);
    const spec = { ...own, members, clusterId: 'badc0de0badc0de0badc0de0badc0de0' };
    this.time.in(300, () => {
      node.machine.in(0, () => void node.bootstrap(spec).catch(() => {}));
    });
  }

  /** Now and then the leader ends in the short time in which a configuration is joint: the next one must leave it. */
  #endLeaderOf(random: Random): void {
    if (!this.#isOpen || this.profile.faults['process crash'] === undefined || random() > JOINT_CRASH_CHANCE) return;
    this.time.in(random() * JOINT_CRASH_MS_MAX, () => {
      const leader = this.leader();
      if (!this.#isOpen || leader === undefined || this.configuration()?.votersOutgoing.length === 0) return;
      leader.crash();
      this.counters.add('fault: leader crash while joint');
      this.trace.record(`${this.time.nowMs.toFixed(1)} crash n${leader.id} while joint`);
    });
  }

  /** Waits in virtual time for something that was asked of a node. */
  async #drive(asked: Promise<unknown>): Promise<void> {
    let isOver = false;
    asked.then(
      () => {
        isOver = true;
      },
      (thrown: unknown) => this.fail(thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
    await this.advance(60 * this.electionMs, () => isOver);
  }

  async #doFaults(random: Random): Promise<void> {
    const { faults, faultEveryMs, repairedWithinMs } = this.profile;
    const weighed = Object.entries(faults).flatMap(([name, weight]) => (isFaultName(name) ? [{ name, weight }] : []));
    const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
    while (faultEveryMs > 0 && total > 0) {
      await this.time.sleep(random() * 2 * faultEveryMs);
      if (!this.#isOpen) return;
      let left = randomInt(random, 0, total);
      const drawn = weighed.find(({ weight }) => {
        left -= weight;
        return left < 0;
      });
      const number = this.faultNumber++;
      if (drawn === undefined || this.options.withoutFaults?.has(number) === true) continue;
      const what = FAULTS[drawn.name](this);
      if (what === undefined) continue;
      this.faultsDone++;
      this.counters.add(`fault: ${drawn.name}`);
      this.trace.record(`${this.time.nowMs.toFixed(1)} fault ${number}: ${what}`);
      if (repairedWithinMs > 0) this.time.in(random() * repairedWithinMs, () => this.#repair());
    }
  }

  /** Somebody has seen what is wrong. */
  #repair(): void {
    if (!this.#isOpen) return;
    if (this.network.hasCuts) this.network.heal();
    for (const node of this.nodes) if (!node.machine.isOn && node.damage !== 'damaged') node.start();
  }

  async #operate(operator: Operator): Promise<void> {
    const { operatorEveryMs } = this.profile;
    while (operatorEveryMs > 0) {
      await this.time.sleep(operator.random() * 2 * operatorEveryMs);
      if (!this.#isOpen) return;
      operator.act();
    }
  }

  #spec(): BootstrapSpec {
    const first = this.nodes.slice(0, this.profile.voters);
    return {
      clusterId: 'c0ffee00c0ffee00c0ffee00c0ffee00',
      name: 'simulated',
      members: first.map(({ member, instance }) => ({ ...member, instance })),
      voters: first.map(({ id }) => id),
      learners: [],
    };
  }

  #newNodes(): SimulatedNode[] {
    const { profile } = this;
    const [slowest, fastest] = profile.clockRates;
    const commands = new AppliedCommands();
    const settings = {
      config: profile.config,
      newStateMachine: () =>
        new WatchedMachine(this.dialect.newMachine(), (command) => {
          if (this.dialect.isUnique(command.payload)) commands.applies(command);
        }),
      trace: this.options.tracer,
    };
    return Array.from({ length: profile.nodes }, (_, at) => {
      const machine = new Machine(at + 1, this.time, this.#fork(), profile.disk);
      const clock = { rate: slowest + this.random() * (fastest - slowest) };
      const say = (line: string) => this.trace.record(`${this.time.nowMs.toFixed(3)} ${line}`);
      const fail = (reason: Error) => this.fail(reason);
      return new SimulatedNode(machine, clock, this.network, settings, this.counters, say, fail);
    });
  }

  #newWorld(): ClientWorld {
    const { time, nodes, dialect, counters } = this;
    const isOpen = () => this.#isOpen;
    const record = (step: HistoryStep) => {
      // One register has one key, whatever clients call it.
      const named = this.profile.machine === 'register' ? { ...step, key: 'register' } : step;
      this.history.push(named);
      this.trace.record(JSON.stringify(named));
    };
    return {
      ...{ time, nodes, dialect, counters, record },
      settings: this.profile.client,
      nextProcess: () => ++this.#processes,
      nextLeader: () => new Promise((resolve) => this.#leaderWaits.push(resolve)),
      get isOpen() {
        return isOpen();
      },
    };
  }

  /** A source of chance of its own, so that one part of a run does not change the draws of another. */
  #fork(): Random {
    return seededRandom(randomInt(this.random, 0, 2 ** 32));
  }
}

function isFaultName(name: string): name is FaultName {
  return name in FAULTS;
}
