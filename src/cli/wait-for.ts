import { RaftctlError } from '../base/errors.js';
import type { Client } from '../client/index.js';
import { formatDuration } from './units.js';
import { type Condition, checkAll, type NamedFinding } from './wait-conditions.js';

/** `data` of `wait`. */
export interface WaitData {
  readonly met: boolean;
  readonly conditions: readonly NamedFinding[];
  readonly waitedMs: number;
}

/**
 * Looks, and looks again whenever the cluster changes, until all conditions are met, one cannot be met any more, or the time is over.
 * @param timeoutMs 0 looks once
 * @throws RaftctlError for what waiting does not mend: a wrong address, another cluster
 */
export async function waitFor(
  client: Client,
  conditions: readonly Condition[],
  timeoutMs: number,
  say: (line: string) => void,
): Promise<{ readonly data: WaitData; readonly error: RaftctlError | undefined }> {
  const start = performance.now();
  const stop = new AbortController();
  const timer = timeoutMs === 0 ? undefined : setTimeout(() => stop.abort(), timeoutMs);
  let findings: readonly NamedFinding[] = conditions.map(({ text }) => ({
    ...{ text, met: false, impossible: false },
    detail: 'nothing was seen of the cluster in that time',
  }));
  let problem: RaftctlError | undefined;
  const told = new Map<string, string>();
  try {
    for await (const sight of client.watch(stop.signal)) {
      problem = sight instanceof RaftctlError ? sight : undefined;
      if (problem !== undefined && !problem.retryable && problem.code !== 'E_NOT_BOOTSTRAPPED') throw problem;
      findings =
        sight instanceof RaftctlError
          ? conditions.map(({ text }) => ({ text, met: false, detail: sight.message, impossible: false }))
          : await checkAll(conditions, sight, client);
      for (const { text, met, detail } of findings) {
        const line = `${met ? 'met' : 'not yet'}  ${text}  ${detail}`;
        if (told.get(text) !== line) say(line);
        told.set(text, line);
      }
      if (timeoutMs === 0 || findings.some(({ impossible }) => impossible)) break;
      if (findings.every(({ met }) => met)) break;
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  const met = findings.length > 0 && findings.every((finding) => finding.met);
  const data = { met, conditions: findings, waitedMs: Math.round(performance.now() - start) };
  return { data, error: met ? undefined : notMet(findings, timeoutMs, problem) };
}

function notMet(findings: readonly NamedFinding[], timeoutMs: number, problem: RaftctlError | undefined): RaftctlError {
  const open = findings.filter(({ met }) => !met);
  const facts = [...open.map(({ text, detail }) => `${text}: ${detail}`), ...(problem?.facts ?? [])];
  const never = open.filter(({ impossible }) => impossible).map(({ text }) => text);
  if (never.length > 0)
    return new RaftctlError('E_UNHEALTHY', `will not be met any more: ${never.join(', ')}`, { facts });
  const after = timeoutMs === 0 ? '' : ` within ${formatDuration(timeoutMs)}`;
  return new RaftctlError('E_PENDING', `not met${after}: ${open.map(({ text }) => text).join(', ')}`, { facts });
}

/** One line for each condition. */
export function waitText({ conditions }: WaitData): string {
  return conditions
    .map(({ text, met, impossible, detail }) => `${met ? 'met' : impossible ? 'never' : 'not met'}  ${text}  ${detail}`)
    .join('\n');
}
