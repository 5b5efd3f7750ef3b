import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeFlags } from '../../src/cli/node-flags.js';
import { settingsArguments } from '../../src/cli/settings-file.js';

const known = Object.keys(nodeFlags);
let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-settings-'));
  file = join(folder, 'node.yaml');
});
afterAll(() => rmSync(folder, { recursive: true }));

function settings(text: string, argv: string[] = []): Promise<string[]> {
  writeFileSync(file, text);
  return settingsArguments(file, argv, known);
}

const whole = `
id: 3
data-dir: /var/lib/raftctl
listen: 10.0.0.3:7400
join: [10.0.0.1:7400, 10.0.0.2:7400]
tick: 50ms
insecure: true
reflection: false
`;

describe('a settings file', () => {
  test('is read by the rules of the command line', async () => {
    const { flags } = await Parser.parse(await settings(whole), { flags: nodeFlags });
    expect(flags).toMatchObject({
      id: 3,
      'data-dir': '/var/lib/raftctl',
      listen: '10.0.0.3:7400',
      join: ['10.0.0.1:7400', '10.0.0.2:7400'],
      tick: 50,
      insecure: true,
    });
    expect(flags.reflection ?? false).toBe(false);
  });

  test('gives way to what the command line names, in any of its forms', async () => {
    const argv = ['--id', '4', '--listen=127.0.0.1:1', '--no-insecure'];
    expect(await settings(whole, argv)).toEqual([
      '--data-dir=/var/lib/raftctl',
      '--join=10.0.0.1:7400,10.0.0.2:7400',
      '--tick=50ms',
    ]);
  });

  test('may be empty, and then says nothing', async () => {
    expect(await settings('# nothing\n')).toEqual([]);
  });

  test.each([
    ['a setting that is none', 'heartbeat: 1', /there is no setting "heartbeat"/],
    ['another settings file', 'config: other.yaml', /there is no setting "config"/],
    ['a nested value', 'tick: {ms: 1}', /"tick" must be a text/],
    ['no value', 'tick:', /"tick" must be a text/],
    ['an empty list', 'join: []', /"join" must be a text/],
    ['a list of settings', '- id', /"name: value" lines/],
    ['one name twice', 'id: 1\nid: 2', /unique/],
    ['a bomb of aliases', 'id: &a [1, 1]\njoin: [*a, *a]', /alias/i],
  ])('is refused with %s', async (_, text, sentence) => {
    await expect(settings(text)).rejects.toMatchObject({ code: 'E_USAGE', message: expect.stringMatching(sentence) });
  });

  test('that is not there is named', async () => {
    const missing = join(folder, 'none.yaml');
    await expect(settingsArguments(missing, [], known)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: expect.stringContaining(missing),
    });
  });
});
