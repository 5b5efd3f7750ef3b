import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { isInstance } from '../base/instance.js';
import type { NodeIdentity } from '../node/ports.js';
import { parseCheckedJson, writeCheckedJson } from './checked-json.js';
import { NAMELESS_REBUILD_HINT } from './rebuild-hint.js';

/** Name of the file within the data directory. */
export const IDENTITY_FILE = 'identity.json';

/** Version of the whole data directory's form. */
export const FORMAT_VERSION = 1;

/** Of a cluster that was never recovered without its quorum. */
export const FIRST_INCARNATION = 1;

/** The identity of a node, with what else its file says. */
export interface StoredIdentity extends NodeIdentity {
  /** ISO 8601, for people. */
  readonly createdAt: string;
}

/**
 * Reads whose data directory this is. Its instance is empty where a version wrote it that knew of none.
 * @returns undefined where there is no such file
 * @throws RaftctlError E_CORRUPT for a file that makes no sense, E_IDENTITY for one of a newer version
 */
export async function readIdentity(dataDir: string): Promise<StoredIdentity | undefined> {
  const path = join(dataDir, IDENTITY_FILE);
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw new RaftctlError('E_DISK', `${path} cannot be read: ${thrown.message}`, { cause: thrown });
  });
  if (text === undefined) return undefined;
  const value = parseCheckedJson(text);
  const formatVersion = value?.['formatVersion'];
  if (value === undefined || typeof formatVersion !== 'number') throw damaged(path);
  if (formatVersion > FORMAT_VERSION) {
    throw new RaftctlError(
      'E_IDENTITY',
      `${dataDir} was written by a newer raftctl: its format is ${formatVersion}, this one knows up to ${FORMAT_VERSION}`,
    );
  }
  const { nodeId, clusterId, incarnation, stateMachine, createdAt, instance = '', supersededBy } = value;
  if (typeof nodeId !== 'number' || typeof incarnation !== 'number') throw damaged(path);
  if (typeof clusterId !== 'string' || typeof stateMachine !== 'string' || typeof createdAt !== 'string')
    throw damaged(path);
  if (typeof instance !== 'string' || (instance !== '' && !isInstance(instance))) throw damaged(path);
  if (supersededBy !== undefined && typeof supersededBy !== 'number') throw damaged(path);
  return { nodeId, clusterId, incarnation, stateMachine, createdAt, instance, supersededBy };
}

/** A new random id of a data directory, 32 hex digits. */
export function newInstance(): string {
  return randomBytes(16).toString('hex');
}

/** Writes the identity; flushed, with its folder, when it resolves. */
export async function writeIdentity(dataDir: string, identity: StoredIdentity): Promise<void> {
  const content = { formatVersion: FORMAT_VERSION, ...identity };
  await writeCheckedJson(join(dataDir, IDENTITY_FILE), content);
}

function damaged(path: string): RaftctlError {
  return new RaftctlError('E_CORRUPT', `${path} is damaged: it does not say whose data directory this is`, {
    hint: NAMELESS_REBUILD_HINT,
  });
}
