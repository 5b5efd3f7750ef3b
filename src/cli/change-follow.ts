import type { ChangeMembersRequest, ChangeMembersResponse, ChangePlan } from '../client/index.js';
import { hasEnded } from './change-end.js';
import { toCatchUpData } from './change-record-data.js';
import type { ChangeReport } from './change-report.js';
import { INTERRUPTED_EXIT } from './interrupted.js';
import { whenNumbers } from './promotion-flags.js';
import { phaseNames } from './wire-names.js';

/** How long a command stays with a change, and whom it tells. */
export interface FollowOptions {
  /** Id of the change, for who is to come back to it. */
  readonly id: string;
  readonly report: ChangeReport;
  /** False: only until the change has begun. */
  readonly wait: boolean;
  readonly waitTimeoutMs: number;
  /** Phases that are as far as the change goes by itself: joint, where it is left by hand; ready, where something has to promote. */
  readonly restsIn: readonly string[];
  /** Writes one document of several. */
  readonly emit: (document: unknown) => Promise<void>;
  readonly onPlan?: (plan: ChangePlan) => void;
}

/** How far a command came with a change. */
export interface Followed {
  readonly plan: ChangePlan | undefined;
  readonly last: ChangeMembersResponse | undefined;
  /** The change goes on without the command. */
  readonly detached: boolean;
}

/**
 * Follows a change: until it has ended, or the time to wait is over. Ctrl-C ends the command, never the change, and says how to come back.
 * @param open the events of the change, until the signal is aborted
 */
export async function followChange(
  open: (signal: AbortSignal) => AsyncIterable<ChangeMembersResponse>,
  options: FollowOptions,
): Promise<Followed> {
  const { report, wait, waitTimeoutMs, restsIn } = options;
  const stop = new AbortController();
  const detach = () => {
    report.end();
    process.stderr.write(
      `\ndetached: the change goes on. Come back to it with: raftctl member change watch ${options.id}\n`,
    );
    process.exit(INTERRUPTED_EXIT);
  };
  process.once('SIGINT', detach);
  const timer = setTimeout(() => stop.abort(), waitTimeoutMs);
  let plan: ChangePlan | undefined;
  let last: ChangeMembersResponse | undefined;
  try {
    for await (const event of open(stop.signal)) {
      last = event;
      // What is to be said of the plan stands above the report, which may be drawn over what is below it.
      if (event.plan !== undefined) options.onPlan?.(event.plan);
      report.see(event);
      for (const document of eventDocuments(event, new Date())) await options.emit(document);
      if (event.plan !== undefined) {
        plan = event.plan;
        // Planned is not begun: what is told next has begun.
        continue;
      }
      if (!wait || restsIn.includes(phaseNames[event.phase])) break;
    }
  } finally {
    stop.abort();
    report.end();
    clearTimeout(timer);
    process.off('SIGINT', detach);
  }
  return { plan, last, detached: isDetached(last, restsIn) };
}

function isDetached(last: ChangeMembersResponse | undefined, restsIn: readonly string[]): boolean {
  if (last === undefined || last.unchanged) return false;
  const phase = phaseNames[last.phase];
  return !hasEnded(phase) && !restsIn.includes(phase);
}

/** Phases in which the change of a request waits for somebody, or something, before it goes on. */
export function restingPhases({
  explicitLeave,
  promotion,
}: Pick<ChangeMembersRequest, 'explicitLeave' | 'promotion'>): string[] {
  const waits = promotion !== undefined && promotion.when !== whenNumbers.ready;
  return [...(explicitLeave ? ['joint'] : []), ...(waits ? ['ready'] : [])];
}

/** An event as programs read it: one line, or while nodes catch up one for each of them. */
export function eventDocuments(
  { changeId, phase, text, catchUp }: ChangeMembersResponse,
  now: Date,
): Readonly<Record<string, unknown>>[] {
  const head = { kind: 'ChangeEvent', changeId, phase: phaseNames[phase] };
  const ts = now.toISOString();
  if (catchUp.length === 0) return [{ ...head, text, ts }];
  return catchUp.map((caught) => {
    const { id: node, ...fields } = toCatchUpData(caught);
    return { ...head, node, ...fields, text, ts };
  });
}
