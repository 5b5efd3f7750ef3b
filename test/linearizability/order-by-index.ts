import type { Operation } from './history.js';
import { ABSENT, type RegisterState, stepRegister } from './register-model.js';

/** Operations placed before it is given up. */
const TRIALS_MAX = 200_000;

/**
 * Whether there is an order of the operations in which those that were answered stand as the log has them, by index. Such an order shows that
 * they are linearizable, whatever the indexes are worth; that there is none shows nothing. Of many operations without an answer it finds in no
 * time which took effect, where a search through all orders tries every choice of them: an answer tells the value and the version before it,
 * and so how many writes are missing and which was the last.
 */
export function hasOrderByIndex(operations: readonly Operation[]): boolean {
  return new OrderByIndex(operations).exists();
}

class OrderByIndex {
  readonly #answered: readonly Operation[];
  /** Those without an answer, first those whose value nobody was told of: they are missed least. */
  readonly #hidden: readonly Operation[];
  /** When the first of the answered operations from this place on was over: who is called later cannot stand before it. */
  readonly #overAt: number[];
  readonly #placed = new Set<Operation>();
  #trials = 0;

  constructor(operations: readonly Operation[]) {
    this.#answered = operations.filter(({ answer }) => answer !== undefined).sort(byIndex);
    const told = new Set(this.#answered.flatMap(({ answer }) => [answer?.value, answer?.prev]));
    const isTold = ({ call }: Operation) => Number(told.has(written(call)));
    this.#hidden = operations
      .filter(({ answer }) => answer === undefined)
      .sort((a, b) => isTold(a) - isTold(b) || a.calledAt - b.calledAt);
    this.#overAt = [];
    let overAt = Number.POSITIVE_INFINITY;
    for (const { returnedAt } of [...this.#answered].reverse()) {
      overAt = Math.min(overAt, returnedAt);
      this.#overAt.unshift(overAt);
    }
  }

  exists(): boolean {
    const isInTime = this.#answered.every(({ calledAt }, at) => calledAt <= (this.#overAt[at] ?? 0));
    return isInTime && this.#place(0, ABSENT);
  }

  /** Whether the answered operations from this place on can follow a register of this state. */
  #place(at: number, state: RegisterState): boolean {
    const next = this.#answered[at];
    if (next === undefined) return true;
    if (++this.#trials > TRIALS_MAX) return false;
    const after = stepRegister(state, next.call, next.answer);
    if (after !== undefined) return this.#place(at + 1, after);
    const wanted = stateBefore(next);
    return this.#hidden.some((hidden) => {
      if (this.#placed.has(hidden) || hidden.calledAt > (this.#overAt[at] ?? 0)) return false;
      const then = stepRegister(state, hidden.call, undefined);
      if (then === undefined || then === state || !mayLeadTo(then, wanted)) return false;
      this.#placed.add(hidden);
      if (this.#place(at, then)) return true;
      this.#placed.delete(hidden);
      return false;
    });
  }
}

/** By index; what reads the state up to an index comes behind what was done there. */
function byIndex(a: Operation, b: Operation): number {
  const isRead = ({ call }: Operation) => Number(call.f === 'read');
  return (a.answer?.index ?? 0) - (b.answer?.index ?? 0) || isRead(a) - isRead(b) || a.calledAt - b.calledAt;
}

function written(call: Operation['call']): string | null | undefined {
  if (call.f === 'write') return call.value;
  return call.f === 'cas' ? call.to : null;
}

/** What an answer says of the register before it; of a delete no version. */
function stateBefore({ call, answer }: Operation): { value: string | null; version: number | undefined } {
  const { value = null, prev = null, version = 0, swapped } = answer ?? {};
  if (call.f === 'read') return { value, version };
  if (call.f === 'delete') return { value: prev, version: undefined };
  return { value: prev, version: call.f === 'cas' && swapped !== true ? version : version - 1 };
}

function mayLeadTo(state: RegisterState, wanted: ReturnType<typeof stateBefore>): boolean {
  if (wanted.version === undefined || state.version === wanted.version) return state.value === wanted.value;
  return state.version < wanted.version;
}
