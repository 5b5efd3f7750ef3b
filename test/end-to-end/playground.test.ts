import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './binary.js';
import { freePorts } from './node-process.js';
import { raftctl } from './raftctl.js';

const folder = temporaryFolder();
let base: number;
beforeAll(async () => {
  [base = 0] = await freePorts(1);
});
afterAll(() => folder.remove());

test('the playground makes its tour without a terminal, exits 0, and leaves no process and its data', async () => {
  const dir = join(folder.path, 'playground');
  const tour = await raftctl(['playground', '--dir', dir, '--port', String(base)], folder.path);
  expect(tour.stderr).toBe('');
  expect(tour.exitCode).toBe(0);
  for (const shown of ['ROLE', 'leader', 'MATCH', 'voter', 'raftctl member change'])
    expect(tour.stdout, `the tour shows ${shown}`).toContain(shown);
  const nodes = [base, base + 1, base + 2].map((port) =>
    raftctl(['status', '--endpoints', `127.0.0.1:${port}`], folder.path),
  );
  for (const { exitCode } of await Promise.all(nodes)) expect(exitCode).toBe(3);
  expect(readdirSync(dir).length).toBeGreaterThanOrEqual(3);

  const again = await raftctl(['playground', '--dir', dir, '--port', String(base)], folder.path);
  expect(again.exitCode).toBe(0);
});
