import { describe, expect, test } from 'vitest';
import { type Argument, parseLine, parseTranscript } from './datadriven.js';
import { diff, playStory, rewriteStory } from './story.js';

const keys = (args: readonly Argument[]) => args.map(({ key, values }) => (values.length > 0 ? [key, ...values] : key));

describe('a line of a transcript', () => {
  test.each([
    ['campaign 1', 'campaign', ['1']],
    ['add-nodes 3 voters=(1, 2,3) index=2', 'add-nodes', ['3', ['voters', '1', '2', '3'], ['index', '2']]],
    [
      'vote cfg=(1) votes=(_)',
      'vote',
      [
        ['cfg', '1'],
        ['votes', '_'],
      ],
    ],
    ['nested a=(b(c, d), e)', 'nested', [['a', 'b(c, d)', 'e']]],
    ['empty a=', 'empty', [['a', '']]],
    ['nothing', 'nothing', []],
  ])('%s', (text, command, args) => {
    const parsed = parseLine(text, 1);
    expect([parsed.command, keys(parsed.args)]).toEqual([command, args]);
  });

  test.each(['a b=(c', 'a =b'])('that cannot be read is named: %s', (text) => {
    expect(() => parseLine(text, 17)).toThrow('line 17');
  });

  test('says whether a key is there, with or without values', () => {
    const { args } = parseLine('x a b=1', 1);
    expect(['a', 'b', 'c'].map((key) => args.some((arg) => arg.key === key))).toEqual([true, true, false]);
  });
});

describe('a transcript', () => {
  const text =
    '# A comment.\n\nfirst 1\ninput\n----\nout\n\nsecond \\\n  a=2\n----\n----\nline\n\nanother\n----\n----\n\nthird\n----\n';

  test('is split into its steps', () => {
    const steps = parseTranscript(text).directives;
    expect(steps.map(({ command, input, expected, line }) => [command, input, expected, line])).toEqual([
      ['first', 'input', 'out\n', 3],
      ['second', '', 'line\n\nanother\n', 8],
      ['third', '', '', 18],
    ]);
    expect(keys(steps[1]?.args ?? [])).toEqual([['a', '2']]);
  });

  test('with blank lines in what is printed is written with two lines above and below it', () => {
    const outputs = ['out', 'line\n\nanother', ''];
    let at = 0;
    expect(rewriteStory(text, () => outputs[at++] ?? '')).toBe(text);
  });

  test('is written again with what was printed, and then passes', () => {
    const again = rewriteStory(text, ({ command }) => `printed by ${command}`);
    expect(playStory(again, ({ command }) => `printed by ${command}`)).toBeUndefined();
    expect(again).toContain('# A comment.');
  });

  test('that prints something else fails at the first such step', () => {
    const failure = playStory(text, ({ command }) => (command === 'first' ? 'out' : 'something else'));
    expect(failure).toMatchObject({ line: 8, command: 'second', actual: 'something else\n' });
    expect(diff('a\nb\nc', 'a\nx\nc')).toBe('  a\n- b\n+ x\n  c');
  });

  test('may bracket its steps, which changes nothing', () => {
    const steps = parseTranscript('subtest a\n\nfirst\n----\nok\n\nsubtest end\n').directives;
    expect(steps.map(({ command, line }) => [command, line])).toEqual([['first', 3]]);
  });

  test('without steps has none', () => {
    expect(parseTranscript('# only a comment\n').directives).toEqual([]);
  });
});
