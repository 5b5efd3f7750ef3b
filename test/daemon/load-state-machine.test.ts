import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadStateMachine } from '../../src/daemon/load-state-machine.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'state-machine-'));
});
afterAll(() => rm(folder, { recursive: true }));

let modules = 0;
async function moduleOf(source: string): Promise<string> {
  modules += 1;
  const path = join(folder, `machine ${modules}.mjs`);
  await writeFile(path, source);
  return path;
}

const body = 'apply() { return new Uint8Array(); } read() { return new Uint8Array(); } describe() { return ""; }';
const methods = body.replaceAll('} ', '}, ');

describe('a state machine', () => {
  it('is one of the two that are here, by its name', async () => {
    expect((await loadStateMachine('kv')).name).toBe('kv');
    expect((await loadStateMachine('register')).name).toBe('register');
  });

  it.each([
    ['an object', `export default { name: 'mine', ${methods} };`],
    ['a class', `export default class { name = 'mine'; ${body} }`],
    ['a function', `export default () => ({ name: 'mine', ${methods} });`],
    ['an async function', `export default async function () { return { name: 'mine', ${methods} }; }`],
  ])('is %s that a module exports', async (_, source) => {
    const machine = await loadStateMachine(await moduleOf(source));
    expect(machine.name).toBe('mine');
    expect(machine.describe('raw', new Uint8Array())).toBe('');
  });

  it.each([
    ['export const machine = 1;', 'no default export'],
    ['export default 1;', 'gives a number'],
    ['export default () => null;', 'gives null'],
    ["export default { name: '' };", 'it has not a name, apply(), read(), describe()'],
    ["export default { name: 'mine', apply() {}, read: 1 };", 'it has not read(), describe()'],
    [`export default { name: 'kv', ${methods} };`, 'calls itself "kv"'],
    ["export default () => { throw new Error('no luck'); };", 'making it failed: no luck'],
    ["throw new Error('bad day');", 'bad day'],
  ])('is not %s', async (source, why) => {
    const path = await moduleOf(source);
    await expect(loadStateMachine(path)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringMatching(
        new RegExp(`^cannot use .*machine \\d+\\.mjs as a state machine: .*${why.replace(/[()]/g, '\\$&')}`),
      ),
    });
  });

  it('that is nowhere is named in the error', async () => {
    await expect(loadStateMachine('./no-such-machine.js')).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining('./no-such-machine.js'),
    });
  });
});
