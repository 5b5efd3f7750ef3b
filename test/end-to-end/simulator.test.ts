import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const command = fileURLToPath(new URL('../../dist/test/simulation/cluster/run.js', import.meta.url));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-simulator-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function simulate(...args: string[]) {
  const json = join(folder, 'figures.json');
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args, '--json', json], {
    encoding: 'utf8',
  });
  expect([status, stderr], stdout).toEqual([0, '']);
  const { total, counters, playedTwice } = JSON.parse(readFileSync(json, 'utf8'));
  const { runs, events, checks, faults, operations } = total;
  return { stdout, counters, playedTwice, played: { runs, events, checks, faults, operations } };
}

test('seeds are played the same way in two processes as in one, and a second time as the first time', () => {
  const which = ['--seed', '40', '--seeds', '4', '--seconds', '2'];
  const one = simulate(...which);
  const two = simulate(...which, '--jobs', '2', '--twice', '2');
  expect(one.played.runs).toBe(4);
  expect([two.played, two.counters]).toEqual([one.played, one.counters]);
  expect(two.playedTwice).toEqual({ seeds: 2, differed: 0 });
  expect(two.stdout).toMatch(/^4 runs from seed 40: /);
});

test('options that make no sense are refused', () => {
  const ask = (...args: string[]) => spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' }).stderr;
  expect(ask('--seeds', 'many')).toContain('--seeds takes a whole number');
  expect(ask('--profile', 'storm')).toContain('--profile is one of mix, all, swarm');
  expect(ask('--jobs', '2', '--history', 'h.jsonl')).toContain('--history is for one process');
});
