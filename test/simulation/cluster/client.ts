import { RaftctlError } from '../../../src/base/errors.js';
import { type Random, randomInt } from '../../../src/base/random.js';
import { CommandKind, Consistency, type Session } from '../../../src/gen/raftctl/v1/proposal.js';
import type { RaftNode } from '../../../src/node/raft-node.js';
import type { Answer, Call, HistoryStep } from '../../linearizability/history.js';
import type { Counters } from './counters.js';
import type { SimulatedNode } from './node.js';
import type { Dialect } from './state-machines.js';
import type { VirtualTime } from './virtual-time.js';

/** What clients do, and how patient they are. */
export interface ClientSettings {
  readonly thinkMs: number;
  /** Until a call is given up. */
  readonly patienceMs: number;
  /** Until one attempt of a call is. */
  readonly attemptMs: number;
  /** Between two of them, about. */
  readonly pauseMs: number;
  /** Whether reads may be answered within the leader's lease. */
  readonly leaseReads: boolean;
  /** Milliseconds for which a key is used before another takes its place. */
  readonly keyMs: number;
  readonly keys: number;
  /** Probability that a request, or its answer, is lost on the way. */
  readonly lose: number;
}

/** Milliseconds between two calls of a reader, at most. */
const READER_THINK_MS = 80;

/** Milliseconds until a reader asks somebody else. */
const READER_ATTEMPT_MS = 150;

/** What all clients of a run share. */
export interface ClientWorld {
  readonly time: VirtualTime;
  readonly nodes: readonly SimulatedNode[];
  readonly dialect: Dialect;
  readonly settings: ClientSettings;
  readonly counters: Counters;
  record(step: HistoryStep): void;
  /** A number that no client has had. */
  nextProcess(): number;
  /** Resolves with the next node that begins to lead. */
  nextLeader(): Promise<number>;
  /** Whether clients are to go on. */
  readonly isOpen: boolean;
}

/** What came of one attempt. `refused`: it has surely done nothing. */
type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  | { readonly kind: 'refused' | 'unknown'; readonly leader: number | undefined; readonly isFinal: boolean };

/**
 * A client as the real one is: it follows hints to the leader, tries again with the same number in its session, and gives up in the end. One
 * call at a time; when it does not know what became of one it goes on under a new name.
 */
export class SimulatedClient {
  #process: number;
  #sequence = 0;
  #calls = 0;
  #target: number;
  /** A reader that stays with a node as long as it answers, also when that leads no more. */
  readonly #isLoyal: boolean;

  /** @param isReader mostly reads, often, and from any node, wherever the leader is */
  constructor(
    private readonly world: ClientWorld,
    private readonly random: Random,
    private readonly isReader = false,
  ) {
    this.#process = world.nextProcess();
    this.#target = randomInt(random, 0, world.nodes.length);
    this.#isLoyal = isReader && random() < 0.5;
  }

  /** Calls until there is to be no more. */
  async run(): Promise<void> {
    const { time, settings } = this.world;
    while (this.world.isOpen) {
      const pause = time.sleep(this.random() * (this.isReader ? READER_THINK_MS : settings.thinkMs));
      // Who only wants to read asks anybody, and a new leader at once.
      if (this.isReader && !this.#isLoyal)
        this.#target = await Promise.race([pause.then(() => this.#anyTarget()), this.world.nextLeader()]);
      else await pause;
      if (this.world.isOpen) await this.call(this.#anyKey(), this.#anyCall(), this.world.settings.patienceMs);
    }
  }

  /** One call, to its end. @returns its answer; undefined where there is none */
  async call(key: string, call: Call, patienceMs: number): Promise<Answer | undefined> {
    const { time, counters } = this.world;
    const process = this.#process;
    const record = (type: 'ok' | 'fail' | 'info', answer?: Answer) => {
      const step = { process, f: call.f, key, time: time.nowMs };
      if (type === 'ok' && answer !== undefined) this.world.record({ ...step, type, ...answer });
      else if (type !== 'ok') this.world.record({ ...step, type });
    };
    this.world.record({ type: 'invoke', process, key, time: time.nowMs, ...call });
    const session = this.#sessionFor(call);
    const untilMs = time.nowMs + patienceMs;
    let isUnknown = false;
    while (time.nowMs < untilMs) {
      const outcome = await this.#attempt(key, call, session);
      if (outcome.kind === 'answered') {
        counters.add(call.f === 'read' ? 'read answered' : 'change acknowledged');
        record('ok', outcome.answer);
        return outcome.answer;
      }
      isUnknown ||= outcome.kind === 'unknown';
      if (outcome.leader !== undefined) this.#target = outcome.leader - 1;
      else if (!this.#isLoyal || this.random() < 0.2) this.#target = this.#anyTarget();
      // Without a session the same again might do it twice.
      const mayRepeat = call.f === 'read' || session !== undefined || !isUnknown;
      if (outcome.isFinal || !mayRepeat) break;
      await this.#pauseBetweenAttempts();
    }
    record(isUnknown ? 'info' : 'fail');
    counters.add(isUnknown ? 'call of unknown outcome' : 'call failed');
    if (isUnknown) {
      this.#process = this.world.nextProcess();
      this.#sequence = 0;
    }
    return undefined;
  }

  /** Who only wants to read does not wait while there is a new leader to ask. */
  async #pauseBetweenAttempts(): Promise<void> {
    const pause = this.world.time.sleep((0.1 + this.random()) * this.world.settings.pauseMs);
    if (!this.isReader || this.#isLoyal) await pause;
    else this.#target = await Promise.race([pause.then(() => this.#target), this.world.nextLeader()]);
  }

  #sessionFor(call: Call): Session | undefined {
    if (call.f === 'read' || this.random() < 0.15) return undefined;
    const sequence = ++this.#sequence;
    return { clientId: `client ${this.#process}`, sequence, lowestPending: sequence };
  }

  /** Asks one node, over a network that may lose the question or the answer. */
  async #attempt(key: string, call: Call, session: Session | undefined): Promise<Outcome> {
    const { time, settings, nodes } = this.world;
    const node = nodes[this.#target];
    const timedOut: Outcome = { kind: 'unknown', leader: undefined, isFinal: false };
    await time.sleep(1 + this.random() * 2);
    const running = node?.running;
    if (node === undefined || running === undefined || this.random() < settings.lose) {
      await time.sleep(this.random() * 50);
      return { kind: 'refused', leader: undefined, isFinal: false };
    }
    const abort = new AbortController();
    const isLost = this.random() < settings.lose;
    const asked = new Promise<Outcome>((resolve) => {
      node.machine.in(0, () => {
        this.#ask(running.node, key, call, session, abort.signal).then(
          (answer) => !isLost && node.machine.in(0, () => resolve({ kind: 'answered', answer })),
          (thrown: unknown) => !isLost && node.machine.in(0, () => resolve(outcomeOf(thrown))),
        );
      });
    });
    const attemptMs = this.isReader && !this.#isLoyal ? READER_ATTEMPT_MS : settings.attemptMs;
    const late = time.sleep(attemptMs).then(() => timedOut);
    const outcome = await Promise.race([asked, late]);
    if (outcome === timedOut && node.running === running) abort.abort();
    await time.sleep(1 + this.random() * 2);
    return outcome;
  }

  async #ask(
    node: RaftNode,
    key: string,
    call: Call,
    session: Session | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { dialect, settings } = this.world;
    if (call.f === 'read') {
      const isLease = settings.leaseReads && this.random() < 0.5;
      const consistency = isLease ? Consistency.LEASE : Consistency.LINEARIZABLE;
      const { result, index } = await node.query(dialect.query(key), consistency, { signal });
      return { ...dialect.answer(result), index };
    }
    const payload = dialect.command(key, call);
    const { result, index } = await node.propose({ kind: CommandKind.MACHINE, payload, session }, { signal });
    return { ...dialect.result(result, call), index };
  }

  #anyKey(): string {
    const { keys, keyMs } = this.world.settings;
    const generation = Math.floor(this.world.time.nowMs / keyMs);
    return `k${randomInt(this.random, 0, keys)}.${generation}`;
  }

  #anyCall(): Call {
    const value = `${this.#process}-${++this.#calls}`;
    const { calls } = this.world.dialect;
    const kind = this.random();
    if (kind < (this.isReader ? 0.95 : 0.4)) return { f: 'read' };
    if (this.isReader) return { f: 'write', value };
    if (kind < 0.75) return { f: 'write', value };
    if (kind < 0.8 && calls.includes('delete')) return { f: 'delete' };
    return { f: 'cas', from: this.random() < 0.5 ? null : this.#lastWritten, to: value };
  }

  get #lastWritten(): string {
    return `${this.#process}-${Math.max(1, this.#calls - randomInt(this.random, 1, 4))}`;
  }

  #anyTarget(): number {
    return randomInt(this.random, 0, this.world.nodes.length);
  }
}

function outcomeOf(thrown: unknown): Outcome {
  if (!(thrown instanceof RaftctlError)) throw thrown;
  const leader = thrown.leaderHint?.id === 0 ? undefined : thrown.leaderHint?.id;
  const isFinal = thrown.code === 'E_SESSION_EXPIRED';
  return { kind: thrown.changed === 'no' ? 'refused' : 'unknown', leader, isFinal };
}
