import { performance } from 'node:perf_hooks';
import { median } from '../latencies.js';

/** One thing to measure. */
export interface Benchmark {
  readonly name: string;
  /** What is counted, in the singular. */
  readonly unit: string;
  /** Sets everything up, outside of the measured time. */
  readonly prepare: () => Workload;
}

/** Work that can be done again and again. */
export interface Workload {
  /** A slice of work; some tens of microseconds, so that taking the time costs nothing beside it. @returns units done */
  run(): number;
  /** Makes ready for the next slice. Not measured. */
  between?(): void;
}

/** A quantity that is not a rate. */
export interface Gauge {
  readonly name: string;
  readonly unit: string;
  measure(): number;
}

/** How long to measure, on the clock. */
export interface Effort {
  /** Each takes all benchmarks in turn, so that a machine whose speed drifts treats them alike. */
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** What was measured: the median of the rounds, and their extremes. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** Nanoseconds of processor time per unit; for a gauge its value. */
  readonly value: number;
  readonly lowest: number;
  readonly highest: number;
  readonly kind: 'nanoseconds' | 'gauge';
}

/** Measures all, in turns. */
export function measureAll(benchmarks: readonly Benchmark[], gauges: readonly Gauge[], effort: Effort): Figure[] {
  const rounds = Array.from({ length: effort.rounds }, () => benchmarks.map((one) => measure(one, effort)));
  const rates = benchmarks.map(({ name, unit }, at) =>
    figure(
      name,
      unit,
      'nanoseconds',
      rounds.map((round) => round[at] ?? 0),
    ),
  );
  const values = gauges.map((gauge) =>
    figure(
      gauge.name,
      gauge.unit,
      'gauge',
      Array.from({ length: effort.rounds }, () => gauge.measure()),
    ),
  );
  return [...rates, ...values];
}

/** Nanoseconds per unit. */
function measure({ prepare }: Benchmark, { warmUpMs, measureMs }: Effort): number {
  const workload = prepare();
  spend(workload, warmUpMs);
  return spend(workload, measureMs);
}

/** Works for that long, at least once. Only the work itself counts. @returns nanoseconds per unit */
function spend(workload: Workload, forMs: number): number {
  let spent = 0;
  let units = 0;
  const until = performance.now() + forMs;
  do {
    workload.between?.();
    const from = cpuMicroseconds();
    // Many slices for one look at the clock, where nothing has to be made ready between them.
    const slices = workload.between === undefined ? 16 : 1;
    for (let slice = 0; slice < slices; slice++) units += workload.run();
    spent += cpuMicroseconds() - from;
  } while (performance.now() < until);
  return (spent * 1000) / units;
}

/**
 * Processor time of the process: what others do on the machine does not count, and what garbage collection does beside the work does. So
 * the figures are those of one core that the process has for itself, and rather too high than too low.
 */
function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function figure(name: string, unit: string, kind: Figure['kind'], values: readonly number[]): Figure {
  return { name, unit, kind, value: median(values), lowest: Math.min(...values), highest: Math.max(...values) };
}

/** The figures as a table: what one unit costs, how many that is in a second, and how far the rounds lay apart. */
export function tableOf(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length)) + 2;
  const lines = figures.map(({ name, unit, kind, value, lowest, highest }) => {
    const spread = value === 0 ? 0 : (100 * (highest - lowest)) / value;
    const cost = kind === 'gauge' ? `${grouped(value)} ${unit}` : `${costOf(value)} per ${unit}`;
    const rate = kind === 'gauge' ? '' : `${grouped(1e9 / value)}/s`;
    return `${name.padEnd(width)}${cost.padStart(28)}${rate.padStart(18)}${`${spread.toFixed(0)} %`.padStart(10)}`;
  });
  const head = `${'what'.padEnd(width)}${'cost'.padStart(28)}${'rate'.padStart(18)}${'spread'.padStart(10)}`;
  return `${[head, ...lines].join('\n')}\n`;
}

function costOf(nanoseconds: number): string {
  if (nanoseconds < 10_000) return `${nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0)} ns`;
  return nanoseconds < 10_000_000 ? `${(nanoseconds / 1e3).toFixed(1)} µs` : `${(nanoseconds / 1e6).toFixed(1)} ms`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
