#!/usr/bin/env node
// Hands the arguments to the command that they name; an error that no command rendered ends here, with its exit code.
import { execute } from '@oclif/core/execute';
import { endOnFailure } from '../dist/src/cli/stdout-failure.js';

endOnFailure(process.stdout, (sentence) => {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
});
await execute({ dir: import.meta.url });
