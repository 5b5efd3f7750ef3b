import type { Config } from '@oclif/core';
import { RaftctlError } from '../base/errors.js';
import { closest } from './closest.js';
import { toEnvelope } from './envelope.js';
import { errorText } from './error-text.js';
import { documentText, isDocument, outputFormatOf } from './output-mode.js';
import { loadStyle, wantsColor } from './style.js';

/** The error for a command that does not exist, with the one that was meant. @param others further names that would have been right */
export function unknownCommand(
  words: string,
  config: Pick<Config, 'commands'>,
  others: readonly string[] = [],
): RaftctlError {
  const names = config.commands.filter(({ hidden }) => !hidden).map(({ id }) => id.replaceAll(':', ' '));
  const near = closest(words, [...names, ...others]);
  const command = others.length > 0 ? 'raftctl help' : 'raftctl';
  return new RaftctlError('E_USAGE', `there is no command "${words}"`, {
    hint: near === undefined ? 'raftctl help' : `did you mean: ${command} ${near}`,
  });
}

/** Writes an error that ended the program before there was a command to write it: in the forms for programs, with the envelope. */
export async function writeRefusal(error: RaftctlError, argv: readonly string[]): Promise<void> {
  const format = outputFormatOf(argv, process.env);
  if (isDocument(format)) {
    const outcome = { kind: 'Error', data: null, error, source: undefined, cluster: undefined, warnings: [] };
    process.stdout.write(await documentText(toEnvelope(outcome, new Date()), format));
  }
  const style = await loadStyle(wantsColor('auto', process.stderr.isTTY === true, process.env));
  process.stderr.write(`${errorText(error, style, false)}\n`);
}
