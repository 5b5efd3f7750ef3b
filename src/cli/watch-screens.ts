import { setTimeout as pause } from 'node:timers/promises';
import { RaftctlError } from '../base/errors.js';
import type { ClusterSight, ClusterView } from '../client/index.js';
import { toEnvelope, type Warning } from './envelope.js';
import { documentText } from './output-mode.js';
import { identityOf, sourceOf } from './status-data.js';

/** What one look at the cluster comes to. */
export interface Screen {
  readonly data: object;
  readonly warnings: readonly Warning[];
  /** The same for people. */
  readonly text: string;
}

/** How screens are shown one after the other. */
export interface ScreenOptions {
  /** Name of the type of `data`. */
  readonly kind: string;
  readonly documents: boolean;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  screen(view: ClusterView): Promise<Screen>;
}

const clearScreen = '\u001b[2J\u001b[H';

/** Shows each sight as a screen of its own, or as a document in one line, at most one in `intervalMs`, until the sights end. */
export async function watchScreens(sights: AsyncIterable<ClusterSight>, options: ScreenOptions): Promise<void> {
  for await (const sight of sights) {
    process.stdout.write(options.documents ? await documentOf(sight, options) : await textOf(sight, options));
    await pause(options.intervalMs, undefined, { signal: options.signal }).catch(() => {});
  }
}

async function textOf(sight: ClusterSight, { screen }: ScreenOptions): Promise<string> {
  const text = sight instanceof RaftctlError ? `error: ${sight.message}` : (await screen(sight)).text;
  return process.stdout.isTTY ? `${clearScreen}${text}\n` : `${text}\n\n`;
}

async function documentOf(sight: ClusterSight, { kind, screen }: ScreenOptions): Promise<string> {
  const found = sight instanceof RaftctlError ? undefined : { ...(await screen(sight)), view: sight };
  const error = sight instanceof RaftctlError ? sight : sight.absence;
  const outcome = {
    kind,
    data: found?.data ?? null,
    error,
    source: found && sourceOf(found.view),
    cluster: found && identityOf(found.view),
    warnings: found?.warnings ?? [],
  };
  return documentText(toEnvelope(outcome, new Date()), 'ndjson');
}

/** `--watch=5s` as the two flags that it stands for: the value of a flag cannot be left out otherwise. */
export function withWatchInterval(argv: readonly string[]): string[] {
  return argv.flatMap((arg) => {
    const value = /^--watch=(.+)$/.exec(arg)?.[1];
    return value === undefined ? [arg] : ['--watch', `--interval=${value}`];
  });
}
