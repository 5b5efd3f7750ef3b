import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/bad-input-command-line.md'), 'utf8');
const rows = [...text.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, number, rest = '']) => {
  const named = [...rest.matchAll(/`(test\/[^`]+\.ts)` “([^”]+)”/g)];
  const tests = named.map(([, file = '', title = '']) => ({ file, title }));
  // Whatever looks like a file of tests is one with a title.
  return { number: Number(number), tests, files: rest.match(/test\/[\w/-]+\.test\.ts/g)?.length ?? 0 };
});

test('the list of bad input of the command line and of files is whole, in its order', () => {
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 15 }, (_, at) => 46 + at));
});

test.each(rows)('line $number has tests, and they are there', ({ tests, files }) => {
  expect(tests.length).toBeGreaterThan(0);
  expect(tests).toHaveLength(files);
  for (const { file, title } of tests) {
    expect(existsSync(join(root, file)), file).toBe(true);
    expect(readFileSync(join(root, file), 'utf8'), file).toContain(title);
  }
});
