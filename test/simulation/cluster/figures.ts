import { renameSync, writeFileSync } from 'node:fs';
import type { Outcome } from './cluster-simulation.js';
import { missedSometimes } from './sometimes.js';

/** How much was played, and what it took. */
interface Amount {
  runs: number;
  simulatedHours: number;
  /** Of the processor, of all threads. */
  cpuSeconds: number;
  events: number;
  checks: number;
  faults: number;
  /** Calls of clients that were answered. */
  operations: number;
}

/** A run that broke a rule. */
interface Failed {
  readonly seed: number;
  readonly profile: string;
  readonly message: string;
  readonly again: string;
}

/** The figures of a number of runs, as `--json` writes them. */
export interface Figures {
  readonly firstSeed: number;
  readonly total: Amount;
  readonly profiles: Record<string, Amount>;
  /** Seeds that were played a second time, and how many of them went another way. */
  readonly playedTwice: { seeds: number; differed: number };
  readonly failures: Failed[];
  readonly counters: Record<string, number>;
}

const nothing = (): Amount => ({
  ...{ runs: 0, simulatedHours: 0, cpuSeconds: 0 },
  ...{ events: 0, checks: 0, faults: 0, operations: 0 },
});

export function newFigures(firstSeed: number): Figures {
  return {
    ...{ firstSeed, total: nothing(), profiles: {} },
    ...{ playedTwice: { seeds: 0, differed: 0 }, failures: [], counters: {} },
  };
}

/** Counts a run. @param cpuSeconds what it took of the processor */
export function addRun(figures: Figures, outcome: Outcome, cpuSeconds: number): void {
  const { events, checks, faults, virtualMs, counters, history, options } = outcome;
  const operations = history.filter(({ type }) => type === 'ok').length;
  const run = { runs: 1, simulatedHours: virtualMs / 3_600_000, cpuSeconds, events, checks, faults, operations };
  addAmount(figures, options.profile, run);
  for (const [what, count] of counters.counts) addCount(figures, what, count);
}

/** Counts what another process has played. */
export function addFigures(figures: Figures, other: Figures): void {
  for (const [profile, amount] of Object.entries(other.profiles)) addAmount(figures, profile, amount);
  for (const [what, count] of Object.entries(other.counters)) addCount(figures, what, count);
  figures.playedTwice.seeds += other.playedTwice.seeds;
  figures.playedTwice.differed += other.playedTwice.differed;
  figures.failures.push(...other.failures);
}

/** In a few lines, as the command prints it. */
export function describeFigures({ firstSeed, total, profiles, playedTwice, failures, counters }: Figures): string {
  const rare = missedSometimes((what) => counters[what] ?? 0);
  const { runs, simulatedHours, events, faults, operations, checks, cpuSeconds } = total;
  const lines = [
    `${runs} runs from seed ${firstSeed}: ${simulatedHours.toFixed(2)} simulated hours, ${events} events, ${faults} faults, ${operations} answered calls, ` +
      `${checks} checks, ${counters['leader elected'] ?? 0} elections, ${cpuSeconds.toFixed(1)} s of processor time, ${timesReal(total)} times real time`,
    ...Object.entries(profiles)
      .sort()
      .map(
        ([name, amount]) =>
          `  ${name.padEnd(8)} ${amount.runs} runs, ${amount.simulatedHours.toFixed(2)} h, ${timesReal(amount)} times real time`,
      ),
    ...(playedTwice.seeds > 0
      ? [`${playedTwice.seeds} seeds played twice: ${playedTwice.differed} went another way`]
      : []),
    ...(runs > 50 && rare.length > 0 ? [`never met: ${rare.join(', ')}`] : []),
    ...failures.map(({ seed, profile, message, again }) => `seed ${seed} of ${profile}: ${message}\n  again: ${again}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes them as JSON, counters in the order of their names; whoever reads the file meanwhile has all of the one or of the other. */
export function writeFigures(path: string, figures: Figures, seconds: number): void {
  const { total, profiles, counters } = figures;
  const withSpeed = (amount: Amount) => ({ ...amount, timesRealTime: timesReal(amount) });
  const all = {
    ...figures,
    seconds,
    total: withSpeed(total),
    profiles: Object.fromEntries(sorted(profiles).map(([name, amount]) => [name, withSpeed(amount)])),
    missed: missedSometimes((what) => counters[what] ?? 0),
    counters: Object.fromEntries(sorted(counters)),
  };
  writeFileSync(`${path}.new`, `${JSON.stringify(all, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));
}

function timesReal({ simulatedHours, cpuSeconds }: Amount): number {
  return cpuSeconds === 0 ? 0 : Math.round((simulatedHours * 3600) / cpuSeconds);
}

function addAmount(figures: Figures, profile: string, amount: Amount): void {
  figures.profiles[profile] = sum(figures.profiles[profile] ?? nothing(), amount);
  Object.assign(figures.total, sum(figures.total, amount));
}

function sum(left: Amount, right: Amount): Amount {
  return {
    runs: left.runs + right.runs,
    simulatedHours: left.simulatedHours + right.simulatedHours,
    cpuSeconds: left.cpuSeconds + right.cpuSeconds,
    events: left.events + right.events,
    checks: left.checks + right.checks,
    faults: left.faults + right.faults,
    operations: left.operations + right.operations,
  };
}

function addCount({ counters }: Figures, what: string, count: number): void {
  counters[what] = (counters[what] ?? 0) + count;
}
