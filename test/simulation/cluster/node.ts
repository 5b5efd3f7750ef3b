import { messageOf, RaftctlError } from '../../../src/base/errors.js';
import type { Logger } from '../../../src/base/logger.js';
import { type Random, randomInt, seededRandom } from '../../../src/base/random.js';
import type { BootstrapSpec } from '../../../src/gen/raftctl/v1/cluster.js';
import type { Member } from '../../../src/gen/raftctl/v1/member.js';
import type { NodeConfig } from '../../../src/node/node-config.js';
import type { Metrics, StateMachine, Ticker } from '../../../src/node/ports.js';
import { RaftNode } from '../../../src/node/raft-node.js';
import type { Tracer } from '../../../src/raft/trace.js';
import type { LmdbStore } from '../../../src/storage/index.js';
import { refuseByNotes } from '../../../src/storage/offline-notes.js';
import { openUnderLock } from '../../../src/storage/open-store.js';
import { Violation } from '../ledger.js';
import type { Counters } from './counters.js';
import type { Machine } from './machine.js';
import type { SimulatedNetwork } from './network.js';
import { SimulatedTransport } from './transport.js';

/** How a node's clocks go. */
export interface ClockRate {
  /** Local milliseconds a millisecond. */
  readonly rate: number;
}

/** What all nodes of a run share. */
export interface NodeSettings {
  readonly config: NodeConfig;
  readonly newStateMachine: (node: SimulatedNode) => StateMachine;
  readonly trace: Tracer | undefined;
}

/** Why a node is down for good, or why it is not. */
export type Damage = 'damaged' | 'wiped' | 'foreign' | undefined;

/** What a store says of an entry that makes no sense. */
const DAMAGED_LOG = /of the log is damaged/;

/** Most ticks that are caught up with at once, as in the daemon. */
const TICKS_AT_ONCE_MAX = 2;

/** A node that runs on a simulated machine, or does not: the real loop and the real storage, time and chance of our own. */
export class SimulatedNode {
  running: { readonly node: RaftNode; readonly store: LmdbStore } | undefined;
  /** What has befallen its disk. */
  damage: Damage;
  wallJumpMs = 0;
  /** Data directory that it had first. */
  instance = '';
  readonly random: Random;

  constructor(
    readonly machine: Machine,
    readonly clock: ClockRate,
    private readonly network: SimulatedNetwork,
    private readonly settings: NodeSettings,
    private readonly counters: Counters,
    private readonly onLine: (line: string) => void,
    /** It ended, and nothing that was done to it says why. */
    private readonly onUnexpected: (reason: Error) => void,
  ) {
    this.random = seededRandom(randomInt(machine.random, 0, 2 ** 32));
  }

  get id(): number {
    return this.machine.id;
  }

  get isUp(): boolean {
    return this.running !== undefined;
  }

  /** This node as others know it. */
  get member(): Member {
    return { id: this.id, name: `n${this.id}`, address: `10.0.0.${this.id}:7000`, addedIndex: 0 };
  }

  /** Powers the machine on and starts the node; where it cannot start it tries again, or is damaged. */
  start(): void {
    if (this.machine.isOn) return;
    this.machine.powerOn();
    this.machine.in(0, () => void this.#start());
  }

  crash(): void {
    if (!this.machine.isOn) return;
    this.running = undefined;
    this.machine.powerOff();
  }

  /** Bootstraps this node as one of a cluster, once it runs. */
  async bootstrap(spec: BootstrapSpec): Promise<void> {
    await this.running?.node.bootstrap(spec, this.id);
  }

  async #start(): Promise<void> {
    const { machine } = this;
    const { life } = machine;
    let store: LmdbStore;
    try {
      const options = { dataDir: machine.dataDir, nodeId: this.id, stateMachine: this.#newMachine().name };
      await refuseByNotes(machine.dataDir, this.id);
      const clock = () => Math.floor(this.#wallMs());
      store = await openUnderLock({ ...options, logger: this.#logger, clock }, undefined);
    } catch (thrown) {
      if (machine.life !== life) return;
      if (thrown instanceof RaftctlError && thrown.code === 'E_CORRUPT' && DAMAGED_LOG.test(thrown.message))
        this.counters.add('damaged log refused at start');
      this.#onFailure(thrown);
      return;
    }
    const node = this.#newNode(store);
    node.onFatal((reason) => this.#onFailure(reason));
    this.running = { node, store };
    if (this.instance === '') this.instance = store.identity.instance;
    await node.start().catch((thrown: unknown) => this.#onFailure(thrown));
  }

  #newMachine(): StateMachine {
    return this.settings.newStateMachine(this);
  }

  #newNode(store: LmdbStore): RaftNode {
    const { machine } = this;
    return new RaftNode({
      id: this.id,
      name: this.member.name,
      address: this.member.address,
      version: '0.0.0',
      config: this.settings.config,
      store,
      transport: new SimulatedTransport(machine, this.network),
      stateMachine: this.#newMachine(),
      ticker: this.#newTicker(),
      clock: () => this.#localMs(),
      wallClock: () => Math.floor(this.#wallMs()),
      defer: (run) => machine.in(0, run),
      random: seededRandom(randomInt(this.random, 0, 2 ** 32)),
      logger: this.#logger,
      metrics: this.#metrics,
      trace: this.settings.trace,
    });
  }

  /** The process ends where it cannot go on; somebody starts it again, unless its disk is damaged. */
  #onFailure(reason: unknown): void {
    const code = reason instanceof RaftctlError ? reason.code : 'E_INTERNAL';
    this.onLine(`n${this.id} cannot go on: ${code} ${messageOf(reason)}`);
    this.counters.add(`node stopped by ${code}`);
    const { machine } = this;
    if (machine.hasFlippedBit) this.damage ??= 'damaged';
    const isExpected = this.damage !== undefined || machine.hasFailed || code === 'E_DISK' || code === 'E_STOPPED';
    // What watches a node may speak up in the midst of its turn.
    if (reason instanceof Violation) this.onUnexpected(reason);
    else if (!isExpected) this.onUnexpected(new UnexpectedFailure(this.id, reason));
    machine.hasFailed = false;
    machine.in(0, () => this.crash());
  }

  #localMs(): number {
    return this.machine.time.nowMs * this.clock.rate;
  }

  #wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#localMs() + this.wallJumpMs;
  }

  /** As the daemon's ticker: what one tick is late, the next one is early, and after a pause not all of them come. */
  #newTicker(): Ticker {
    const { tickMs } = this.settings.config;
    const { machine, clock } = this;
    let isRunning = true;
    const start = (onTick: () => void) => {
      let dueMs = this.#localMs() + tickMs;
      const beat = () => {
        if (!isRunning) return;
        const now = this.#localMs();
        for (let ticks = 0; ticks < TICKS_AT_ONCE_MAX && dueMs <= now + EPSILON_MS; ticks++) {
          dueMs += tickMs;
          onTick();
        }
        if (dueMs <= now) dueMs = now + tickMs;
        machine.in((dueMs - now) / clock.rate, beat);
      };
      machine.in(tickMs / clock.rate, beat);
    };
    return {
      start,
      stop: () => {
        isRunning = false;
      },
    };
  }

  readonly #logger: Logger = {
    debug: () => {},
    info: (text) => this.#hear(text),
    warn: (text) => this.#hear(text),
    error: (text) => this.#hear(text),
  };

  #hear(text: string): void {
    this.onLine(`n${this.id} says: ${text}`);
    this.counters.add(`said: ${text}`);
  }

  readonly #metrics: Metrics = {
    proposalApplied: () => this.counters.add('proposal applied'),
    refused: (code) => this.counters.add(`refused ${code}`),
    flushed: (_elapsedMs, entries) => this.counters.add('entries flushed', entries),
    entriesApplied: (count) => this.counters.add('entries applied', count),
    messagesReceived: (count) => this.counters.add('messages received', count),
    messagesSent: (count) => this.counters.add('messages sent', count),
    leaderChanged: () => this.counters.add('leader changed'),
    snapshotCreated: () => this.counters.add('snapshot created'),
    snapshotSent: () => this.counters.add('snapshot sent'),
    snapshotInstalled: () => this.counters.add('snapshot installed'),
  };
}

/** What is left of a millisecond when a clock's rate is multiplied and divided. */
const EPSILON_MS = 1e-6;

/** A node ended that had no reason to. */
export class UnexpectedFailure extends Error {
  override readonly name = 'UnexpectedFailure';

  constructor(id: number, reason: unknown) {
    super(`node ${id} ended: ${messageOf(reason)}`, { cause: reason });
  }
}
