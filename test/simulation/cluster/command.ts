import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { type Tracer, traceLine } from '../../../src/raft/trace.js';
import { flag, oneOf, readOptions, text, UsageError, wholeNumber } from '../../command-line/options.js';
import { historyLine } from '../../linearizability/history.js';
import { type Outcome, type RunOptions, simulateCluster } from './cluster-simulation.js';
import { addRun, describeFigures, type Figures, newFigures, writeFigures } from './figures.js';
import { playInJobs } from './jobs.js';
import { MIXTURES, PROFILES, profileOf, secondsOf } from './profile.js';
import { shrink } from './shrink.js';

const USAGE = `npm run sim -- [options]: plays clusters of whole nodes under faults, in virtual time.

  --seed S        first seed (default: by the clock)
  --seeds N       how many (default: 1 with --seed, else 100)
  --minutes M     as many seeds as fit into M minutes instead
  --jobs N        in so many processes at once (default: 1); not with --minutes
  --keep-going    goes on behind a run that fails
  --twice N       plays the first N seeds a second time, which must go the same way
  --profile P     ${PROFILES.join(', ')};
                  mix, the default: one after the other of them, but for long; all: four of long to each of mix
  --seconds T     virtual seconds of chaos a run (default: 1150 of long, 15 of the others)
  --without A,B   leaves out the faults of these numbers
  --shrink        of a run that fails, looks for the fewest faults and the shortest time with which it still does
  --history FILE  writes what the clients saw, as lines of JSON
  --trace FILE    writes the events of all cores, in the form of etcd/raft's state trace
  --json FILE     writes the figures
`;

/** `stride` and `quiet` are for the processes of `--jobs`; `mutant` is read before this is loaded. */
const OPTIONS = {
  ...{ seed: text, seeds: text, minutes: text, jobs: text, twice: text, profile: text, seconds: text, without: text },
  ...{ history: text, trace: text, json: text, mutant: text, stride: text },
  ...{ shrink: flag, 'keep-going': flag, quiet: flag },
} as const;

/** Runs after which the figures so far are written, as a run of hours may be ended. */
const RUNS_BETWEEN_FIGURES = 10;

/** Which seeds are played. */
interface Which {
  readonly first: number;
  readonly seeds: number;
}

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  return readOptions(USAGE, OPTIONS, args);
}

export async function main(args: readonly string[]): Promise<void> {
  const values = parse(args);
  const first = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const seeds = values.minutes === undefined ? seedsOf(values) : Number.POSITIVE_INFINITY;
  const jobs = wholeNumber('jobs', values.jobs ?? '1');
  const startedMs = Date.now();
  const write = (figures: Figures) => {
    if (values.json !== undefined) writeFigures(values.json, figures, (Date.now() - startedMs) / 1000);
  };
  const which = { first, seeds };
  const figures = await (jobs > 1 ? playJobs(values, jobs, which, write) : playSeeds(values, which, write));
  if (values.quiet !== true) process.stdout.write(describeFigures(figures));
  write(figures);
  if (figures.failures.length > 0 || figures.playedTwice.differed > 0) process.exitCode = 1;
}

function seedsOf({ seed, seeds }: Values): number {
  return wholeNumber('seeds', seeds ?? (seed === undefined ? '100' : '1'));
}

function playJobs(
  values: Values,
  jobs: number,
  which: Which,
  onProgress: (figures: Figures) => void,
): Promise<Figures> {
  const alone = ['minutes', 'shrink', 'history', 'trace'] as const;
  for (const name of alone) if (values[name] !== undefined) throw new UsageError(`--${name} is for one process`);
  const passed = (['profile', 'seconds', 'without', 'mutant'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  );
  const twice = Math.ceil(wholeNumber('twice', values.twice ?? '0') / jobs);
  const flags = values['keep-going'] === true ? ['--keep-going'] : [];
  return playInJobs(jobs, [...passed, ...flags, '--twice', `${twice}`], which, onProgress);
}

async function playSeeds(
  values: Values,
  { first, seeds }: Which,
  onProgress: (figures: Figures) => void,
): Promise<Figures> {
  const minutes = Number(values.minutes ?? Number.POSITIVE_INFINITY);
  if (!(minutes > 0)) throw new UsageError('--minutes takes a number above 0');
  const untilMs = Date.now() + 60_000 * minutes;
  const profile = oneOf('profile', values.profile ?? 'mix', [...MIXTURES, ...PROFILES]);
  const without = (values.without ?? '').split(',').filter(Boolean);
  const withoutFaults = new Set(without.map((fault) => wholeNumber('without', fault)));
  const stride = wholeNumber('stride', values.stride ?? '1');
  const twice = wholeNumber('twice', values.twice ?? '0');
  const trace = openTrace(values.trace);
  const figures = newFigures(first);
  for (let played = 0; played < seeds && Date.now() < untilMs; played++) {
    const seed = first + played * stride;
    const name = profileOf(seed, profile);
    const chaosMs = 1000 * wholeNumber('seconds', values.seconds ?? String(secondsOf(name)));
    const run = { seed, profile: name, chaosMs, withoutFaults, tracer: trace?.tracer };
    const outcome = await measured(run, figures);
    if (played < twice) await playAgain(outcome, figures);
    if (values.history !== undefined) writeFileSync(values.history, outcome.history.map(historyLine).join(''));
    if (outcome.failure !== undefined) {
      report(outcome, figures);
      if (values.shrink === true) await reportSmaller(run, outcome);
      if (values['keep-going'] !== true) break;
    }
    if (played % RUNS_BETWEEN_FIGURES === RUNS_BETWEEN_FIGURES - 1) onProgress(figures);
    if (seeds === 1) process.stdout.write(`${JSON.stringify(outcome.profile)}\ndigest ${outcome.digest}\n`);
  }
  trace?.close();
  return figures;
}

async function measured(run: RunOptions, figures: Figures): Promise<Outcome> {
  const before = process.cpuUsage();
  const outcome = await simulateCluster(run);
  const { user, system } = process.cpuUsage(before);
  addRun(figures, outcome, (user + system) / 1_000_000);
  return outcome;
}

async function playAgain({ options, digest }: Outcome, { playedTwice }: Figures): Promise<void> {
  const again = await simulateCluster({ ...options, tracer: undefined });
  playedTwice.seeds++;
  if (again.digest === digest) return;
  playedTwice.differed++;
  process.stdout.write(`${commandFor(options)} went another way the second time\n`);
}

function report({ options, profile, failure }: Outcome, { failures }: Figures): void {
  for (const line of failure?.tail ?? []) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(profile)}\n${failure?.error.stack ?? ''}\n`);
  const cause = failure?.error.cause;
  if (cause instanceof Error) process.stdout.write(`because of ${cause.stack}\n`);
  const [message, again] = [failure?.error.message ?? '', commandFor(options)];
  process.stdout.write(`failed: ${message}\nagain: ${again}\n`);
  failures.push({ seed: options.seed, profile: options.profile, message, again });
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
