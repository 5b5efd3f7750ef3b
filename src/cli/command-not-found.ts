import type { Hook } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import { unknownCommand, writeRefusal } from './unknown-command.js';

/** Ends a command that does not exist as any other usage error ends: exit 2, and in the forms for programs with the envelope. */
const hook: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  const words = id.replaceAll(':', ' ');
  const error = words.startsWith('-')
    ? new RaftctlError('E_USAGE', `options go behind the command: ${words}`, { hint: 'raftctl COMMAND --help' })
    : unknownCommand(words, config);
  await writeRefusal(error, [words, ...argv]);
  this.exit(error.exitCode);
};

export default hook;
