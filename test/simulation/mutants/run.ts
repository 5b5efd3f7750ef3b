import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { oneOf, readOptions, runCommand, text, wholeNumber } from '../../command-line/options.js';
import { MUTANTS, type Mutant } from '../cluster/mutants.js';

const USAGE = `npm run sim:mutants -- [--only X1,X2] [--seed S] [--seeds N] [--seconds T] [--json FILE]

Puts each of the known bugs back in, one after the other, and plays runs until a rule is broken. A bug that is not noticed within N seeds is
a fault of the simulator, and makes the command fail.
`;

/** Until a mutant's runs are taken for endless: a thousand seeds take less. */
const PATIENCE_MS = 20 * 60_000;

/** How a mutant fared. */
interface Verdict {
  readonly name: string;
  readonly what: string;
  /** Seeds played, the one that killed it included. */
  readonly seeds: number;
  /** The rule that it broke; undefined: it lives. */
  readonly killedBy: string | undefined;
  readonly again: string | undefined;
}

await runCommand(main);

async function main(): Promise<void> {
  const values = readOptions(USAGE, { only: text, seed: text, seeds: text, seconds: text, json: text });
  const seed = wholeNumber('seed', values.seed ?? '1');
  const seeds = wholeNumber('seeds', values.seeds ?? '500', 1);
  const seconds = wholeNumber('seconds', values.seconds ?? '15', 1);
  const names = MUTANTS.map(({ name }) => name);
  const only = values.only?.split(',').map((name) => oneOf('only', name, names));
  const verdicts: Verdict[] = [];
  for (const mutant of MUTANTS.filter(({ name }) => only === undefined || only.includes(name))) {
    const verdict = await play(mutant, ['--seed', `${seed}`, '--seeds', `${seeds}`, '--seconds', `${seconds}`]);
    verdicts.push(verdict);
    const { name, what, killedBy } = verdict;
    const end = killedBy === undefined ? 'LIVES' : `killed by ${killedBy}`;
    process.stdout.write(`${name.padEnd(10)} ${String(verdict.seeds).padStart(4)} seeds  ${end}  (${what})\n`);
    // The whole table takes a while: who ends it has what was found so far.
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(summaryOf(verdicts), null, 2)}\n`);
  }
  const { mutants, killed, bugs, bugsKilled, medianSeeds, worstSeeds } = summaryOf(verdicts);
  process.stdout.write(
    `${killed} of ${mutants} mutants killed, ${bugsKilled} of ${bugs} bugs; median ${medianSeeds} seeds, worst ${worstSeeds}\n`,
  );
  if (killed < mutants) process.exitCode = 1;
}

function play({ name, what, profile = 'mix' }: Mutant, seeds: readonly string[]): Promise<Verdict> {
  const run = fileURLToPath(new URL('../cluster/run.js', import.meta.url));
  const args = ['--mutant', name, '--profile', profile, ...seeds];
  const child = spawn(process.execPath, [run, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Some bugs let a node turn in circles for ever.
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const output: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => output.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => output.push(bytes));
  return new Promise((resolve, reject) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const told = Buffer.concat(output).toString();
      const rule = /^failed: ([^:\n]*)/m.exec(told)?.[1];
      // One that cannot even be loaded says nothing about the simulator: its place in the code has moved.
      if (code !== 0 && rule === undefined && signal === null) reject(new Error(`${name} does not run: ${told}`));
      const killedBy = code === 0 ? undefined : (rule ?? 'no end of a run');
      const played = Number(/^(\d+) runs from seed/m.exec(told)?.[1] ?? 0);
      resolve({ name, what, seeds: played, killedBy, again: /^again: (.*)$/m.exec(told)?.[1] });
    });
  });
}

/** The figures of the mutants that were played. A bug is killed where all of its mutants are. */
function summaryOf(verdicts: readonly Verdict[]) {
  const killed = verdicts.filter(({ killedBy }) => killedBy !== undefined);
  const counts = killed.map(({ seeds }) => seeds).sort((a, b) => a - b);
  const bugOf = ({ name }: Verdict) => name.split('-')[0];
  const bugs = new Set(verdicts.map(bugOf));
  const living = new Set(verdicts.filter(({ killedBy }) => killedBy === undefined).map(bugOf));
  return {
    mutants: verdicts.length,
    killed: killed.length,
    bugs: bugs.size,
    bugsKilled: bugs.size - living.size,
    medianSeeds: counts[Math.floor(counts.length / 2)] ?? 0,
    worstSeeds: counts.at(-1) ?? 0,
    each: verdicts,
  };
}
