import { register } from 'node:module';
import { MUTANTS } from './mutants.js';

/*
 * npm run sim -- [--seed S] [--seeds N] [--minutes M] [--profile P] …; `--help` says it all.
 *
 * The modules of the nodes are loaded only behind the hooks, which put simulated disks, and a mutant where one is wanted, under them.
 */

const at = process.argv.indexOf('--mutant');
const name = at < 0 ? undefined : process.argv[at + 1];
const mutant = MUTANTS.find((one) => one.name === name);
if (at >= 0 && mutant === undefined)
  throw new Error(`there is no mutant ${name}: ${MUTANTS.map((one) => one.name).join(' ')}`);
register('./module-hooks.js', import.meta.url, { data: { mutant } });
const { main } = await import('./command.js');
await main(process.argv.slice(2));
