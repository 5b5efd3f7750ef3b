import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { oneOf, readOptions, runCommand, text, wholeNumber } from '../command-line/options.js';
import { historyLine } from '../linearizability/history.js';
import { faultKinds } from './nemesis.js';
import { plantedBugs, setupWithBug } from './planted-bugs.js';
import { machineOf, playRound, type RoundResult } from './round.js';
import { lineOfRound, sumOf, textOfSum } from './summary.js';

const USAGE = `npm run torture -- [--minutes M] [--seed S] [--nodes N] [--round-seconds T] [--machine kv|register|both] [--faults KIND,…]
                    [--history FILE] [--json FILE] [--planted BUG]

Real processes of raftctl node start under faults that the seed decides on, clients of the real library meanwhile, and the judgement of
what they saw and of what is left. A run has rounds, each with a cluster, settings and a seed of its own: --minutes 0 --seed S plays one
round again. Its faults and the clients' choices are the same; when processes run is up to the machine. With --planted the nodes have a
known bug, and a run that goes well is the torture's own failure.

Faults: ${faultKinds.join(', ')}
Bugs: ${plantedBugs.map(({ name }) => name).join(', ')}
`;

async function main(): Promise<void> {
  const values = readOptions(USAGE, {
    ...{ minutes: text, seed: text, nodes: text, 'round-seconds': text, machine: text },
    ...{ faults: text, history: text, json: text, planted: text },
  });
  const minutes = wholeNumber('minutes', values.minutes ?? '5', 0, 24 * 60);
  const firstSeed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000), 0, 2 ** 31);
  const nodes = wholeNumber('nodes', values.nodes ?? '3', 1, 7);
  const seconds = wholeNumber('round-seconds', values['round-seconds'] ?? '60', 1, 3600);
  const faults = (values.faults ?? faultKinds.join(','))
    .split(',')
    .filter(Boolean)
    .map((kind) => oneOf('faults', kind, faultKinds));
  const machine = oneOf('machine', values.machine ?? 'both', ['kv', 'register', 'both']);
  const { planted } = values;
  if (planted !== undefined)
    oneOf(
      'planted',
      planted,
      plantedBugs.map(({ name }) => name),
    );
  const settings = [
    `--nodes ${nodes} --round-seconds ${seconds} --machine ${machine} --faults ${faults.join(',')}`,
    ...(planted === undefined ? [] : [`--planted ${planted}`]),
  ].join(' ');
  process.stdout.write(`seed ${firstSeed}: ${minutes} minutes, ${settings}\n`);

  const folder = mkdtempSync(join(tmpdir(), 'raftctl-torture-'));
  if (values.history !== undefined) writeFileSync(values.history, '');
  const interrupted = untilInterrupted();
  const started = performance.now();
  const results: RoundResult[] = [];
  for (let seed = firstSeed; ; seed++) {
    const result = await playRound({
      ...{ seed, nodes, seconds, faults, signal: interrupted },
      // By the seed, so that a round is the same when it is played alone.
      machine: machine === 'both' ? machineOf(seed) : machine,
      folder: join(folder, `seed-${seed}`),
      keyPrefix: `${seed}/`,
      processesBefore: results.at(-1)?.processes ?? 0,
      ...(planted === undefined ? {} : { setup: setupWithBug(planted) }),
    }).catch((thrown: unknown) => {
      throw new Error(`seed ${seed} could not be begun or ended; data and logs: ${folder}`, { cause: thrown });
    });
    results.push(result);
    for (const reason of results.length === 1 ? result.missing : []) process.stdout.write(`left out: ${reason}\n`);
    process.stdout.write(`${lineOfRound(result)}\n`);
    const lines = result.history.map(historyLine).join('');
    if (values.history !== undefined) writeFileSync(values.history, lines, { flag: 'a' });
    if (result.failure !== undefined) {
      const kept = join(folder, `seed-${seed}`);
      writeFileSync(join(kept, 'history.jsonl'), lines);
      writeFileSync(join(kept, 'faults.log'), result.harm.timeline.join(''));
      writeFileSync(join(kept, 'refusals.log'), result.refusals.join(''));
      process.stdout.write(`${result.failure}\n\nseed ${seed} failed; data, logs, faults and history: ${kept}\n`);
      process.stdout.write(`again: npm run torture -- --minutes 0 --seed ${seed} ${settings}\n`);
      process.exitCode = 1;
    }
    const isOver = performance.now() - started >= minutes * 60_000;
    if (isOver || result.failure !== undefined || interrupted.aborted) break;
  }
  const sum = sumOf(results, performance.now() - started);
  process.stdout.write(textOfSum(sum));
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ firstSeed, settings, ...sum }, null, 2)}\n`);
  if (existsSync(folder) && readdirSync(folder).length === 0) rmSync(folder, { recursive: true });
  process.exit();
}

/** The first Ctrl-C ends the round in order, its checks included; disks are unmounted in any case. */
function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(130);
      process.stderr.write('ends after the checks of this round; once more: at once\n');
      interrupted.abort();
    });
  }
  return interrupted.signal;
}

await runCommand(main);
