import { type Directive, parseTranscript, renderTranscript } from './datadriven.js';

/** Runs one step of a story and says what it printed. Each story gets its own. */
export type StepRunner = (directive: Directive) => string;

/** The first step of a story that printed something else than it should. */
export interface Failure {
  readonly line: number;
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

/** Runs a story up to its first failure; undefined: there was none. */
export function playStory(text: string, run: StepRunner): Failure | undefined {
  for (const directive of parseTranscript(text).directives) {
    const { line, command } = directive;
    const expected = withoutLogLines(directive.expected);
    const actual = play(directive, run);
    if (actual !== expected) return { line, command, expected, actual };
  }
  return undefined;
}

/** Runs a story whatever it prints, and writes it again with that. */
export function rewriteStory(text: string, run: StepRunner): string {
  const transcript = parseTranscript(text);
  return renderTranscript(
    transcript,
    transcript.directives.map((directive) => play(directive, run)),
  );
}

/** Lines that only one side has, marked - and +, with what both have between them. */
export function diff(expected: string, actual: string): string {
  const left = expected.split('\n');
  const right = actual.split('\n');
  const common = commonLengths(left, right);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(`  ${left[i++]}`);
      j++;
    } else if (j === right.length || (i < left.length && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))) {
      lines.push(`- ${left[i++]}`);
    } else {
      lines.push(`+ ${right[j++]}`);
    }
  }
  return lines.join('\n');
}

function play(directive: Directive, run: StepRunner): string {
  const output = run(directive);
  return output === '' || output.endsWith('\n') ? output : `${output}\n`;
}

/**
 * The protocol is compared, not the wording of logs: transcripts of etcd/raft have log lines among their output, ours have none. A step
 * that logged and did nothing else prints `ok`.
 */
function withoutLogLines(expected: string): string {
  const lines = expected.split(/(?<=\n)/);
  const kept = lines.filter((line) => !/^\s*(DEBUG|INFO|WARN|ERROR|FATAL) /.test(line));
  return kept.length === 0 && lines.length > 0 && expected !== '' ? 'ok\n' : kept.join('');
}

/** Lengths of the longest common run of lines of each pair of tails. */
function commonLengths(left: readonly string[], right: readonly string[]): number[][] {
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i]![j] =
        left[i] === right[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
