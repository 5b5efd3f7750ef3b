import { fileURLToPath } from 'node:url';
import { readOptions, runCommand, text, wholeNumber } from '../command-line/options.js';
import { type Examined, examineBitRot, isBad, results } from './bit-rot.js';

const USAGE = `npm run bitrot -- [--damages N] [--seed S]

Flips bits, zeroes pages and cuts files of a node's data directory, one at a time, and looks what a real store on it answers.
`;

await runCommand(main);

async function main(): Promise<void> {
  const values = readOptions(USAGE, { damages: text, seed: text });
  const seed = wholeNumber('seed', values.seed ?? String(Date.now() % 1_000_000));
  const damages = wholeNumber('damages', values.damages ?? '1000', 1);
  const examiner = fileURLToPath(new URL('./examiner.js', import.meta.url));
  const examined = await examineBitRot({ seed, damages, examiner });

  const placeOf = ({ damage }: Examined) =>
    `${damage.kind} in ${damage.file.replace(/[0-9]+-[0-9]+/, '*')}${damage.isRunning ? ' of a running node' : ''}`;
  for (const place of [...new Set(examined.map(placeOf))].sort()) {
    const here = examined.filter((one) => placeOf(one) === place);
    const counts = results.map((result) => [result, here.filter((one) => one.result === result).length] as const);
    const shown = counts.filter(([, count]) => count > 0).map(([result, count]) => `${count} ${result}`);
    process.stdout.write(`${String(here.length).padStart(6)} ${place}: ${shown.join(', ')}\n`);
  }
  const bad = examined.filter(isBad);
  const missed = examined.filter(({ result, isChecked }) => result.startsWith('refused') && !isChecked);
  for (const one of [...bad, ...missed]) {
    process.stdout.write(
      `${one.result}, ${one.isChecked ? '' : 'not '}named by fsck: ${JSON.stringify(one.damage)} ${one.sentence}\n`,
    );
  }
  process.stdout.write(
    `${damages} damages from seed ${seed}; again: npm run bitrot -- --seed ${seed} --damages ${damages}\n`,
  );
  if (bad.length > 0) process.exitCode = 1;
}
