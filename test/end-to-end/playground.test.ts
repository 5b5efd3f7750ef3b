import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from './binary.js';
import { freePorts } from './ports.js';
import { raftctl } from './raftctl.js';

const folder = temporaryFolder();
const dir = join(folder.path, 'playground');
let port: number;
beforeAll(async () => {
  const [first = 0] = await freePorts(3);
  port = first - 1;
});
afterAll(() => folder.remove());

const playground = (...flags: string[]) =>
  raftctl(['playground', '--dir', dir, '--port', String(port), ...flags], folder.path);

test('the playground makes its tour without a terminal, exits 0, and leaves its data and no process', async () => {
  const tour = await playground();
  expect([tour.exitCode, tour.stderr]).toEqual([0, expect.stringContaining(dir)]);
  for (const shown of ['cluster bootstrap', 'hello, raft', 'leader', 'MATCH', 'voter'])
    expect(tour.stdout, `the tour shows ${shown}`).toContain(shown);
  expect(readdirSync(dir)).toEqual(expect.arrayContaining(['n1', 'n2', 'n3']));
  for (const id of [1, 2, 3]) {
    const asked = await raftctl(['status', '--endpoints', `127.0.0.1:${port + id}`], folder.path);
    expect(asked.exitCode).toBe(3);
  }
});

test('it goes on with the data of the run before, or begins anew', async () => {
  const versionOf = async (...flags: string[]) =>
    /"hello, raft"[\s\S]*?version (\d+)/.exec((await playground(...flags)).stdout)?.[1];
  expect(await versionOf()).toBe('2');
  expect(await versionOf('--reset')).toBe('1');
});
