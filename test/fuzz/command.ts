import { parseArgs } from 'node:util';
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
  const text = { type: 'string' } as const;
  const options = { door: text, seed: text, minutes: text, inputs: text, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const wanted = Object.entries(doors).filter(([name]) => values.door === undefined || name === values.door);
  if (wanted.length === 0) throw new Error(`--door is one of ${Object.keys(doors).join(', ')}`);
  const seed = count('--seed', values.seed) ?? Date.now() % 1_000_000;
  const inputs = count('--inputs', values.inputs) ?? Number.POSITIVE_INFINITY;
  const minutes = Number(values.minutes ?? 1);
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0');
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

function count(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`${name} takes a whole number`);
  return number;
}
