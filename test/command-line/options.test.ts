import { expect, test } from 'vitest';
import { flag, oneOf, readOptions, text, UsageError, wholeNumber } from './options.js';

const usage = 'npm run x -- [--seed S] [--quiet]\n';

test('options are those of the list, and no others', () => {
  const options = { seed: text, quiet: flag };
  expect(readOptions(usage, options, ['--seed', '7', '--quiet'])).toMatchObject({ seed: '7', quiet: true });
  for (const wrong of [['--sede', '7'], ['7'], ['--seed'], ['--quiet=7']]) {
    expect(() => readOptions(usage, options, wrong)).toThrow(UsageError);
    expect(() => readOptions(usage, options, wrong)).toThrow(usage);
  }
});

test.each(['', ' ', 'many', '1.5', '-1', '9', '1e99'])('"%s" is no whole number from 0 to 8', (value) => {
  expect(() => wholeNumber('n', value, 0, 8)).toThrow('--n takes a whole number from 0 to 8');
  expect(wholeNumber('n', '8', 0, 8)).toBe(8);
});

test('what is none of the choices is refused with all of them', () => {
  expect(oneOf('side', 'left', ['left', 'right'])).toBe('left');
  expect(() => oneOf('side', 'up', ['left', 'right'])).toThrow('--side is one of left, right');
});
