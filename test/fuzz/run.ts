import { runCommand } from '../command-line/options.js';
import { main } from './command.js';

// npm run fuzz -- [--door D] [--seed S] [--minutes M] [--inputs N]; `--help` says it all.
await runCommand(() => main(process.argv.slice(2)));
