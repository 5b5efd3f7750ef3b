import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { MUTANTS, mutate } from '../simulation/cluster/mutants.js';

const built = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));

describe('the known bugs that the simulator is tested with', () => {
  test('are forty, and each still finds its place in the code', () => {
    expect(new Set(MUTANTS.map(({ name }) => name.split('-')[0])).size).toBe(40);
    for (const { name, changes } of MUTANTS) {
      for (const file of new Set(changes.map((change) => change.file))) {
        const source = readFileSync(built(`src/${file}.js`), 'utf8');
        const ofFile = changes.filter((change) => change.file === file);
        const mutated = ts.transpileModule(mutate(source, ofFile), { reportDiagnostics: true });
        expect(mutated.diagnostics, `${name} in ${file}`).toEqual([]);
      }
    }
  });

  test('are refused where their place has moved', () => {
    const change = { file: 'raft/step', from: 'once', to: 'never' };
    expect(mutate('at once', [change])).toBe('at never');
    expect(() => mutate('gone', [change])).toThrow('raft/step has 0 times: once');
    expect(() => mutate('once and once', [change])).toThrow('2 times');
  });

  test('end a run where they are put back in, by the rule that they break', () => {
    const only = ['X9-unsaved', 'X12', 'X13'];
    const args = [built('test/simulation/mutants/run.js'), '--only', only.join(','), '--seeds', '20', '--seconds', '4'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('3 of 3 mutants killed');
    expect(stdout).toMatch(/X13 .*killed by I4/);
  });
});
