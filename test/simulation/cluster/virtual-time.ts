import { hold } from '../ledger.js';

/** One thing that will happen. */
interface Event {
  readonly atMs: number;
  /** Breaks ties: what was asked for first happens first. */
  readonly order: number;
  readonly run: () => void;
}

/** Events at one moment beyond which somebody turns in circles for ever. */
const AT_ONCE_MAX = 50_000;

/** Events in one phase of the runtime, after which it looks at what waits outside: a signal, say. */
const EVENTS_PER_PHASE = 256;

/**
 * The one queue of a run. Nothing happens but what stands in it, one after the other, and time is what the event that happens says.
 *
 * Promises are a part of the program under test, so behind each event all that it made ready to go on goes on, before the next one.
 */
export class VirtualTime {
  nowMs = 0;
  /** Events that have happened. */
  count = 0;
  #order = 0;
  /** Events at the present moment. */
  #atOnce = 0;
  readonly #heap: Event[] = [];

  /** Lets something happen in so many milliseconds. */
  in(delayMs: number, run: () => void): void {
    this.#push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run });
  }

  /** Resolves in so many milliseconds. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.in(delayMs, resolve));
  }

  /**
   * Lets things happen until a moment, or until there is nothing to happen, or `isOver` says so.
   * @param behind called behind each event and all that came of it
   */
  run(untilMs: number, behind: () => void, isOver: () => boolean = () => false): Promise<void> {
    return new Promise((resolve, reject) => {
      let hasRun = false;
      let isDone = false;
      let left = 0;
      const step = () => {
        if (isDone) return;
        try {
          if (hasRun) behind();
          isDone = isOver() || !this.#happen(untilMs);
          hasRun = true;
        } catch (thrown) {
          isDone = true;
          reject(thrown);
        }
        if (isDone) resolve();
        else if (--left <= 0) plan();
      };
      // Promises go on between two of them, until none has anything left to do; a phase of the runtime for each event would cost as much as it.
      const plan = () => {
        for (left = 0; left < EVENTS_PER_PHASE; left++) setImmediate(step);
      };
      left = 1;
      step();
    });
  }

  /** Lets the next thing happen. @returns whether there was one before that moment; if not, it has come */
  #happen(untilMs: number): boolean {
    const next = this.#heap[0];
    if (next === undefined || next.atMs > untilMs) {
      this.nowMs = Math.max(this.nowMs, untilMs);
      return false;
    }
    this.#pop();
    if (next.atMs > this.nowMs) this.#atOnce = 0;
    hold(++this.#atOnce < AT_ONCE_MAX, 'time passes', () => `${AT_ONCE_MAX} events at ${this.nowMs} ms`);
    this.nowMs = Math.max(this.nowMs, next.atMs);
    this.count++;
    next.run();
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Event, event)) break;
      heap[at] = heap[parent] as Event;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Event;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (isBefore(last, heap[child] as Event)) break;
      heap[at] = heap[child] as Event;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(left: Event, right: Event): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
