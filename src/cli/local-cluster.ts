import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RaftctlError } from '../base/errors.js';

/** A node of a cluster on this machine: its process and where its things are. */
export interface LocalNode {
  readonly id: number;
  readonly address: string;
  readonly dataDir: string;
  readonly logFile: string;
}

/** What a local cluster is made of. */
export interface LocalClusterOptions {
  /** Program that is run as a node: `bin/raftctl.js`. */
  readonly program: string;
  /** Folder of all data directories and logs. */
  readonly dir: string;
  /** Node N listens on this port plus N. */
  readonly portBase: number;
  /** More flags of `raftctl node start`. */
  readonly flags?: (id: number) => readonly string[];
  /** Remove what is in the folder first. */
  readonly reset?: boolean;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 10_000;

/**
 * Node processes on the loopback interface of this machine, as children of this one. They stop with their parent: cleanly when it asks,
 * and when its end of their channel closes.
 */
export class LocalCluster {
  private readonly running = new Map<number, ChildProcess>();
  /** Nodes that are to end: nobody is told when they do. */
  private readonly ending = new Set<ChildProcess>();

  constructor(private readonly options: LocalClusterOptions) {
    if (options.reset) rmSync(options.dir, { recursive: true, force: true });
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  }

  /** Where node `id` is, running or not. */
  describe(id: number): LocalNode {
    const { dir, portBase } = this.options;
    return {
      id,
      address: `127.0.0.1:${portBase + id}`,
      dataDir: join(dir, `n${id}`),
      logFile: join(dir, `n${id}.log`),
    };
  }

  /**
   * Starts a node; resolves when it serves.
   * @param onExit called when it ends without having been asked to
   * @throws RaftctlError with the node's own last words
   */
  async start(id: number, onExit: (id: number) => void): Promise<LocalNode> {
    const node = this.describe(id);
    const log = openSync(node.logFile, 'a', 0o600);
    const child = spawn(
      process.execPath,
      [
        resolve(this.options.program),
        ...['node', 'start', '--id', String(id), '--name', `n${id}`],
        ...['--data-dir', node.dataDir, '--listen', node.address],
        ...(this.options.flags?.(id) ?? []),
      ],
      // A group of its own: Ctrl-C reaches the parent alone, which then stops the nodes in order.
      { stdio: ['ignore', 'pipe', log, 'ipc'], detached: true },
    );
    closeSync(log);
    this.running.set(id, child);
    child.once('exit', () => {
      this.running.delete(id);
      if (!this.ending.delete(child)) onExit(id);
    });
    await this.untilServing(child, node);
    return node;
  }

  /** Stops all nodes; those that do not end by themselves are killed. */
  async stop(): Promise<void> {
    await Promise.all([...this.running.values()].map((child) => this.end(child, endProcess)));
  }

  /** Ends a node as a power cut does: it gets no word in. */
  async kill(id: number): Promise<void> {
    const child = this.running.get(id);
    if (child !== undefined) await this.end(child, killProcess);
  }

  private end(child: ChildProcess, how: (child: ChildProcess) => Promise<void>): Promise<void> {
    this.ending.add(child);
    return how(child);
  }

  private async untilServing(child: ChildProcess, node: LocalNode): Promise<void> {
    const timer = setTimeout(() => child.kill('SIGKILL'), startTimeoutMs);
    const exited = once(child, 'exit').then(() => {
      throw new RaftctlError('E_INTERNAL', `node ${node.id} ended before it served ${node.address}`, {
        facts: lastLines(node.logFile),
        hint: `the whole log is in ${node.logFile}`,
      });
    });
    try {
      await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, 'data'), exited]);
    } finally {
      clearTimeout(timer);
      exited.catch(() => {});
    }
    child.stdout?.resume();
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
}

async function killProcess(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function lastLines(file: string): string[] {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5);
}
