import { RaftctlError } from '../base/errors.js';
import type { Client, WatchOptions } from '../client/index.js';
import { runForEvent } from './event-command.js';
import { type EventData, eventLine, toEventData } from './events-data.js';

/** What becomes of each event. */
export interface EventSink {
  /** One JSON document a line instead of a line for people. */
  readonly documents: boolean;
  /** Command of the shell to run for each. */
  readonly exec: string | undefined;
  readonly signal: AbortSignal;
  /** Says what goes on beside the events. */
  readonly say: (line: string) => void;
}

/** Writes each event as it happens, until the signal is aborted. @throws RaftctlError when no node answers any more */
export async function writeEvents(client: Client, options: WatchOptions, sink: EventSink): Promise<void> {
  await warnOfGap(client, options, sink);
  const onMove = (address: string, reason: RaftctlError) => sink.say(`${reason.message}; going on at ${address}`);
  for await (const happened of client.watchEvents({ ...options, onMove }, sink.signal)) {
    const event = toEventData(happened);
    process.stdout.write(`${sink.documents ? JSON.stringify(event) : eventLine(event)}\n`);
    if (sink.exec !== undefined) await runIt(sink.exec, event, sink.say);
  }
}

/** Old events are forgotten: who goes on after one of them should know that something is missing. */
async function warnOfGap(client: Client, { since }: WatchOptions, { say }: EventSink): Promise<void> {
  if (since === undefined || since === 0) return;
  const { oldest } = await client.listEvents({ since, types: [], limit: 1 });
  if (oldest > since + 1) say(`warning: what happened before ${oldest} is forgotten; ${since} was asked for`);
}

async function runIt(command: string, event: EventData, say: (line: string) => void): Promise<void> {
  const failure = await runForEvent(command, event);
  if (failure !== undefined) say(`warning: the command for event ${event.seq} ${failure}`);
}

/** @param what is written, one a line @throws RaftctlError E_USAGE for a form that is for one document */
export function requireLines(format: string, what = 'events'): void {
  if (format !== 'json' && format !== 'yaml') return;
  throw new RaftctlError('E_USAGE', `${what} are many documents: ${format} is for one`, { hint: 'use -o ndjson' });
}
