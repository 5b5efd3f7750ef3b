import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Large enough for the data of a run, small enough to be filled in a moment. */
const diskMiB = 96;

/**
 * A file system of its own for one node, in a file: flushes are real, and it can be filled up. Whoever makes one removes it, since it stays
 * mounted when this process is gone.
 */
export class SmallDisk {
  readonly path: string;
  readonly #image: string;
  readonly #filler: string;

  private constructor(folder: string, name: string) {
    this.path = join(folder, name);
    this.#image = join(folder, `${name}.img`);
    this.#filler = join(this.path, 'filler');
  }

  /** Mounts one on an empty folder. @returns why there can be none here, where that is so */
  static make(folder: string, name: string): SmallDisk | string {
    if (process.platform !== 'linux') return `small disks are made on Linux only, this is ${process.platform}`;
    const disk = new SmallDisk(folder, name);
    const image = disk.#image;
    for (const [program, ...args] of [
      ['truncate', '-s', `${diskMiB}M`, image],
      // No share for root, who may run this.
      ['mkfs.ext4', '-q', '-m', '0', image],
      ['mount', '-o', 'loop', image, disk.path],
    ] as const) {
      const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
      if (status === 0) continue;
      rmSync(image, { force: true });
      return `${program}: ${error?.message ?? stderr.trim()}`;
    }
    process.on('exit', disk.#unmount);
    return disk;
  }

  /** Takes all of its room but this. */
  fill(leftBytes: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    const bytes = bavail * bsize - leftBytes;
    if (bytes <= 0) return;
    // Where it does not fit, as the node writes meanwhile, the file is as large as it could be.
    spawnSync('fallocate', ['-l', String(bytes), this.#filler]);
  }

  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Takes it away. Nothing may be open on it. */
  remove(): void {
    process.off('exit', this.#unmount);
    this.#unmount();
    rmSync(this.#image, { force: true });
    rmSync(this.path, { recursive: true, force: true });
  }

  readonly #unmount = () => void spawnSync('umount', [this.path]);
}
