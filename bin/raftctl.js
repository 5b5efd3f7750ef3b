#!/usr/bin/env node
// Hands the arguments to the command that they name; an error that no command rendered ends here, with its exit code.
import { execute } from '@oclif/core/execute';

await execute({ dir: import.meta.url });
