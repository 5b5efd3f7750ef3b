import { RaftctlError } from '../base/errors.js';
import { readYaml } from './yaml-file.js';

/**
 * The arguments that a settings file stands for: `election-ticks: 10` is `--election-ticks 10`, `true` is the flag alone, a list is
 * parted by commas. So a file is read by the same rules, and refused with the same sentences, as the command line. What `argv` names
 * itself is left out.
 *
 * @param known names of the flags that may be in the file
 * @throws RaftctlError E_USAGE naming the file and the setting
 */
export async function settingsArguments(
  file: string,
  argv: readonly string[],
  known: readonly string[],
): Promise<string[]> {
  const named = new Set(argv.flatMap((argument) => /^--(?:no-)?([a-z-]+)/.exec(argument)?.[1] ?? []));
  const settings = await readSettings(file);
  return Object.entries(settings).flatMap(([name, value]) => {
    if (!known.includes(name) || name === 'config') throw refusal(file, `there is no setting "${name}"`);
    return named.has(name) || value === false ? [] : toArguments(file, name, value);
  });
}

function toArguments(file: string, name: string, value: unknown): string[] {
  if (value === true) return [`--${name}`];
  const parts = Array.isArray(value) ? value : [value];
  if (parts.length === 0 || !parts.every((part) => typeof part === 'string' || typeof part === 'number')) {
    throw refusal(file, `"${name}" must be a text, a number, true, false, or a list of texts`);
  }
  return [`--${name}=${parts.join(',')}`];
}

async function readSettings(file: string): Promise<Readonly<Record<string, unknown>>> {
  const { value } = await readYaml(file);
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw refusal(file, 'it must be "name: value" lines');
  return { ...value };
}

function refusal(file: string, why: string): RaftctlError {
  return new RaftctlError('E_USAGE', `cannot use the settings in ${file}: ${why}`);
}
