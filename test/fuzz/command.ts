import { oneOf, readOptions, text, UsageError, wholeNumber } from '../command-line/options.js';
import { doors } from './doors.js';
import { Budget, type Door, type DoorReport, FuzzFailure } from './fuzzing.js';

const USAGE = `npm run fuzz -- [options]: plays random and hostile inputs at every way into the program.

  --door D      one of ${Object.keys(doors).join(', ')} (default: one after the other)
  --seed S      seed of the first input; the next ones have the numbers after it (default: by the clock)
  --minutes M   for all doors together (default: 1)
  --inputs N    at most so many at each door
`;

/** Reads the command line and plays. */
export async function main(args: readonly string[]): Promise<void> {
  const values = readOptions(USAGE, { door: text, seed: text, minutes: text, inputs: text }, args);
  const only = values.door === undefined ? undefined : oneOf('door', values.door, Object.keys(doors));
  const wanted = Object.entries(doors).filter(([name]) => only === undefined || name === only);
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const inputs = values.inputs === undefined ? Number.POSITIVE_INFINITY : wholeNumber('inputs', values.inputs, 1);
  const minutes = Number(values.minutes ?? 1);
  if (!(minutes > 0)) throw new UsageError('--minutes takes a number above 0');
  for (const [name, door] of wanted) {
    const seconds = (minutes * 60) / wanted.length;
    if (!(await play(name, door, seed, new Budget(seconds, inputs)))) process.exitCode = 1;
  }
}

async function play(name: string, door: Door, seed: number, budget: Budget): Promise<boolean> {
  const startedMs = performance.now();
  try {
    const report = await door(seed, budget);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stdout.write(`${name}: ${report.inputs} inputs from seed ${seed} in ${seconds} s: ${outcomesOf(report)}\n`);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof FuzzFailure)) throw thrown;
    process.stdout.write(`${name}: ${thrown.message}\nagain: ${replayOf(name, thrown)}\n`);
    return false;
  }
}

/** The command that plays the inputs again that were not answered as they must be. */
export function replayOf(door: string, { seed, inputs }: FuzzFailure): string {
  return `npm run fuzz -- --door ${door} --seed ${seed} --inputs ${inputs}`;
}

function outcomesOf({ outcomes }: DoorReport): string {
  const sorted = [...outcomes].sort(([, left], [, right]) => right - left);
  return sorted.map(([outcome, times]) => `${times} ${outcome}`).join(', ');
}
