import { closeSync, openSync, readdirSync, readSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, randomInt } from '../../src/base/random.js';

const PAGE_BYTES = 4096;

/** What is done to a file of a data directory. */
export interface Damage {
  readonly file: string;
  readonly kind: 'flipped bit' | 'zeroed page' | 'cut file';
  /** Byte at which it happens. */
  readonly at: number;
  readonly bit: number;
  /** Whether it happens under an open store. */
  readonly isRunning: boolean;
}

/** Any damage that bit rot may do to the files of a directory. */
export function randomDamage(dataDir: string, random: Random): Damage {
  const file = randomFile(dataDir, random);
  const size = statSync(join(dataDir, file)).size;
  const dice = random();
  const isRunning = file === 'data.mdb' && random() < 0.25;
  // A file that gets shorter under a map of it ends the process; no disk does that by itself.
  const kind = dice < 0.9 ? 'flipped bit' : dice < 0.95 || isRunning ? 'zeroed page' : 'cut file';
  const at = randomInt(random, 0, size);
  return {
    file,
    kind,
    at: kind === 'zeroed page' ? Math.floor(at / PAGE_BYTES) * PAGE_BYTES : at,
    bit: randomInt(random, 0, 8),
    isRunning,
  };
}

/** Most of the bytes are in the database; the small files are damaged more often than by their size. */
function randomFile(dataDir: string, random: Random): string {
  const snapshots = readdirSync(join(dataDir, 'snapshots')).map((name) => `snapshots/${name}`);
  const others = ['identity.json', 'settings.json', ...snapshots];
  return random() < 0.75 ? 'data.mdb' : (others[randomInt(random, 0, others.length)] ?? 'data.mdb');
}

export function inflict(dataDir: string, { file, kind, at, bit }: Damage): void {
  const path = join(dataDir, file);
  if (kind === 'cut file') {
    truncateSync(path, at);
    return;
  }
  const handle = openSync(path, 'r+');
  try {
    const length = Math.min(kind === 'zeroed page' ? PAGE_BYTES : 1, statSync(path).size - at);
    const bytes = Buffer.alloc(length);
    if (kind === 'flipped bit') {
      readSync(handle, bytes, 0, 1, at);
      bytes[0] = (bytes[0] ?? 0) ^ (1 << bit);
    }
    writeSync(handle, bytes, 0, length, at);
  } finally {
    closeSync(handle);
  }
}
