import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Tracer, traceLine } from '../../../src/raft/trace.js';
import { historyLine } from '../../linearizability/history.js';
import { type Outcome, type RunOptions, simulateCluster } from './cluster-simulation.js';
import { Counters } from './counters.js';
import { isProfileName, PROFILES, type ProfileName, profileOf } from './profile.js';
import { shrink } from './shrink.js';
import { missedSometimes } from './sometimes.js';

const USAGE = `npm run sim -- [options]: plays clusters of whole nodes under faults, in virtual time.

  --seed S        first seed (default: by the clock)
  --seeds N       how many (default: 1 with --seed, else 100)
  --minutes M     as many seeds as fit into M minutes instead
  --profile P     ${PROFILES.join(', ')}; mix, the default, takes one after the other
  --seconds T     virtual seconds of chaos a run (default: 15)
  --without A,B   leaves out the faults of these numbers
  --shrink        of a run that fails, looks for the fewest faults and the shortest time with which it still does
  --history FILE  writes what the clients saw, as lines of JSON
  --trace FILE    writes the events of all cores, in the form of etcd/raft's state trace
  --json FILE     writes the figures
`;

const SECONDS_DEFAULT = '15';

/** The figures of a number of runs. */
interface Totals {
  runs: number;
  events: number;
  checks: number;
  faults: number;
  operations: number;
  virtualMs: number;
  readonly counters: Counters;
}

export async function main(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const options = { seed: text, seeds: text, minutes: text, profile: text, seconds: text, without: text, mutant: text };
  const files = { history: text, trace: text, json: text };
  const flags = { shrink: { type: 'boolean' }, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...options, ...files, ...flags } });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const first = wholeNumber('--seed', values.seed ?? String(Date.now() % 1_000_000));
  const seeds =
    values.minutes !== undefined
      ? Number.POSITIVE_INFINITY
      : Number(values.seeds ?? (values.seed === undefined ? 100 : 1));
  const untilMs = Date.now() + 60_000 * Number(values.minutes ?? Number.POSITIVE_INFINITY);
  const chaosMs = 1000 * wholeNumber('--seconds', values.seconds ?? SECONDS_DEFAULT);
  const profile = values.profile ?? 'mix';
  if (profile !== 'mix' && !isProfileName(profile)) throw new Error(`--profile is one of mix, ${PROFILES.join(', ')}`);
  const without = new Set((values.without ?? '').split(',').filter(Boolean).map(Number));
  const trace = openTrace(values.trace);
  const totals: Totals = {
    runs: 0,
    events: 0,
    checks: 0,
    faults: 0,
    operations: 0,
    virtualMs: 0,
    counters: new Counters(),
  };
  const startedMs = Date.now();
  for (let seed = first; seed < first + seeds && Date.now() < untilMs; seed++) {
    const run = { seed, profile: nameFor(profile, seed), chaosMs, withoutFaults: without, tracer: trace?.tracer };
    const outcome = await simulateCluster(run);
    add(totals, outcome);
    if (values.history !== undefined) writeFileSync(values.history, outcome.history.map(historyLine).join(''));
    if (outcome.failure !== undefined) {
      report(outcome);
      if (values.shrink === true) await reportSmaller(run, outcome);
      process.exitCode = 1;
      break;
    }
    if (seeds === 1) process.stdout.write(`${JSON.stringify(outcome.profile)}\ndigest ${outcome.digest}\n`);
  }
  trace?.close();
  summarise(totals, first, (Date.now() - startedMs) / 1000, values.json);
}

function nameFor(profile: ProfileName | 'mix', seed: number): ProfileName {
  return profile === 'mix' ? profileOf(seed) : profile;
}

function add(totals: Totals, { events, checks, faults, virtualMs, counters, history }: Outcome): void {
  totals.runs++;
  totals.events += events;
  totals.checks += checks;
  totals.faults += faults;
  totals.virtualMs += virtualMs;
  totals.operations += history.filter(({ type }) => type === 'ok').length;
  totals.counters.addAll(counters);
}

function summarise(totals: Totals, first: number, seconds: number, file: string | undefined): void {
  const { runs, events, checks, faults, operations, virtualMs, counters } = totals;
  const hours = virtualMs / 3_600_000;
  const missed = missedSometimes(counters);
  process.stdout.write(
    `${runs} runs from seed ${first}: ${hours.toFixed(2)} simulated hours, ${events} events, ${faults} faults, ${operations} answered calls, ` +
      `${checks} checks, ${counters.of('leader elected')} elections, ${seconds.toFixed(1)} s\n`,
  );
  if (runs > 50 && missed.length > 0) process.stdout.write(`never met: ${missed.join(', ')}\n`);
  if (file === undefined) return;
  const sorted = Object.fromEntries([...counters.counts].sort(([left], [right]) => (left < right ? -1 : 1)));
  const figures = {
    runs,
    firstSeed: first,
    simulatedHours: hours,
    events,
    faults,
    operations,
    checks,
    seconds,
    missed,
    counters: sorted,
  };
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
}

function report({ options, profile, failure }: Outcome): void {
  for (const line of failure?.tail ?? []) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(profile)}\n${failure?.error.stack ?? ''}\n`);
  const cause = failure?.error.cause;
  if (cause instanceof Error) process.stdout.write(`because of ${cause.stack}\n`);
  process.stdout.write(`failed: ${failure?.error.message}\nagain: ${commandFor(options)}\n`);
}

async function reportSmaller(options: RunOptions, outcome: Outcome): Promise<void> {
  const smaller = await shrink(options, outcome);
  for (const line of smaller.failure?.tail ?? []) process.stdout.write(`${line}\n`);
  process.stdout.write(`with ${smaller.faults} of ${outcome.faults} faults: ${smaller.failure?.error.message}\n`);
  process.stdout.write(`again: ${commandFor(smaller.options)}\n`);
}

function commandFor({ seed, profile, chaosMs, withoutFaults }: RunOptions): string {
  const left =
    withoutFaults === undefined || withoutFaults.size === 0 ? '' : ` --without ${[...withoutFaults].join(',')}`;
  return `npm run sim -- --seed ${seed} --profile ${profile} --seconds ${chaosMs / 1000}${left}`;
}

/** The file that was asked for, where one was. */
function openTrace(path: string | undefined): { readonly tracer: Tracer; close(): void } | undefined {
  if (path === undefined) return undefined;
  const file = openSync(path, 'w');
  return { tracer: (event) => void writeSync(file, traceLine(event)), close: () => closeSync(file) };
}

function wholeNumber(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${name} takes a whole number`);
  return number;
}
