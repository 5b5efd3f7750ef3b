#!/usr/bin/env node
// A node for Maelstrom: everything is in src/maelstrom.
import { runMaelstrom } from '../dist/src/maelstrom/index.js';

const exitCode = await runMaelstrom(process.argv.slice(2));
if (process.stdout.writable) await new Promise((written) => process.stdout.write('', written));
process.exit(exitCode);
