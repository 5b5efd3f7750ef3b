import { lstat, rename, rm, writeFile } from 'node:fs/promises';
import { RaftctlError } from '../base/errors.js';
import { reasonOf } from './file-reason.js';
import { readInputText } from './input-file.js';

/** Where a plan is written to; undefined for a dry run. @throws RaftctlError E_USAGE where nothing says */
export function outFile({
  out,
  'dry-run': dryRun,
}: {
  readonly out?: string | undefined;
  readonly 'dry-run': boolean;
}) {
  if (dryRun) return undefined;
  if (out !== undefined) return out;
  throw new RaftctlError('E_USAGE', 'where is the plan to be written?', { hint: '--out FILE, or --dry-run' });
}

/** Most bytes of a file of a recovery: what was collected of a node names each entry that nobody knows to be committed. */
const bytesMax = 256 * 1024 * 1024;

/** @throws RaftctlError E_USAGE where it cannot be read */
export function readDocumentFile(path: string): Promise<string> {
  return readInputText(path, { bytesMax });
}

/** Writes a document under its name, whole or not at all, in the place of whatever was there. */
export async function writeDocumentFile(path: string, document: object, mode: 0o600 | 0o644 = 0o600): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, `${JSON.stringify(document, null, 2)}\n`, { mode });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new RaftctlError('E_USAGE', `${path} cannot be written: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * A plan that was written may have been carried out on a node already: it is never replaced by another one.
 * @throws RaftctlError E_CONFLICT
 */
export async function refuseExisting(path: string): Promise<void> {
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  throw new RaftctlError('E_CONFLICT', `${path} is there already`, {
    hint: 'carry that one out everywhere, or, if it was carried out nowhere, remove it first',
  });
}
