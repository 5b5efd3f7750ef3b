import type { EventEmitter } from 'node:events';
import { RaftctlError } from '../base/errors.js';

/**
 * Settles as `work` does, or rejects with the signal's reason when that is aborted. Work that listens to the signal itself is left
 * one turn of the event loop to say better than the reason what became of it.
 */
export function orCutOff<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => setImmediate(() => reject(signal.reason));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const onFailure = (error: unknown) => reject(signal.aborted && isAbortError(error) ? signal.reason : error);
    work.then(resolve, onFailure).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** What timers and events of Node reject with when their signal is aborted: says less than the signal's own reason. */
function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/**
 * Waits until a stream whose `write` returned false has room again.
 * @param stallMs milliseconds after which a reader that takes nothing is given up with E_CONN_TIMEOUT
 */
export function drained(stream: EventEmitter, signal: AbortSignal, stallMs: number): Promise<void> {
  let settle = () => {};
  const room = new Promise<void>((resolve, reject) => {
    const giveUp = () => reject(new RaftctlError('E_CONN_TIMEOUT', `the reader took nothing for ${stallMs} ms`));
    const timer = setTimeout(giveUp, stallMs);
    stream.once('drain', resolve);
    settle = () => {
      clearTimeout(timer);
      stream.off('drain', resolve);
    };
  });
  return orCutOff(room, signal).finally(settle);
}
