import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import ts from 'typescript';
import { afterAll } from 'vitest';

/** The rooms that a store needs, and the scripts that tests let play with one. */
const rooms = [
  ...['base', 'gen', 'raft', 'node', 'storage'].map((room) => join('src', room)),
  'test/power-cut',
  'test/bit-rot',
];

let transpiled: string | undefined;

afterAll(() => {
  if (transpiled !== undefined) rmSync(transpiled, { recursive: true, force: true });
});

/** These rooms, as JavaScript that a plain Node process can run. Made once for a file of tests. */
export function transpiledRooms(): string {
  transpiled ??= transpile(mkdtempSync(join(tmpdir(), 'raftctl-rooms-')));
  return transpiled;
}

function transpile(folder: string): string {
  for (const room of rooms) {
    for (const name of readdirSync(room, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const source = join(room, name);
      const target = join(folder, source.replace(/\.ts$/, '.js'));
      const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true };
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, ts.transpileModule(readFileSync(source, 'utf8'), { compilerOptions: options }).outputText);
    }
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A process of its own that runs a script beside the rooms and says what it does, a line at a time. */
export class ScriptProcess {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly ended: Promise<void>;

  /** @param setup shell commands that run before the script, in its process */
  constructor(script: string, args: readonly string[], setup = ':') {
    const path = join(transpiledRooms(), 'script.js');
    writeFileSync(path, script);
    const command = ['-c', `${setup}; exec "$@"`, 'bash', process.execPath, path, ...args];
    this.#process = spawn('bash', command, { stdio: ['ignore', 'pipe', 'ignore'] });
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('the process has no output');
    this.#lines = createInterface({ input: stdout });
    this.ended = new Promise((onEnd) => {
      this.#process.once('close', () => onEnd());
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Calls `onLine` for each line until it returns true; resolves then, or when the process ends. */
  async readUntil(onLine: (line: string) => boolean): Promise<void> {
    for await (const line of this.#lines) {
      if (onLine(line)) return;
    }
  }

  /** Ends it as a power failure would end it, but for what the system has not written yet. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.ended;
  }
}
