import { type ParseArgsConfig, parseArgs } from 'node:util';
import { messageOf } from '../../src/base/errors.js';

/** What is wrong with the options of a command of the repository. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T & { help: { type: 'boolean' } } }>>['values'];

/** An option with a value. */
export const text = { type: 'string' } as const;
/** An option without one. */
export const flag = { type: 'boolean' } as const;

/**
 * The options that a command was given. `--help` prints the usage and ends the process.
 * @throws UsageError for one that there is not
 */
export function readOptions<T extends Options>(
  usage: string,
  options: T,
  args: readonly string[] = process.argv.slice(2),
): Values<T> {
  try {
    const { values } = parseArgs({ args: [...args], options: { ...options, help: flag } });
    if ('help' in values && values.help === true) {
      process.stdout.write(`${usage.trimEnd()}\n`);
      process.exit(0);
    }
    return values;
  } catch (thrown) {
    throw new UsageError(`${messageOf(thrown)}\n${usage}`, { cause: thrown });
  }
}

/** The number behind an option. @throws UsageError where it is none, or out of bounds */
export function wholeNumber(name: string, value: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isSafeInteger(number) && number >= min && number <= max) return number;
  const bounds = max < Number.MAX_SAFE_INTEGER ? ` from ${min} to ${max}` : min > 0 ? ` of at least ${min}` : '';
  throw new UsageError(`--${name} takes a whole number${bounds}`);
}

/** One of a list behind an option. @throws UsageError where it is none of them */
export function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((one) => one === value);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} is one of ${choices.join(', ')}`);
}

/** Runs a command: what is wrong with its options is said without a stack, and ends it with 2. */
export async function runCommand(main: () => Promise<void> | void): Promise<void> {
  try {
    await main();
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 2;
  }
}
