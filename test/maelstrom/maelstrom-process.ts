import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Ending, ending } from '../end-to-end/binary.js';

const program = fileURLToPath(new URL('../../bin/raftctl-maelstrom.js', import.meta.url));
/** From the compiled place and from the source alike. */
const binary = program.replace('/dist/bin/', '/bin/');
/** Characters of the log that are kept, for whoever reads why a run failed. */
const logCharacters = 8000;

/** Processes that were started here and have not ended: these, and no others, are killed when the run ends early. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One real process of `raftctl-maelstrom`. */
export class MaelstromProcess {
  readonly #child: ChildProcess;
  readonly ended: Promise<Ending>;
  log = '';

  constructor(args: readonly string[], onLine: (line: string) => void) {
    const child = spawn(process.execPath, [binary, ...args], { stdio: 'pipe' });
    this.#child = child;
    this.ended = ending(child);
    running.add(child);
    child.once('exit', () => running.delete(child));
    // A process that was killed reads no more.
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', onLine);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-logCharacters);
    });
  }

  write(line: string): void {
    if (this.#child.stdin?.writable) this.#child.stdin.write(`${line}\n`);
  }

  /** As a power cut for this process: it gets no word in. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** It stands still until it is thawed. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Nothing more is said to it: it ends by itself. */
  async close(): Promise<Ending> {
    this.#child.stdin?.end();
    return this.ended;
  }
}
