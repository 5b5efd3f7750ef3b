import type { Hook } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import { closest } from './closest.js';
import { toEnvelope } from './envelope.js';
import { errorText } from './error-text.js';
import { documentText, isDocument, outputFormatOf } from './output-mode.js';
import { loadStyle, wantsColor } from './style.js';

/** Ends a command that does not exist as any other usage error ends: exit 2, and in the forms for programs with the envelope. */
const hook: Hook.CommandNotFound = async function ({ id, argv = [], config }) {
  const words = id.replaceAll(':', ' ');
  const names = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(':', ' '));
  const near = closest(words, names);
  const error = words.startsWith('-')
    ? new RaftctlError('E_USAGE', `options go behind the command: ${words}`, { hint: 'raftctl COMMAND --help' })
    : new RaftctlError('E_USAGE', `there is no command "${words}"`, {
        hint: near === undefined ? 'raftctl help' : `did you mean: raftctl ${near}`,
      });
  const format = outputFormatOf([words, ...argv], process.env);
  if (isDocument(format)) {
    const outcome = { kind: 'Error', data: null, error, source: undefined, cluster: undefined, warnings: [] };
    process.stdout.write(await documentText(toEnvelope(outcome, new Date()), format));
  }
  const style = await loadStyle(wantsColor('auto', process.stderr.isTTY === true, process.env));
  process.stderr.write(`${errorText(error, style, false)}\n`);
  this.exit(error.exitCode);
};

export default hook;
