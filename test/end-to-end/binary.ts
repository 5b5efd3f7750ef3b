import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/raftctl.js', import.meta.url));
/** The program as a user has it: the binary over what `npm run build` made. From the compiled place and from the source alike. */
export const binary = program.replace('/dist/bin/', '/bin/');

/** Processes that were started here and have not ended: these, and no others, are killed when the tests end early. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Folder for one story, and what removes it. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'raftctl-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Starts the program with nothing of the machine's own settings, and no terminal; `input` is what it reads on stdin.
 * @param setup shell commands that run before it, in its process
 */
export function startBinary(args: readonly string[], home: string, input = '', setup = ':'): ChildProcess {
  const command = ['-c', `${setup}; exec "$@"`, 'bash', process.execPath, binary, ...args];
  const child = spawn('bash', command, {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, XDG_CONFIG_HOME: home, NO_COLOR: '1' },
    stdio: 'pipe',
  });
  child.stdin.end(input);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** How a process ended: its exit code, or the signal that ended it. */
export type Ending = { readonly exitCode: number | null; readonly signal: NodeJS.Signals | null };

/** Resolves when the process has ended and all that it wrote is read. */
export function ending(child: ChildProcess): Promise<Ending> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
}
