/** Colours of text for people. Red says that something acts now, yellow that a margin is gone; a word or a sign says so too. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
}

/** Whether and when colour was asked for on the command line. */
export type ColorChoice = 'auto' | 'always' | 'never';

const same = (text: string) => text;

/** No colour at all. */
export const plainStyle: Style = { bold: same, dim: same, red: same, yellow: same };

/**
 * Whether a stream gets colour: the command line decides, then `NO_COLOR` and `RAFTCTL_NO_COLOR`, then `FORCE_COLOR`, and then whether the
 * stream is a terminal that knows colour.
 */
export function wantsColor(choice: ColorChoice, isTTY: boolean, env: NodeJS.ProcessEnv): boolean {
  if (choice !== 'auto') return choice === 'always';
  if (env['NO_COLOR'] || env['RAFTCTL_NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined && forced !== '') return forced !== '0';
  return isTTY && env['TERM'] !== 'dumb';
}

/** The colours themselves, loaded only where they are wanted. */
export async function loadStyle(color: boolean): Promise<Style> {
  if (!color) return plainStyle;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    bold: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
    red: (text) => chalk.red(text),
    yellow: (text) => chalk.yellow(text),
  };
}

// Control characters, and the ones that turn the direction of writing: a value may not move the cursor nor hide what stands beside it.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafePattern = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Makes stored text safe to show: control characters become `\n`, `\t` or `\u{…}`. */
export function escapeControl(text: string): string {
  return text.replace(unsafePattern, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
