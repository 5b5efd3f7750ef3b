import { register } from 'node:module';
import { oneOf, runCommand } from '../../command-line/options.js';
import { MUTANTS } from './mutants.js';

/*
 * npm run sim -- [--seed S] [--seeds N] [--minutes M] [--profile P] …; `--help` says it all.
 *
 * The modules of the nodes are loaded only behind the hooks, which put simulated disks, and a mutant where one is wanted, under them.
 */

await runCommand(async () => {
  const at = process.argv.indexOf('--mutant');
  const names = MUTANTS.map(({ name }) => name);
  const wanted = at < 0 ? undefined : oneOf('mutant', process.argv[at + 1] ?? '', names);
  const mutant = MUTANTS.find(({ name }) => name === wanted);
  register('./module-hooks.js', import.meta.url, { data: { mutant } });
  const { main } = await import('./command.js');
  await main(process.argv.slice(2));
});
