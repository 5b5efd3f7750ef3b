import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { binary, ending, startBinary, temporaryFolder } from './binary.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** Runs shell commands in which `raftctl` is the program, and no terminal is near. */
async function shell(script: string): Promise<{ stdout: string; stderr: string; exitCode: number | null }> {
  const child = spawn('bash', ['-c', `raftctl() { '${process.execPath}' '${binary}' "$@"; }\n${script}`], {
    cwd: folder.path,
    env: { PATH: process.env['PATH'], HOME: folder.path, XDG_CONFIG_HOME: folder.path, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const { exitCode } = await ending(child);
  return { stdout, stderr, exitCode };
}

const nobody = '-e 127.0.0.1:1 --timeout 1s';
const noStack = /\n {4}at |E_INTERNAL|Error:/;

describe('bad input 48: standard input', () => {
  test.each([
    ['that is closed', `raftctl kv put key - ${nobody} <&-`, 2],
    ['that is a directory', `raftctl kv put key - ${nobody} </`, 2],
    ['that is empty', `raftctl propose - ${nobody} </dev/null`, 2],
    ['of a gigabyte without a line end', `head -c 1100M /dev/zero | raftctl propose --batch - ${nobody}`, 3],
    ['that never ends', `raftctl kv put key - ${nobody} </dev/zero`, 2],
    ['that is no UTF-8', `printf '"\\xff"' | raftctl kv put key - ${nobody}`, 2],
    ['with a NUL', `printf '"\\0"' | raftctl kv put key - ${nobody}`, 2],
    [
      'with a byte order mark and the line ends of Windows',
      `printf '\\xef\\xbb\\xbf"v"\\r\\n' | raftctl kv put key - ${nobody}`,
      3,
    ],
  ])('%s', async (_, script, exitCode) => {
    const run = await shell(
      `set -o pipefail; ${script.replace('| raftctl', '2>/dev/null | raftctl')}; exit \${PIPESTATUS[-1]}`,
    );
    expect(run.stderr).toMatch(/^error: /);
    expect(run.stderr).not.toMatch(noStack);
    expect(run).toMatchObject({ exitCode, stdout: '' });
  });

  test('a token comes from a command, which no file keeps', async () => {
    const run = await shell(`raftctl status ${nobody} --token-file <(echo a-token)`);
    expect(run.stderr).toContain('code: E_CONN_REFUSED (exit 3)');
  });
});

describe('bad input 49: standard output and signals', () => {
  test('a reader who leaves, an output that is closed or full, and an error that nobody takes', async () => {
    const runs = await Promise.all([
      shell('set -o pipefail; raftctl help options | head -1'),
      shell('raftctl version >&-'),
      shell('raftctl version >/dev/full'),
      shell(`raftctl status ${nobody} 2>/dev/full`),
      shell(`raftctl status ${nobody} 2>&-`),
    ]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 1, 3, 3]);
    for (const { stderr } of runs) expect(stderr).not.toMatch(noStack);
    expect(runs[2]?.stderr).toContain('no space is left there');
  });

  test('without a terminal, and on one that can nothing, there is no colour', async () => {
    const run = await shell(`unset NO_COLOR; TERM=dumb raftctl status ${nobody} --json`);
    expect(run.stdout + run.stderr).not.toContain('\u001b');
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, exitCode: 3 });
  });

  test('Ctrl-C ends a wait at once, and twice as well, with 130', async () => {
    for (const times of [1, 2]) {
      const child = startBinary(['wait', 'leader', '-e', '127.0.0.1:1', '--timeout', '60s', '-v'], folder.path);
      const ended = ending(child);
      await new Promise((resolve) => child.stderr?.once('data', resolve));
      for (let i = 0; i < times; i++) child.kill('SIGINT');
      const { exitCode, signal } = await ended;
      expect(exitCode === 130 || signal === 'SIGINT', `${exitCode} ${signal}`).toBe(true);
    }
  });
});

describe('bad input 50: a machine in a bad state', () => {
  test.each([
    ['no home', `env -u HOME -u XDG_CONFIG_HOME '${process.execPath}' '${binary}' status ${nobody}`, 3],
    ['a home that is not there', `HOME=/nowhere XDG_CONFIG_HOME=/nowhere raftctl status ${nobody}`, 3],
    ['a home that is a file', `HOME=/etc/passwd XDG_CONFIG_HOME=/etc/passwd raftctl status`, 2],
    ['a folder that was removed', 'mkdir gone; cd gone; rmdir ../gone; raftctl status', 2],
    ['a folder for temporary files that is not there', `TMPDIR=/nowhere raftctl status ${nobody}`, 3],
  ])('%s', async (_, script, exitCode) => {
    const run = await shell(script);
    expect(run.stderr).toContain('code: E_');
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).not.toMatch(/\n {4}at |E_INTERNAL/);
  });

  test('too few files that may be open end it with a message, and harm nothing', async () => {
    const run = await shell(`ulimit -n 20; raftctl status ${nobody}`);
    expect(run.exitCode).not.toBe(0);
    expect(run.stdout).toBe('');
  });

  test.each(['000', '777'])('keys and data are their owner’s alone under umask %s', async (umask) => {
    mkdirSync(join(folder.path, umask));
    const made = await shell(`cd ${umask}; umask ${umask}; raftctl certs create --dir certs --client admin:ops -q`);
    expect(made.exitCode).toBe(0);
    const modes = (name: string) => statSync(join(folder.path, umask, name)).mode & 0o777;
    expect(['certs', 'certs/ca-key.pem', 'certs/ops-key.pem', 'certs/ops.pem'].map(modes)).toEqual([
      0o700, 0o600, 0o600, 0o644,
    ]);
    const data = join(folder.path, umask, 'data');
    const args = ['node', 'start', '--id', '1', '--data-dir', data, '--listen', '127.0.0.1:0'];
    const node = startBinary(args, folder.path, '', `umask ${umask}`);
    const ended = ending(node);
    await new Promise((resolve) => node.stdout?.once('data', resolve));
    node.kill('SIGTERM');
    expect(await ended).toEqual({ exitCode: 0, signal: null });
    const names = readdirSync(data, { recursive: true, encoding: 'utf8' });
    for (const name of names) expect(modes(`data/${name}`) & 0o077, name).toBe(0);
    expect(names).toContain('data.mdb');
  });
});

describe('bad input 57: a data directory that cannot be one', () => {
  test('is refused with the reason; a path of spaces, line ends and pictures is taken', async () => {
    writeFileSync(join(folder.path, 'a-file'), '');
    const started = (dataDir: string) => {
      const child = startBinary(
        ['node', 'start', '--id', '1', '--data-dir', dataDir, '--listen', '127.0.0.1:0'],
        folder.path,
      );
      return { child, ended: ending(child) };
    };
    for (const dataDir of ['a-file', 'a-file/below', '']) {
      expect((await started(dataDir).ended).exitCode, dataDir).toBe(2);
    }
    const odd = started('a b\n😀.d');
    await new Promise((resolve) => odd.child.stdout?.once('data', resolve));
    odd.child.kill('SIGTERM');
    expect(await odd.ended).toEqual({ exitCode: 0, signal: null });
  });
});
