import { RaftctlError } from '../../base/errors.js';
import type { Client } from '../../client/index.js';
import { toEventData } from '../events-data.js';
import { INTERRUPTED_EXIT } from '../interrupted.js';
import type { Style } from '../style.js';
import { FullScreen } from './full-screen.js';
import { topScreen } from './top-screen.js';
import { emptyState, press, sample, seeCluster, seeEvent, type TopState } from './top-state.js';

/** Least time between two frames. */
const frameMs = 250;
const secondMs = 1000;
/** Events of before that are shown. */
const eventsBefore = 50;

/** Ctrl-C, which a terminal in raw mode hands over as a key. */
const interruptKey = '\u0003';

/** Narrowest terminal that the table fits. */
export const topWidthMin = 80;

/** How it is shown. */
export interface TopOptions {
  readonly style: Style;
  readonly unicode: boolean;
}

/**
 * Shows the cluster on the whole terminal until `q` or Ctrl-C; changes nothing. One stream from each node carries what is shown, and one
 * more the events; a frame asks nobody.
 */
export async function runTop(client: Client, options: TopOptions): Promise<void> {
  const stop = new AbortController();
  let state: TopState = emptyState;
  let isDue = true;
  const change = (next: TopState) => {
    state = next;
    isDue = true;
  };
  const onKey = (key: string) => {
    const next = press(state, key);
    if (next !== undefined) change(next);
    else stop.abort();
    if (key === interruptKey) process.exitCode = INTERRUPTED_EXIT;
    if (next !== undefined) draw();
  };
  const screen = new FullScreen(process.stdout, process.stdin, onKey, () => draw());
  const draw = () => {
    isDue = false;
    screen.draw(topScreen(state, new Date(), { ...screen.size, ...options }));
  };
  const frames = setInterval(() => isDue && draw(), frameMs);
  const seconds = setInterval(() => change(sample(state, Date.now())), secondMs);
  draw();
  try {
    await Promise.race([
      followCluster(client, stop.signal, (sight) => change(seeCluster(state, sight, new Date()))),
      followEvents(client, stop.signal, (event) => change(seeEvent(state, event))),
      aborted(stop.signal),
    ]);
  } finally {
    stop.abort();
    clearInterval(frames);
    clearInterval(seconds);
    screen.close();
  }
}

async function followCluster(
  client: Client,
  signal: AbortSignal,
  see: (sight: Parameters<typeof seeCluster>[1]) => void,
): Promise<void> {
  for await (const sight of client.watch(signal)) see(sight);
}

/** Events of before, and then as they happen. Where nobody tells them the rest is shown all the same. */
async function followEvents(
  client: Client,
  signal: AbortSignal,
  see: (event: Parameters<typeof seeEvent>[1]) => void,
): Promise<void> {
  try {
    const { events } = await client.listEvents({ since: 0, types: [], limit: eventsBefore });
    for (const event of events) see(toEventData(event));
    const since = events.at(-1)?.seq ?? 0;
    for await (const event of client.watchEvents({ since }, signal)) see(toEventData(event));
  } catch (thrown) {
    if (!(thrown instanceof RaftctlError)) throw thrown;
    await aborted(signal);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
