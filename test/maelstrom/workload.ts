import { setTimeout as pause } from 'node:timers/promises';
import { type Random, randomInt } from '../../src/base/random.js';
import { type Body, Code } from '../../src/maelstrom/protocol.js';
import type { Answer, Call, HistoryStep } from '../linearizability/history.js';
import type { Router } from './router.js';

/** Keys that are in use at one time, and operations after which a key makes room for a new one: a checker takes many short histories better. */
const keysAtOnce = 3;
const operationsOfKey = 150;
/** A client waits so long for an answer, in milliseconds: longer than a node does, which then says more. */
const answerMs = 4500;
/** Codes that say that nothing was done. Another definite one has no place in this workload. */
const failed: ReadonlySet<unknown> = new Set([Code.temporarilyUnavailable]);
const unknown: ReadonlySet<unknown> = new Set([Code.timeout, Code.crash]);

/** What clients asked, and what they were answered, in one order. */
export class Workload {
  readonly history: HistoryStep[] = [];
  readonly counts = { ok: 0, fail: 0, info: 0 };
  readonly keys: string[] = [];
  #operations = 0;
  #processes = 0;
  /** The latest value of a key that anybody has seen: a cas that expects it has a chance. */
  readonly #seen = new Map<string, string>();

  constructor(
    private readonly router: Router,
    private readonly random: Random,
  ) {}

  /** One client that goes on until `signal`. @throws Error where it is answered what makes no sense */
  async client(signal: AbortSignal): Promise<void> {
    let process = ++this.#processes;
    while (!signal.aborted) {
      const call = this.#anyCall(this.#anyKey(), `${process}.${this.#operations}`);
      const type = await this.operate(process, this.#anyNode(), call);
      if (type === 'info') process = ++this.#processes;
      await pause(type === 'fail' ? 50 : randomInt(this.random, 2, 12));
    }
  }

  /** A last read of every key, each until it is answered: what was acknowledged must be there. False where `signal` came before. */
  async finalReads(signal: AbortSignal): Promise<boolean> {
    const process = ++this.#processes;
    for (const [at, key] of this.keys.entries()) {
      const node = this.router.nodes[at % this.router.nodes.length] as string;
      while ((await this.operate(process, node, { f: 'read', key })) !== 'ok') {
        if (signal.aborted) return false;
        await pause(50);
      }
    }
    return true;
  }

  /** One operation, from its call to its answer. */
  async operate(process: number, node: string, call: Call & { key: string }): Promise<'ok' | 'fail' | 'info'> {
    const { f, key } = call;
    this.history.push({ type: 'invoke', process, ...call, time: this.#time() });
    const body = await this.router.request(`c${process}`, node, { ...bodyOf(call), explain: true }, answerMs);
    const answer = answerOf(call, body);
    const time = this.#time();
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

  #time(): number {
    return Math.round(performance.now());
  }

  #anyNode(): string {
    return this.router.nodes[Math.floor(this.random() * this.router.nodes.length)] as string;
  }

  #anyKey(): string {
    const begun = Math.floor(this.#operations++ / operationsOfKey);
    const key = `k${begun + randomInt(this.random, 0, keysAtOnce)}`;
    if (!this.keys.includes(key)) this.keys.push(key);
    return key;
  }

  #anyCall(key: string, value: string): Call & { key: string } {
    const kind = randomInt(this.random, 0, 10);
    if (kind < 4) return { f: 'read', key };
    if (kind < 7) return { f: 'write', key, value };
    return { f: 'cas', key, from: this.#seen.get(key) ?? 'nothing', to: value };
  }
}

function bodyOf(call: Call & { key: string }): Body {
  const { key } = call;
  switch (call.f) {
    case 'read':
      return { type: 'read', key };
    case 'write':
      return { type: 'write', key, value: call.value };
    case 'cas':
      return { type: 'cas', key, from: call.from, to: call.to };
    case 'delete':
      throw new Error('the workload has no delete');
  }
}

/** What an answer says, in the words of a history. @throws Error where it is none that the call can have */
export function answerOf({ f }: Call, body: Body | undefined): Answer | 'fail' | 'info' {
  if (body === undefined) return 'info';
  const { type, code } = body;
  if (type === 'error' && unknown.has(code)) return 'info';
  if (type === 'error' && failed.has(code)) return 'fail';
  const { version, index } = body;
  if (typeof version !== 'number' || typeof index !== 'number') {
    throw new Error(`a ${f} was answered ${JSON.stringify(body)}`);
  }
  const missing = type === 'error' && code === Code.keyDoesNotExist;
  if (f === 'read' && missing) return { value: null, version, index };
  if (f === 'read' && type === 'read_ok') return { value: textOf(body, 'value'), version, index };
  const prev = textOf(body, 'prev');
  if (f === 'write' && type === 'write_ok') return { prev, version, index };
  if (f === 'cas' && type === 'cas_ok') return { prev, swapped: true, version, index };
  if (f === 'cas' && (missing || (type === 'error' && code === Code.preconditionFailed))) {
    return { prev, swapped: false, version, index };
  }
  throw new Error(`a ${f} was answered ${JSON.stringify(body)}`);
}

function textOf(body: Body, field: string): string | null {
  const value = body[field];
  if (typeof value === 'string' || value === null) return value;
  throw new Error(`an answer has no ${field}: ${JSON.stringify(body)}`);
}
