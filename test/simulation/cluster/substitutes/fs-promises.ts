import { folderOf, type Inode } from '../files.js';
import { type Machine, machineOf, systemError } from '../machine.js';

/*
 * What the storage room takes from `node:fs/promises`, on the disks of simulated machines. Folders are there as soon as they are named.
 */

/** An open file. Knows its inode, and so outlives its names. */
class Handle {
  constructor(
    private readonly machine: Machine,
    private readonly inode: Inode,
    private readonly path: string,
  ) {}

  async stat(): Promise<{ size: number }> {
    return { size: this.inode.content.length };
  }

  async read(target: Uint8Array, offset: number, length: number, at: number): Promise<{ bytesRead: number }> {
    const part = this.inode.content.subarray(at, at + length);
    target.set(part, offset);
    return { bytesRead: part.length };
  }

  appendFile(bytes: Uint8Array): Promise<void> {
    return this.#write(Buffer.from(bytes));
  }

  writeFile(text: string): Promise<void> {
    return this.#write(Buffer.from(text));
  }

  async sync(): Promise<void> {
    const { machine } = this;
    await new Promise<void>((resolve, reject) => {
      machine.in(machine.flushMs(), () => {
        if (machine.faults.failsNextFlush) {
          machine.faults.failsNextFlush = false;
          machine.hasFailed = true;
          reject(systemError('EIO', this.path));
          return;
        }
        machine.files.flush(this.inode);
        resolve();
      });
    });
  }

  async close(): Promise<void> {}

  #write(bytes: Buffer): Promise<void> {
    return this.machine.io(() => {
      if (this.machine.faults.isFull) throw full(this.machine, this.path);
      this.inode.content = Buffer.concat([this.inode.content, bytes]);
    });
  }
}

/** A folder is opened only to be flushed. */
class FolderHandle {
  constructor(
    private readonly machine: Machine,
    private readonly path: string,
  ) {}

  sync(): Promise<void> {
    return this.machine.io(() => this.machine.files.flushFolder(this.path));
  }

  async close(): Promise<void> {}
}

export async function open(path: string, flags: string): Promise<Handle | FolderHandle> {
  const machine = machineOf(path);
  const found = machine.files.get(path);
  if (flags === 'r') {
    if (found !== undefined) return new Handle(machine, found, path);
    if (path === machine.dataDir || machine.files.list(path).length > 0 || path.endsWith('/snapshots')) {
      return new FolderHandle(machine, path);
    }
    throw systemError('ENOENT', path);
  }
  if (found !== undefined) throw systemError('EEXIST', path);
  if (machine.faults.isFull) throw full(machine, path);
  const inode: Inode = { content: Buffer.alloc(0), durable: Buffer.alloc(0) };
  await machine.io(() => machine.files.name(path, inode));
  return new Handle(machine, inode, path);
}

export async function readFile(path: string): Promise<string> {
  const found = machineOf(path).files.get(path);
  if (found === undefined) throw systemError('ENOENT', path);
  return found.content.toString('utf8');
}

export async function rename(from: string, to: string): Promise<void> {
  const machine = machineOf(from);
  await machine.io(() => {
    const inode = machine.files.get(from);
    if (inode === undefined) throw systemError('ENOENT', from);
    machine.files.name(to, inode);
    machine.files.name(from, undefined);
  });
}

export async function rm(path: string, options: { force?: boolean } = {}): Promise<void> {
  const machine = machineOf(path);
  if (machine.files.get(path) !== undefined) await machine.io(() => machine.files.name(path, undefined));
  else if (options.force !== true) throw systemError('ENOENT', path);
}

export async function readdir(folder: string): Promise<string[]> {
  return machineOf(folder).files.list(folder);
}

export async function mkdir(_path: string): Promise<void> {}

export async function access(_path: string): Promise<void> {}

export async function chmod(_path: string): Promise<void> {}

export async function stat(_path: string): Promise<{ mode: number }> {
  return { mode: 0o700 };
}

export async function statfs(path: string): Promise<{ bavail: number; bsize: number }> {
  return { bavail: machineOf(path).faults.isFull ? 0 : 2 ** 20, bsize: 4096 };
}

/** The lock of a data directory is among processes, and there is but one: stores are opened without it. */
export async function link(from: string, _to: string): Promise<void> {
  throw systemError('EPERM', folderOf(from));
}

export async function writeFile(path: string): Promise<void> {
  throw systemError('EPERM', path);
}

function full(machine: Machine, path: string): Error {
  machine.hasFailed = true;
  return systemError('ENOSPC', path);
}
