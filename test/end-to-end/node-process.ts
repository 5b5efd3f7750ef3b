import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type Ending, ending, startBinary } from './binary.js';

/** How a node is started. */
export interface NodeSettings {
  readonly id: number;
  readonly address: string;
  readonly dataDir: string;
  readonly home: string;
  /** More flags of `raftctl node start`. */
  readonly flags: readonly string[];
  /** Shell commands that run before it, in its process. */
  readonly setup?: string;
}

/** One real node: `raftctl node start` in a process of its own. */
export class NodeProcess {
  readonly #child: ChildProcess;
  /** How it ended, once it has. */
  readonly ended: Promise<Ending>;
  /** What it wrote, for whoever reads why a test failed. */
  stdout = '';
  stderr = '';

  constructor(readonly settings: NodeSettings) {
    const { id, dataDir, address, flags, home, setup } = settings;
    const args = ['node', 'start', '--id', String(id), '--data-dir', dataDir, '--listen', address, ...flags];
    this.#child = startBinary(args, home, '', setup);
    this.ended = ending(this.#child);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
  }

  /** Resolves when the node serves. Rejects when it ends before. */
  async listening(): Promise<void> {
    const line = `node ${this.settings.id} listening on ${this.settings.address}\n`;
    const serving = new Promise<void>((resolve) => {
      const look = () => this.stdout.includes(line) && resolve();
      look();
      this.#child.stdout?.on('data', look);
    });
    const failed = this.ended.then(({ exitCode, signal }) => {
      throw new Error(`node ${this.settings.id} ended with ${exitCode ?? signal} before it served:\n${this.stderr}`);
    });
    await Promise.race([serving, failed]);
  }

  /** @throws Error where it could not be started at all */
  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`node ${this.settings.id} has no process`);
    return pid;
  }

  /** Most memory that its process has ever had, in bytes, as Linux says. */
  async peakMemoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  /** As a power cut for this process: it gets no word in. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** It stands still, connections open, until it is thawed. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** As an operator stops it. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<Ending> {
    this.#child.kill(signal);
    return this.ended;
  }
}
