import { type Daemon, startDaemon } from './daemon.js';
import type { DaemonOptions } from './daemon-options.js';

const signalExit = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof signalExit;

/** After this time what still holds the process does not hold it any longer, in milliseconds. */
const lingerMs = 5000;

/**
 * A node in the foreground: starts it, prints the one line on stdout that says so, and resolves when a signal, or the parent that
 * closed its channel, has stopped it cleanly. A second signal ends the process at once.
 * @throws RaftctlError where it cannot start, or cannot go on
 */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  // Data and logs are for the owner's eyes alone, whoever creates the files.
  process.umask(0o077);
  // Node warns of TLS to an address without a host name; who runs a node can do nothing about it.
  process.noDeprecation = true;
  process.on('unhandledRejection', onUnhandledRejection);
  const stop = stopRequested();
  const daemon = await startDaemon(options);
  process.stdout.write(`node ${options.id} listening on ${daemon.address}\n`);
  try {
    await Promise.race([stop.requested, daemon.failed]);
  } catch (thrown) {
    // What cannot be closed any more is cut off: whoever watches this process must not take that for a clean end.
    process.exitCode = 1;
    throw thrown;
  } finally {
    await close(daemon);
    stop.release();
  }
}

/**
 * Of the writes that a failed disk takes with it lmdb rejects one promise each, some of which it gives to nobody. The store has told of the
 * failure by then, and the node is to stop in order. Whatever else nobody looks at ends the process, as it would without this.
 */
function onUnhandledRejection(reason: unknown): void {
  if (!(reason instanceof Error && 'commitError' in reason && reason.commitError instanceof Promise)) throw reason;
  reason.commitError.catch(() => undefined);
}

async function close(daemon: Daemon): Promise<void> {
  setTimeout(() => process.exit(), lingerMs).unref();
  await daemon.stop();
}

/** Resolves at the first signal to stop, or when a parent that watches this process closes its channel. */
function stopRequested(): { requested: Promise<void>; release(): void } {
  let request = () => {};
  const requested = new Promise<void>((resolve) => {
    request = resolve;
  });
  let seen = false;
  const onSignal = (signal: StopSignal) => {
    if (seen) process.exit(signalExit[signal]);
    seen = true;
    request();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.once('disconnect', request);
  return {
    requested,
    release() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
      process.off('disconnect', request);
    },
  };
}
