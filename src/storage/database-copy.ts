import { chmod, copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import { silentLogger } from '../base/logger.js';
import { CommitQueue } from './commit-queue.js';
import { checkDirectory } from './directory-check.js';
import { type DirectoryInspection, inspectDirectory } from './directory-inspection.js';
import { syncFolder } from './durable-file.js';
import { DATA_FILE, type Environment, openEnvironment } from './environment.js';
import { IDENTITY_FILE } from './identity-file.js';
import { exists } from './offline-copy.js';
import type { OfflineDirectory } from './offline-directory.js';
import { RECOVERY_FILE, RETIRED_FILE } from './offline-notes.js';
import { readOffline } from './offline-reading.js';
import { SNAPSHOT_FOLDER } from './open-store.js';
import { READERS_FILE } from './reader-table.js';
import { SETTINGS_FILE } from './settings-file.js';
import { COMPLETE } from './snapshot-catalog.js';
import { type BootRecord, bootRecord } from './stored-state.js';

const smallFiles = [IDENTITY_FILE, SETTINGS_FILE, RETIRED_FILE, RECOVERY_FILE];

/** What a compaction came to. */
export interface CompactedDatabase {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

/**
 * Copies a data directory whether its node runs or not: the database as of one moment, through LMDB, and what is beside it. Verified from
 * the first record to the last, flushed, and there whole or not at all.
 * @throws RaftctlError E_CONFLICT where `to` is there, E_CORRUPT where what was copied is damaged, E_DISK
 */
export async function copyInspected(inspection: DirectoryInspection, to: string, compact: boolean): Promise<void> {
  if (await exists(to)) throw new RaftctlError('E_CONFLICT', `${to} is there already`, { hint: 'name another folder' });
  const partial = `${to}.partial`;
  try {
    let damaged = await copyAndCheck(inspection, partial, compact);
    // From under a node that writes it may be looked at once more: damage stays, a bad moment does not.
    if (damaged.length > 0 && inspection.holder !== undefined)
      damaged = await copyAndCheck(inspection, partial, compact);
    if (damaged.length > 0) {
      throw new RaftctlError('E_CORRUPT', `the copy of ${inspection.path} is damaged`, { facts: damaged });
    }
    await rm(join(partial, READERS_FILE), { force: true });
    await onDisk(`${to} cannot be written`, async () => {
      await rename(partial, to);
      await syncFolder(dirname(to));
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/** @returns what is damaged in the copy */
async function copyAndCheck(inspection: DirectoryInspection, to: string, compact: boolean): Promise<readonly string[]> {
  await onDisk(`${inspection.path} cannot be copied to ${to}`, () => writeCopy(inspection, to, compact));
  return (await inspectDirectory(to, checkDirectory)).damaged;
}

async function writeCopy({ path, environment }: DirectoryInspection, to: string, compact: boolean): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await mkdir(join(to, SNAPSHOT_FOLDER), { recursive: true, mode: 0o700 });
  await copyDatabase(environment, to, compact);
  const snapshots = (await readdir(join(path, SNAPSHOT_FOLDER)).catch(() => [])).filter((name) =>
    name.endsWith(COMPLETE),
  );
  for (const name of [...smallFiles, ...snapshots.map((file) => join(SNAPSHOT_FOLDER, file))]) {
    // Snapshot files come and go while a node runs; those that are there no more are not needed.
    if (await exists(join(path, name))) await copyFile(join(path, name), join(to, name));
  }
  for (const name of await readdir(to, { recursive: true })) await syncFolder(join(to, name));
  await syncFolder(to);
}

/**
 * Writes the database of a node that does not run anew, without the pages that are free. The new one is held against the old one, record by
 * record, and then takes its place in one step: a crash leaves the old or the new.
 * @throws RaftctlError E_CORRUPT where the old one is damaged, or the new one is not the same; E_DISK
 */
export async function compactDatabase({ path }: OfflineDirectory): Promise<CompactedDatabase> {
  const partial = join(path, 'compact.partial');
  try {
    await rm(partial, { recursive: true, force: true });
    const before = await readOffline(path, (reading) => [reading.logDigest(), reading.stateDigest()]);
    await onDisk(`${path} cannot be compacted`, async () => {
      await mkdir(partial, { mode: 0o700 });
      const environment = openEnvironment(path, 'reading');
      try {
        await copyDatabase(environment, partial, true);
      } finally {
        await environment.root.close();
      }
    });
    const after = await readOffline(partial, (reading) => [reading.logDigest(), reading.stateDigest()]);
    if (before.join() !== after.join())
      throw new RaftctlError('E_CORRUPT', `the compacted database of ${path} is another one`);
    const [bytesBefore, bytesAfter] = [await sizeOf(join(path, DATA_FILE)), await sizeOf(join(partial, DATA_FILE))];
    await onDisk(`${path} cannot be compacted`, async () => {
      await rename(join(partial, DATA_FILE), join(path, DATA_FILE));
      await syncFolder(path);
      await rm(join(path, READERS_FILE), { force: true });
    });
    return { bytesBefore, bytesAfter };
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function copyDatabase(environment: Environment, to: string, compact: boolean): Promise<void> {
  const boot = bootRecord.read(environment);
  if (boot === undefined) throw new RaftctlError('E_CORRUPT', 'the database does not say whose it is');
  await environment.root.backup(to, compact);
  await chmod(join(to, DATA_FILE), 0o600);
  if (compact) await writeTwice(to, boot);
  await syncFolder(join(to, DATA_FILE));
  await syncFolder(to);
}

/**
 * A database that was written without its free pages has one page with its newest transaction, and another one that is as good as empty: like
 * one that has lost its newest transaction, which a node refuses. Two more transactions make it like any other.
 */
async function writeTwice(folder: string, boot: BootRecord): Promise<void> {
  const copy = openEnvironment(folder);
  try {
    const commits = new CommitQueue(copy, silentLogger);
    for (let time = 0; time < 2; time++) await commits.commit((batch) => bootRecord.write(batch, copy, boot));
  } finally {
    await copy.root.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  const handle = await open(path, 'r');
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** @throws RaftctlError E_DISK saying what could not be done, unless it says more itself */
async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof RaftctlError) throw thrown;
    throw new RaftctlError('E_DISK', `${what}: ${messageOf(thrown)}`, { cause: thrown });
  }
}
