import { closeSync, openSync, writeSync } from 'node:fs';
import { type Tracer, traceLine } from '../../src/raft/trace.js';
import { readOptions, runCommand, text, wholeNumber } from '../command-line/options.js';
import { type Outcome, STEPS_DEFAULT, simulate } from './simulation.js';

const USAGE = `npm run sim:core -- [--seed S] [--seeds N] [--steps N] [--trace FILE]

Plays N runs, of the seeds S, S + 1, …, and prints one line about them; of the first that breaks a rule the last things that happened,
and the command that plays it again. The trace has the events of all nodes, in the form of etcd/raft's state trace.
`;

function main(): void {
  const values = readOptions(USAGE, { seed: text, seeds: text, steps: text, trace: text });
  const first = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const seeds = wholeNumber('seeds', values.seeds ?? (values.seed === undefined ? '100' : '1'), 1);
  const steps = wholeNumber('steps', values.steps ?? String(STEPS_DEFAULT), 1);
  const trace = values.trace === undefined ? undefined : openTrace(values.trace);
  const started = Date.now();
  let committed = 0;
  let leaders = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const outcome = simulate(seed, steps, trace?.tracer);
    committed += outcome.committed;
    leaders += outcome.leaders;
    if (outcome.failure !== undefined) {
      report(outcome, steps);
      process.exitCode = 1;
      trace?.close();
      return;
    }
    if (seeds === 1)
      process.stdout.write(`seed ${seed}: digest ${outcome.digest}\n${JSON.stringify(outcome.settings)}\n`);
  }
  trace?.close();
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  process.stdout.write(
    `${seeds} runs from seed ${first}: all rules held; ${committed} entries committed, ${leaders} leaders, ${seconds} s\n`,
  );
}

function report({ seed, settings, failure }: Outcome, steps: number): void {
  for (const line of failure?.tail ?? []) process.stdout.write(`${line}\n`);
  process.stdout.write(`${JSON.stringify(settings)}\n${failure?.error.stack ?? ''}\n`);
  process.stdout.write(`seed ${seed} failed; again: npm run sim:core -- --seed ${seed} --steps ${steps}\n`);
}

function openTrace(path: string): { readonly tracer: Tracer; close(): void } {
  const file = openSync(path, 'w');
  return { tracer: (event) => void writeSync(file, traceLine(event)), close: () => closeSync(file) };
}

await runCommand(main);
