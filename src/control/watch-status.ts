import { setTimeout as pause } from 'node:timers/promises';
import type { WatchStatusResponse } from '../gen/raftctl/v1/cluster.js';
import type { NodeApi } from '../node/node-api.js';

/** Least time between two answers of one watcher, in milliseconds. */
const watchIntervalMs = 100;

/**
 * The node's status now and again after each change, at most ten times a second. It is read when the watcher asks for the next one:
 * whoever is slow sees fewer states, never older ones, and nothing queues up for it.
 */
export async function* watchStatus(node: NodeApi, signal: AbortSignal): AsyncGenerator<WatchStatusResponse> {
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
