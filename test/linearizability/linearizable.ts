import type { Operation } from './history.js';
import { hasOrderByIndex } from './order-by-index.js';
import { ABSENT, type RegisterState, stepRegister } from './register-model.js';

/** Places tried before the search gives up: a history of a few hundred operations takes a few thousand. */
const TRIALS_MAX = 2_000_000;

/** `unknown`: the search was given up. */
export type Verdict = 'yes' | 'no' | 'unknown';

/** One end of an operation, in a list by time. */
interface End {
  readonly operation: number;
  readonly isCall: boolean;
  before: End | undefined;
  after: End | undefined;
}

/**
 * Whether the operations on one register have an order in which each takes effect at one moment between its call and its return, as if there
 * were one copy of it. The search of Wing and Gong with the memory of Lowe: what is placed already, and the state that it leads to, is tried
 * once only. An operation without an answer may be placed anywhere behind its call, or left out. Where so many have none that the search is given up,
 * the order of the log is tried.
 */
export function isLinearizable(operations: readonly Operation[], trialsMax = TRIALS_MAX): Verdict {
  const verdict = new Search(operations).run(trialsMax);
  return verdict === 'unknown' && hasOrderByIndex(operations) ? 'yes' : verdict;
}

class Search {
  readonly #head: End = { operation: -1, isCall: false, before: undefined, after: undefined };
  readonly #ends: { call: End; back: End }[] = [];
  /** Bits of the operations that are placed. */
  readonly #placed: Uint32Array;
  /** Sets of placed operations that were tried, by the state that they lead to and a hash of theirs. */
  readonly #tried = new Map<string, Uint32Array[]>();
  /** Operations that have an answer and are not placed. */
  #left: number;

  constructor(readonly operations: readonly Operation[]) {
    this.#placed = new Uint32Array(Math.ceil(operations.length / 32));
    this.#left = operations.filter(({ answer }) => answer !== undefined).length;
    const ends = operations.flatMap(({ calledAt, returnedAt }, operation) => {
      const call: End = { operation, isCall: true, before: undefined, after: undefined };
      const back: End = { operation, isCall: false, before: undefined, after: undefined };
      this.#ends.push({ call, back });
      return [
        { at: calledAt, end: call },
        { at: returnedAt, end: back },
      ];
    });
    let last = this.#head;
    for (const { end } of ends.sort((a, b) => (a.at === b.at ? a.end.operation - b.end.operation : a.at - b.at))) {
      end.before = last;
      last.after = end;
      last = end;
    }
  }

  run(trialsMax: number): Verdict {
    const stack: { readonly end: End; readonly state: RegisterState }[] = [];
    let state = ABSENT;
    let next = this.#head.after;
    for (let trials = 0; this.#left > 0; ) {
      if (next === undefined) return 'no';
      if (next.isCall) {
        if (++trials > trialsMax) return 'unknown';
        const { call, answer } = this.#operationOf(next);
        const after = stepRegister(state, call, answer);
        if (after !== undefined && this.#isNew(next.operation, after)) {
          stack.push({ end: next, state });
          this.#place(next.operation);
          state = after;
          next = this.#head.after;
        } else next = next.after;
        continue;
      }
      // Somebody had an answer by now whose operation is not placed: what was placed last must go elsewhere.
      const back = stack.pop();
      if (back === undefined) return 'no';
      state = back.state;
      this.#takeBack(back.end.operation);
      next = back.end.after;
    }
    return 'yes';
  }

  #operationOf({ operation }: End): Operation {
    return this.operations[operation] as Operation;
  }

  /** Whether this operation on top of those that are placed, with this state, was not tried before; notes it. */
  #isNew(operation: number, { value, version }: RegisterState): boolean {
    const set = this.#placed.slice();
    set[operation >>> 5] = (set[operation >>> 5] ?? 0) | (1 << (operation & 31));
    let hash = 0;
    for (const word of set) hash = (Math.imul(hash, 31) + word) | 0;
    const key = `${hash} ${version} ${value}`;
    const same = this.#tried.get(key);
    if (same === undefined) {
      this.#tried.set(key, [set]);
      return true;
    }
    if (same.some((other) => other.every((word, at) => word === set[at]))) return false;
    same.push(set);
    return true;
  }

  #place(operation: number): void {
    this.#flip(operation, -1);
    const { call, back } = this.#ends[operation] as { call: End; back: End };
    for (const end of [call, back]) {
      if (end.before !== undefined) end.before.after = end.after;
      if (end.after !== undefined) end.after.before = end.before;
    }
  }

  #takeBack(operation: number): void {
    this.#flip(operation, 1);
    const { call, back } = this.#ends[operation] as { call: End; back: End };
    for (const end of [back, call]) {
      if (end.before !== undefined) end.before.after = end;
      if (end.after !== undefined) end.after.before = end;
    }
  }

  #flip(operation: number, change: number): void {
    const at = operation >>> 5;
    this.#placed[at] = (this.#placed[at] ?? 0) ^ (1 << (operation & 31));
    if (this.operations[operation]?.answer !== undefined) this.#left += change;
  }
}
