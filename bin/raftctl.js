#!/usr/bin/env node
// Hands the arguments to the command that they name; an error that no command rendered ends here, with its exit code.
import { execute } from '@oclif/core/execute';

await execute({ dir: import.meta.url });
// All is said. A connection to a machine that does not answer may still be in the making, and would keep the program for minutes.
for (const stream of [process.stdout, process.stderr]) {
  if (stream.writable) await new Promise((written) => stream.write('', written));
}
process.exit();
