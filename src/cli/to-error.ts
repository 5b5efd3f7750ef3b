import type { Command } from '@oclif/core';
import { messageOf, RaftctlError } from '../base/errors.js';
import { closest } from './closest.js';

/** What the parser of the command line adds to an error that a flag's own parser threw. */
const parsingPattern = /^Parsing (--\S+) \n\t([\s\S]*)\nSee more help with --help$/;
const moreHelp = /\n*See more help with --help\s*$/;

/** What a command was called with. */
export interface Environment {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Whatever a command threw, as the one kind of error that is shown. An error of the command line's parser becomes E_USAGE in one sentence;
 * anything unforeseen becomes E_INTERNAL.
 */
export function toRaftctlError(
  thrown: unknown,
  command: Pick<typeof Command, 'id' | 'flags' | 'baseFlags'>,
  environment: Environment = { argv: [], env: {} },
): RaftctlError {
  const flagsOf = { ...command.baseFlags, ...command.flags };
  const named = (text: string) => withSource(text, flagsOf, environment);
  if (thrown instanceof RaftctlError) return withFlagName(thrown, named);
  if (!isParserError(thrown)) {
    return new RaftctlError('E_INTERNAL', `unexpected: ${messageOf(thrown)}`, {
      changed: 'unknown',
      hint: 'run it again with -v for the stack, and report it',
      cause: thrown,
    });
  }
  const message = thrown.message.replace(moreHelp, '');
  const nonexistent = /^Nonexistent flags?: (--?\S+?)(?:,|$)/.exec(message)?.[1];
  const flags = Object.keys(flagsOf).map((name) => `--${name}`);
  const near = nonexistent === undefined ? undefined : closest(nonexistent, flags);
  const help = `raftctl ${(command.id ?? '').replaceAll(':', ' ')} --help`;
  return new RaftctlError('E_USAGE', named(sentence(message)), {
    hint: near === undefined ? help : `did you mean ${near}? See: ${help}`,
    cause: thrown,
  });
}

/** Puts the name of the flag in front of what its parser said, instead of what the library wrapped around it. */
function withFlagName(error: RaftctlError, named: (text: string) => string): RaftctlError {
  const [, flag, message] = parsingPattern.exec(error.message) ?? [];
  if (flag === undefined || message === undefined) return error;
  return new RaftctlError(
    error.code,
    `${named(flag)}: ${message}`,
    error.hint === undefined ? {} : { hint: error.hint },
  );
}

/** Names the variable instead of the flag where the value came from it. */
function withSource(text: string, flags: (typeof Command)['flags'], { argv, env }: Environment): string {
  const name = /--([a-z-]+)/.exec(text)?.[1] ?? '';
  const { env: variable, char } = flags[name] ?? {};
  if (variable === undefined || !env[variable]) return text;
  const given = argv.some((word) => word.split('=')[0] === `--${name}` || (char && word.startsWith(`-${char}`)));
  return given ? text : text.replace(`--${name}`, variable);
}

function isParserError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && ('oclif' in thrown || 'parse' in thrown);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colour that the library puts around its list
const ansiPattern = /\u001b\[[0-9;]*m/g;

function sentence(message: string): string {
  const [first = '', ...rest] = message
    .replace(ansiPattern, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(?:Note: --|Alternatively, you can use)/.test(line));
  const body = /^The following errors? occurred:$/.test(first) ? rest.join('; ') : [first, ...rest].join(' ');
  return body.charAt(0).toLowerCase() + body.slice(1);
}
