import { setTimeout as pause } from 'node:timers/promises';
import type { WatchStatusResponse } from '../gen/raftctl/v1/cluster.js';
import type { NodeApi } from '../node/node-api.js';

/** Least time between two answers of one watcher, in milliseconds. */
const watchIntervalMs = 100;

/** Answers to all watchers together, a second. Each costs about as much as a call, and what is news to one is news to all. */
const answersPerSecondMax = 250;

/** Has the watchers of a node answered one after the other, and not all of them in one turn of the event loop. */
export class AnswerSlots {
  #nextMs = 0;

  /** Takes the next slot that is free. @returns milliseconds until then */
  take(nowMs: number): number {
    const slotMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = slotMs + 1000 / answersPerSecondMax;
    return slotMs - nowMs;
  }
}

/**
 * The node's status now and again after each change, at most ten times a second, and less often where there are many watchers. It is read when the watcher asks for the next one:
 * whoever is slow sees fewer states, never older ones, and nothing queues up for it.
 */
export async function* watchStatus(
  node: NodeApi,
  slots: AnswerSlots,
  signal: AbortSignal,
): AsyncGenerator<WatchStatusResponse> {
  let changed = true;
  let wake = () => {};
  const onChange = () => {
    changed = true;
    wake();
  };
  const unsubscribe = node.onStatusChange(onChange);
  signal.addEventListener('abort', onChange, { once: true });
  try {
    while (!signal.aborted) {
      if (changed) {
        const waitMs = slots.take(performance.now());
        if (waitMs > 0) await pause(waitMs, undefined, { signal });
        changed = false;
        yield { status: node.status() };
        await pause(watchIntervalMs, undefined, { signal });
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', onChange);
    unsubscribe();
  }
}
