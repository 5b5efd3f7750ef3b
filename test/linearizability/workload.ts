import { setTimeout as pause } from 'node:timers/promises';
import { type Random, randomInt } from '../../src/base/random.js';
import type { Answer, Call, HistoryStep } from './history.js';

/** A call and the register that it is for. */
export type KeyedCall = Call & { readonly key: string };
/** What came of a call: an answer, surely nothing, or nobody knows. */
export type Outcome = Answer | 'fail' | 'info';
/** Makes a call on the system under test, as the client with this number. Throws where it is answered what makes no sense. */
export type Ask = (process: number, call: KeyedCall) => Promise<Outcome>;

/** A checker takes many short histories better: operations after which a key makes room for a new one. */
const operationsOfKey = 150;
/** Milliseconds between two calls of one client: after an answer, and after a refusal. */
const thinkMs = [2, 12] as const;
const refusedMs = 50;

/** Which registers there are, and how busy they are. */
export interface WorkloadOptions {
  /** Stands in front of the names of keys, where several workloads make one history. */
  readonly keyPrefix?: string;
  /** Keys that are in use at one time; one after the other they make room for new ones. */
  readonly keysAtOnce?: number;
  /** The system has just one register, with this name, and it takes so many calls in all: then clients are done. */
  readonly onlyRegister?: { readonly key: string; readonly operationsMax: number };
  /** Number of the last client before this workload. */
  readonly processesBefore?: number;
  /** Milliseconds between an answer and the next call of a client, from and to. */
  readonly thinkMs?: readonly [number, number];
}

/** What clients asked, and what they were answered, in one order. Values are unique. */
export class Workload {
  readonly history: HistoryStep[] = [];
  readonly counts = { ok: 0, fail: 0, info: 0 };
  readonly keys: string[] = [];
  #operations = 0;
  #processes: number;
  /** The latest value of a key that anybody has seen: a cas that expects it has a chance. */
  readonly #seen = new Map<string, string>();

  constructor(
    private readonly random: Random,
    private readonly options: WorkloadOptions = {},
  ) {
    this.#processes = options.processesBefore ?? 0;
  }

  /** Number of the last client so far. */
  get processes(): number {
    return this.#processes;
  }

  /** One client that goes on until `signal`. @throws Error where it is answered what makes no sense */
  async client(ask: Ask, signal: AbortSignal): Promise<void> {
    let process = ++this.#processes;
    while (!signal.aborted && !this.#isDone()) {
      const call = this.#anyCall(this.#anyKey(), `${process}.${this.#operations}`);
      const type = await this.#operate(ask, process, call);
      if (type === 'info') process = ++this.#processes;
      await pause(type === 'fail' ? refusedMs : randomInt(this.random, ...(this.options.thinkMs ?? thinkMs)));
    }
  }

  /** One write by a client of its own; whether it was acknowledged. */
  async write(ask: Ask, key: string): Promise<boolean> {
    if (!this.keys.includes(key)) this.keys.push(key);
    const process = ++this.#processes;
    return (await this.#operate(ask, process, { f: 'write', key, value: `${process}` })) === 'ok';
  }

  /** A last read of every key, each until it is answered: what was acknowledged must be there. False where `signal` came before. */
  async finalReads(ask: Ask, signal: AbortSignal): Promise<boolean> {
    const process = ++this.#processes;
    for (const key of this.keys) {
      while ((await this.#operate(ask, process, { f: 'read', key })) !== 'ok') {
        if (signal.aborted) return false;
        await pause(refusedMs);
      }
    }
    return true;
  }

  /** One operation, from its call to its answer. */
  async #operate(ask: Ask, process: number, call: KeyedCall): Promise<'ok' | 'fail' | 'info'> {
    const { f, key } = call;
    this.history.push({ type: 'invoke', process, ...call, time: now() });
    const answer = await ask(process, call);
    const time = now();
    if (answer === 'fail' || answer === 'info') this.history.push({ type: answer, process, f, key, time });
    else {
      this.history.push({ type: 'ok', process, f, key, ...answer, time });
      const value =
        f === 'write' ? call.value : f === 'cas' && answer.swapped ? call.to : (answer.value ?? answer.prev);
      if (typeof value === 'string') this.#seen.set(key, value);
    }
    // A read that nobody answered says nothing, but the client has still given it up.
    const type = typeof answer === 'string' ? answer : 'ok';
    this.counts[type]++;
    return type;
  }

  #isDone(): boolean {
    const { onlyRegister } = this.options;
    return onlyRegister !== undefined && this.#operations >= onlyRegister.operationsMax;
  }

  #anyKey(): string {
    const { keyPrefix = '', keysAtOnce = 3, onlyRegister } = this.options;
    const begun = Math.floor(this.#operations++ / operationsOfKey);
    const key = onlyRegister?.key ?? `${keyPrefix}k${begun + randomInt(this.random, 0, keysAtOnce)}`;
    if (!this.keys.includes(key)) this.keys.push(key);
    return key;
  }

  #anyCall(key: string, value: string): KeyedCall {
    const kind = randomInt(this.random, 0, 10);
    if (kind < 4) return { f: 'read', key };
    if (kind < 7) return { f: 'write', key, value };
    return { f: 'cas', key, from: this.#seen.get(key) ?? 'nothing', to: value };
  }
}

function now(): number {
  return Math.round(performance.now());
}
