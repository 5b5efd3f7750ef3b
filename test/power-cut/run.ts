import { fileURLToPath } from 'node:url';
import { readOptions, runCommand, text, UsageError, wholeNumber } from '../command-line/options.js';
import { missingForPowerCuts, playPowerCuts } from './power-cut.js';

const USAGE = `npm run powercut -- [--cycles N] [--seed S] [--operations N]

Lets a process write to a real store, ends it, takes from its files what a power cut may take, and opens what is left; N times.
`;

await runCommand(main);

async function main(): Promise<void> {
  const values = readOptions(USAGE, { cycles: text, seed: text, operations: text });
  const missing = missingForPowerCuts();
  if (missing !== undefined) throw new UsageError(missing);
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const cycles = wholeNumber('cycles', values.cycles ?? '200', 1);
  const operationsMax = wholeNumber('operations', values.operations ?? '3000', 1);
  const started = Date.now();
  const writer = fileURLToPath(new URL('./turn-writer.js', import.meta.url));
  const outcome = await playPowerCuts({ seed, cycles, operationsMax, writer });
  const { cuts, acknowledged, snapshots, sectors, names, failure } = outcome;
  for (const [how, count] of Object.entries(cuts)) process.stdout.write(`${String(count).padStart(6)} cuts, ${how}\n`);
  process.stdout.write(
    `${outcome.cycles} power cuts from seed ${seed} in ${((Date.now() - started) / 1000).toFixed(1)} s: ` +
      `${sectors} unflushed sectors and ${names} unflushed names taken away; ` +
      `${acknowledged} writes and ${snapshots} snapshots acknowledged, ${failure === undefined ? 'none lost' : 'and then'}\n`,
  );
  if (failure !== undefined) process.stdout.write(`${failure}\n`);
  process.stdout.write(`again: npm run powercut -- --seed ${seed} --cycles ${cycles} --operations ${operationsMax}\n`);
  if (failure !== undefined) process.exitCode = 1;
}
