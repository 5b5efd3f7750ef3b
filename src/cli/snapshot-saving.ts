import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import type { SaveSnapshotResponse, SnapshotInfo } from '../client/index.js';
import { reasonOf } from './file-reason.js';
import { INTERRUPTED_EXIT } from './interrupted.js';
import { formatBytes } from './units.js';

/** `data` of `snapshot save` and `snapshot verify`. */
export interface SnapshotFileData {
  readonly path: string;
  readonly index: number;
  readonly term: number;
  readonly bytes: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Every byte was read and every checksum compared. */
  readonly verified: boolean;
  /** Whether newer writes may have been acknowledged before it was taken; null where that cannot be known of a file. */
  readonly stale: boolean | null;
}

/** @throws RaftctlError E_CONFLICT where there is such a file and it may not be replaced, E_USAGE for no name */
export async function refuseToOverwrite(path: string, overwrite: boolean): Promise<void> {
  if (path === '') throw new RaftctlError('E_USAGE', 'the name of the file to write is empty');
  if (overwrite) return;
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new RaftctlError('E_CONFLICT', `${path} is there already`, { hint: 'add --overwrite' });
}

/** Signals that end a program which does not look for them, and its exit code then. */
const endings = { SIGINT: INTERRUPTED_EXIT, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Writes what a node sends to `path`: beside it first, and under its name only when all of it is there, verified and flushed. Ended before
 * that, by an error, by Ctrl-C or by who has waited for long enough, it leaves nothing.
 *
 * @param verify reads the whole file again; throws where it is damaged
 */
export async function saveSnapshotFile(
  path: string,
  parts: AsyncIterable<SaveSnapshotResponse>,
  verify: (partial: string) => Promise<{ readonly info: Pick<SnapshotInfo, 'index' | 'term'> }>,
): Promise<Omit<SnapshotFileData, 'stale'>> {
  // A name of its own: of two who save under one name, the second would write over what the first has verified.
  const partial = `${path}.${randomBytes(6).toString('hex')}.partial`;
  const handle = await open(partial, 'wx', 0o600).catch((cause: unknown) => {
    throw new RaftctlError('E_USAGE', `${path} cannot be written: ${reasonOf(cause)}`, { cause });
  });
  const end = (signal: keyof typeof endings) => {
    rmSync(partial, { force: true });
    process.exit(endings[signal]);
  };
  const signals = Object.keys(endings);
  for (const signal of signals) process.once(signal, end);
  try {
    const { promised, bytes, sha256 } = await writeParts(handle, parts);
    if (promised?.bytes !== bytes) {
      const expected = promised === undefined ? 'nothing was promised' : `${promised.bytes} were promised`;
      throw new RaftctlError('E_CORRUPT', `the node sent ${bytes} bytes of a snapshot, ${expected}`);
    }
    const { info } = await verify(partial);
    const { index, term } = info;
    await handle.sync();
    await rename(partial, path).catch((cause: unknown) => {
      throw new RaftctlError('E_USAGE', `${path} cannot be replaced: ${reasonOf(cause)}`, { cause });
    });
    await syncFolder(dirname(path));
    return { path, index, term, bytes, sha256, verified: true };
  } finally {
    for (const signal of signals) process.off(signal, end);
    await handle.close();
    await rm(partial, { force: true });
  }
}

async function writeParts(
  handle: FileHandle,
  parts: AsyncIterable<SaveSnapshotResponse>,
): Promise<{ promised: SnapshotInfo | undefined; bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let promised: SnapshotInfo | undefined;
  let bytes = 0;
  for await (const { part } of parts) {
    if (part?.$case === 'snapshot') promised = part.value;
    if (part?.$case !== 'chunk') continue;
    // Before it is written: what never ends would fill the disk.
    if (bytes + part.value.length > (promised?.bytes ?? 0)) {
      throw new RaftctlError(
        'E_CORRUPT',
        `the node sends more of a snapshot than the ${promised?.bytes ?? 0} bytes it promised`,
      );
    }
    await handle.appendFile(part.value).catch((cause: unknown) => {
      throw new RaftctlError('E_DISK', `the snapshot cannot be written: ${reasonOf(cause)}`, { cause });
    });
    hash.update(part.value);
    bytes += part.value.length;
  }
  return { promised, bytes, sha256: hash.digest('hex') };
}

/** SHA-256 of a file, hex. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, 'r');
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** One line for people. */
export function snapshotFileLine({ path, index, term, bytes, sha256, stale }: SnapshotFileData, done: string): string {
  const note = stale === true ? '  stale: newer writes may be missing' : '';
  return `${done}  ${path}  ${formatBytes(bytes)}  index ${index}  term ${term}  sha256 ${sha256}${note}`;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
