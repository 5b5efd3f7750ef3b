/** `key`, `key=value` or `key=(value, value)`. */
export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

/** One step of a story: a command, its input, and what it must print. */
export interface Directive {
  /** Line of the command, the first being 1. */
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  /** What stands between the command and `----`. */
  readonly input: string;
  /** Empty, or ends in a line break. */
  readonly expected: string;
  /** The file's text from the step before up to and with `----`, to write the file again. */
  readonly opening: string;
}

/** A story: steps that share one environment. The format is that of cockroachdb/datadriven. */
export interface Transcript {
  readonly directives: readonly Directive[];
  /** What stands after the last step. */
  readonly closing: string;
}

const SEPARATOR = '----';

/**
 * Reads a transcript.
 * @throws Error that names the line where the text is no transcript
 */
export function parseTranscript(text: string): Transcript {
  const reader = new Reader(text);
  const directives: Directive[] = [];
  for (;;) {
    const start = reader.at;
    const command = nextCommand(reader);
    if (command === undefined) return { directives, closing: reader.textFrom(start) };
    const input = readInput(reader);
    const opening = reader.textFrom(start);
    const expected = readExpected(reader);
    directives.push({ ...command, input, opening, expected });
  }
}

/** Writes the transcript again with other outputs, in the order of its directives. */
export function renderTranscript(transcript: Transcript, outputs: readonly string[]): string {
  const steps = transcript.directives.map(({ opening, expected }, at) => {
    const output = outputs[at] ?? expected;
    return opening + (hasBlankLine(output) ? `${SEPARATOR}\n${output}${SEPARATOR}\n${SEPARATOR}\n\n` : `${output}\n`);
  });
  return `${(steps.join('') + transcript.closing).trimEnd()}\n`;
}

/** Splits `command key key=value key=(a, b)`. */
export function parseLine(text: string, line: number): { command: string; args: Argument[] } {
  const [command = '', ...rest] = text.split(' ');
  const args: Argument[] = [];
  let left = rest.join(' ').trim();
  while (left !== '') {
    const found = /^(?<key>[^\s=]+)(?<equals>=)?/.exec(left);
    if (!found?.groups) throw new Error(`line ${line}: cannot read an argument at "${left}"`);
    const { key = '', equals } = found.groups;
    left = left.slice(found[0].length);
    let values: string[] = [];
    if (equals !== undefined) {
      const end = left.startsWith('(') ? closingParenthesis(left, line) : left.search(/\s|$/);
      values = left.startsWith('(') ? splitList(left.slice(1, end - 1)) : [left.slice(0, end)];
      left = left.slice(end);
    }
    args.push({ key, values });
    left = left.trimStart();
  }
  return { command, args };
}

class Reader {
  readonly #lines: string[];
  at = 0;

  constructor(text: string) {
    this.#lines = text.split('\n');
    if (this.#lines.at(-1) === '') this.#lines.pop();
  }

  next(): string | undefined {
    const line = this.#lines[this.at];
    if (line !== undefined) this.at++;
    return line;
  }

  peek(): string | undefined {
    return this.#lines[this.at];
  }

  textFrom(start: number): string {
    return this.#lines
      .slice(start, this.at)
      .map((line) => `${line}\n`)
      .join('');
  }
}

function nextCommand(reader: Reader): { line: number; command: string; args: Argument[] } | undefined {
  for (;;) {
    const line = reader.at + 1;
    let text = reader.next()?.trim();
    if (text === undefined) return undefined;
    if (text === '' || text.startsWith('#')) continue;
    while (text.endsWith('\\') && reader.peek() !== undefined) {
      text = `${text.slice(0, -1)} ${(reader.next() ?? '').trim()}`;
    }
    const { command, args } = parseLine(text, line);
    // `subtest name` … `subtest end` only bracket steps.
    if (command !== 'subtest') return { line, command, args };
  }
}

function readInput(reader: Reader): string {
  const lines: string[] = [];
  for (let line = reader.next(); line !== undefined && line !== SEPARATOR; line = reader.next()) lines.push(line);
  return lines.join('\n').trim();
}

function readExpected(reader: Reader): string {
  const lines: string[] = [];
  if (reader.peek() === SEPARATOR) {
    reader.next();
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      if (line === SEPARATOR && reader.peek() === SEPARATOR) {
        reader.next();
        if (reader.peek()?.trim() === '') reader.next();
        break;
      }
      lines.push(line);
    }
  } else {
    for (let line = reader.next(); line !== undefined && line.trim() !== ''; line = reader.next()) lines.push(line);
  }
  return lines.map((line) => `${line}\n`).join('');
}

function closingParenthesis(text: string, line: number): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    if (text[at] === ')') depth--;
    if (depth === 0) return at + 1;
  }
  throw new Error(`line ${line}: a parenthesis is not closed in "${text}"`);
}

/** Splits at the commas that stand in no parenthesis. */
function splitList(text: string): string[] {
  const values: string[] = [];
  let depth = 0;
  let value = '';
  for (const char of text) {
    if (char === '(') depth++;
    if (char === ')') depth--;
    if (char === ',' && depth === 0) {
      values.push(value.trim());
      value = '';
    } else {
      value += char;
    }
  }
  return [...values, value.trim()];
}

function hasBlankLine(text: string): boolean {
  return /^\s*\n/m.test(text);
}
