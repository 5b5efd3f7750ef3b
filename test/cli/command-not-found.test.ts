import { afterEach, describe, expect, test, vi } from 'vitest';
import hook from '../../src/cli/command-not-found.js';
import { documentOf } from './run-command.js';

/** Calls the hook as the library does, and takes aside what it writes. */
async function ask(id: string, argv: readonly string[]): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += chunk;
      return true;
    });
  }
  let exitCode = 0;
  const context = {
    exit: (code = 0) => {
      exitCode = code;
    },
  };
  const commands = ['status', 'member:list', 'member:change'].map((name) => ({ id: name, hidden: false }));
  await hook.call(context as never, { id, argv, config: { commands } } as never);
  return { ...written, exitCode };
}

afterEach(() => vi.restoreAllMocks());

describe('a command that does not exist', () => {
  test('is a usage error, and the one that was meant is named', async () => {
    const { stdout, stderr, exitCode } = await ask('member:lst', []);
    expect([stdout, exitCode]).toEqual(['', 2]);
    expect(stderr).toBe(
      'error: there is no command "member lst"\nhint: did you mean: raftctl member list\ncode: E_USAGE (exit 2)\n',
    );
  });

  test('has its document in JSON mode', async () => {
    const run = await ask('frobnicate', ['--json']);
    expect(documentOf(run)).toMatchObject({ ok: false, exitCode: 2, errors: [{ code: 'E_USAGE' }] });
  });

  test('is told apart from an option in front of the command', async () => {
    expect((await ask('--json', ['status'])).stderr).toContain('options go behind the command');
  });
});
