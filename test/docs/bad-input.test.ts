import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { doors } from '../fuzz/doors.js';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/bad-input.md'), 'utf8');
const rows = [...text.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, number, rest = '']) => {
  const tests = [...rest.matchAll(/`(test\/[^`]+\.ts)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({
    file,
    title,
  }));
  // Whatever looks like a file of tests is one with a title.
  return { number: Number(number), rest, tests, files: rest.match(/test\/[\w/-]+\.test\.ts/g)?.length ?? 0 };
});

test('the list of bad input is whole, in its order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 45 }, (_, at) => at + 1));
});

test.each(rows)('line $number has tests, and they are there', ({ rest, tests, files }) => {
  expect(tests).toHaveLength(files);
  if (tests.length === 0) expect(rest).toContain('does not apply: ');
  for (const { file, title } of tests) {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8'), file).toContain(title);
  }
});

test('every door that is fuzzed is named', () => {
  const both = text + readFileSync(join(root, 'docs/bad-input-command-line.md'), 'utf8');
  for (const door of Object.keys(doors)) expect(both).toContain(`| \`${door}\` |`);
});
