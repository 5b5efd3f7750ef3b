import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test, vi } from 'vitest';
import Help from '../../commands/help.js';
import { ExitCode } from '../../src/base/error-codes.js';
import RaftctlHelp from '../../src/cli/help.js';
import { exitMeanings, helpTopics } from '../../src/cli/help-topics.js';
import { nodeFlags } from '../../src/cli/node-flags.js';
import { endOnFailure } from '../../src/cli/stdout-failure.js';
import { bareConfig, documentOf, runCommand } from './run-command.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('raftctl help', () => {
  test.each(Object.keys(helpTopics))('explains the topic %s, in lines of a readable length', async (topic) => {
    const { stdout, exitCode } = await runCommand(Help, 'help', [topic]);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(200);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(140);
  });

  test('lists the topics with the rest', async () => {
    const { stdout } = await runCommand(Help, 'help', []);
    for (const topic of Object.keys(helpTopics)) expect(stdout).toContain(`  ${topic}  `);
  });

  test('gives the exit codes of the manual, each with its number', async () => {
    const { stdout } = await runCommand(Help, 'help', ['exit-codes']);
    const manual = readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8');
    for (const [name, meaning] of Object.entries(exitMeanings)) {
      const code = ExitCode[name as keyof typeof ExitCode];
      expect(stdout).toMatch(new RegExp(`^  ${code} +${meaning}$`, 'm'));
      expect(manual).toMatch(new RegExp(`^\\| ${code} \\| [a-z-]+ \\| ${meaning} \\|$`, 'm'));
    }
  });

  test('names every option and every variable', async () => {
    expect((await runCommand(Help, 'help', ['options'])).stdout).toMatch(/-e, --endpoints HOST:PORT,…/);
    expect((await runCommand(Help, 'help', ['environment'])).stdout).toMatch(/RAFTCTL_TIMEOUT +stands for --timeout/);
  });

  test('says in a usage line what is needed, and the summary once', async () => {
    const [summary, description] = ['run a node in the foreground', 'Stops cleanly on SIGTERM.'];
    const named = Object.fromEntries(Object.entries(nodeFlags).map(([name, flag]) => [name, { ...flag, name }]));
    const command = { id: 'node:start', summary, description, flags: named, args: {}, aliases: [] };
    const config = await bareConfig();
    vi.spyOn(config, 'findCommand').mockReturnValue(command as never);
    const text = await new RaftctlHelp(config, { docopts: false }).textOf(['node', 'start']);
    expect(text).toMatch(/--id=ID --data-dir=DIR --listen=HOST:PORT\s+\[OPTIONS\]/);
    expect(text.split(summary)).toHaveLength(2);
  });

  test('refuses what there is not, and names what was meant, in text and in JSON', async () => {
    const text = await runCommand(Help, 'help', ['exit-code']);
    expect(text).toMatchObject({ stdout: '', exitCode: 2 });
    expect(text.stderr).toBe(
      'error: there is no command "exit-code"\nhint: did you mean: raftctl help exit-codes\ncode: E_USAGE (exit 2)\n',
    );
    const json = await runCommand(Help, 'help', ['nosuch', '--json']);
    expect(json.exitCode).toBe(2);
    expect(documentOf(json)).toMatchObject({ kind: 'Help', ok: false, errors: [{ code: 'E_USAGE' }] });
  });

  test('is a document too', async () => {
    const { data } = documentOf(await runCommand(Help, 'help', ['errors', '--json']));
    expect(data).toEqual({ subject: 'errors', text: helpTopics['errors']?.text() });
  });

  test('ends --help of an unknown command as any unknown command ends', async () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
    await expect(new RaftctlHelp(await bareConfig()).showHelp(['frobnicate', '--help'])).rejects.toMatchObject({
      oclif: { exit: 2 },
    });
    expect(written.join('')).toContain('error: there is no command "frobnicate"');
  });
});

describe('a result that cannot be written', () => {
  function failing(code: string): string[] {
    const stdout = new PassThrough();
    const sentences: string[] = [];
    endOnFailure(stdout, (sentence) => sentences.push(sentence));
    stdout.emit('error', Object.assign(new Error(`${code}: write`), { code }));
    return sentences;
  }

  test('ends the command with one sentence', () => {
    expect(failing('ENOSPC')).toEqual([
      'error: the result cannot be written to standard output: no space is left there',
    ]);
    expect(failing('EIO')).toEqual(['error: the result cannot be written to standard output: EIO: write']);
  });

  test('is no failure where the reader has gone', () => {
    expect(failing('EPIPE')).toEqual([]);
  });
});
