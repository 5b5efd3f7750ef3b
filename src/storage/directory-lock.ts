import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';

/** Name of the file within the data directory. */
export const LOCK_FILE = 'LOCK';

/** Attempts to take over a lock whose holder is gone, before giving up to others that try the same. */
const TAKEOVERS_MAX = 3;

/** Who holds a data directory. The start time tells a process from a later one with the same id; empty where the system has none. */
interface Holder {
  readonly pid: number;
  readonly startTime: string;
}

/** The exclusive use of a data directory, among the processes of one host. LMDB itself lets several processes write. */
export class DirectoryLock {
  private constructor(
    private readonly path: string,
    private readonly content: string,
  ) {}

  /**
   * @throws RaftctlError E_DATA_DIR_LOCKED while the process that holds it is alive
   */
  static async acquire(dataDir: string): Promise<DirectoryLock> {
    const path = join(dataDir, LOCK_FILE);
    const content = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) });
    // Linked into place, so that nobody ever sees a lock file without its content.
    const own = `${path}.${process.pid}`;
    await writeFile(own, content, { mode: 0o600 });
    try {
      for (let attempt = 0; attempt <= TAKEOVERS_MAX; attempt++) {
        if (await linked(own, path)) return new DirectoryLock(path, content);
        await removeStale(dataDir, path);
      }
    } finally {
      await rm(own, { force: true });
    }
    throw new RaftctlError('E_DATA_DIR_LOCKED', `${dataDir} is being taken by several processes at once`, {
      retryable: true,
    });
  }

  /** Lets go; does nothing where somebody else has taken it meanwhile. */
  async release(): Promise<void> {
    const content = await readFile(this.path, 'utf8').catch(() => undefined);
    if (content === this.content) await rm(this.path, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return false;
    throw thrown;
  }
}

/** Removes a lock whose holder is gone. Only one of those that try gets to rename it; it looks again at what it got. */
async function removeStale(dataDir: string, path: string): Promise<void> {
  const found = await readFile(path, 'utf8').catch(() => undefined);
  if (found === undefined) return;
  refuseWhileAlive(dataDir, found);
  const taken = `${path}.stale.${process.pid}`;
  const renamed = await rename(path, taken).then(
    () => true,
    () => false,
  );
  if (!renamed) return;
  const content = await readFile(taken, 'utf8');
  if (content !== found) await linked(taken, path);
  await rm(taken, { force: true });
}

/** Id of the process that holds a data directory; undefined where none does. */
export async function lockHolder(dataDir: string): Promise<number | undefined> {
  const content = await readFile(join(dataDir, LOCK_FILE), 'utf8').catch(() => '');
  const holder = parseHolder(content);
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

function refuseWhileAlive(dataDir: string, content: string): void {
  const holder = parseHolder(content);
  // A lock without sense was cut by a power failure: whoever held it is gone.
  if (holder === undefined || !isAlive(holder)) return;
  throw new RaftctlError('E_DATA_DIR_LOCKED', `${dataDir} is in use by process ${holder.pid}`, {
    hint: `stop process ${holder.pid}, or give this node a data directory of its own`,
  });
}

function parseHolder(content: string): Holder | undefined {
  try {
    const { pid, startTime }: Record<string, unknown> = JSON.parse(content);
    if (typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 && typeof startTime === 'string')
      return { pid, startTime };
  } catch {
    // Falls through: it makes no sense.
  }
  return undefined;
}

function isAlive({ pid, startTime }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (thrown) {
    // Not allowed to signal it: then it is there.
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH') return false;
  }
  return startTimeOf(pid) === startTime;
}

/** Clock ticks since boot at which a process started: field 22 of its stat, counted behind the name, which may hold anything. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
