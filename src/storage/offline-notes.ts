import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RaftctlError } from '../base/errors.js';
import { parseCheckedJson, writeCheckedJson } from './checked-json.js';

/** Notes that commands leave in a data directory for the next start of a node on it. */
export const RECOVERY_FILE = 'recovery.json';
export const RETIRED_FILE = 'retired-ids.json';

/** How far a recovery, or a restore, of this directory has come. */
export interface RecoveryNote {
  readonly kind: 'recovery' | 'restore';
  /** Id of the plan that is, or was, carried out. */
  readonly planId: string;
  /** A node does not start on a directory on which a recovery was begun and not ended. */
  readonly state: 'begun' | 'done';
  /** Where the directory was copied to before anything was changed; empty where that was not wanted. */
  readonly backup: string;
}

/** The recovery that was last begun here; undefined where none ever was. */
export async function readRecoveryNote(dataDir: string): Promise<RecoveryNote | undefined> {
  const note = await readNote(dataDir, RECOVERY_FILE);
  if (note === undefined) return undefined;
  const { planId, state, backup, kind = 'recovery' } = note;
  if (typeof planId !== 'string' || typeof backup !== 'string' || (state !== 'begun' && state !== 'done')) {
    throw damaged(dataDir, RECOVERY_FILE);
  }
  if (kind !== 'recovery' && kind !== 'restore') throw damaged(dataDir, RECOVERY_FILE);
  return { kind, planId, state, backup };
}

/** Flushed when it resolves. */
export function writeRecoveryNote(dataDir: string, note: RecoveryNote): Promise<void> {
  return writeNote(dataDir, RECOVERY_FILE, note);
}

/** Ids of the nodes whose data was in this directory and is gone: what they voted for and acknowledged, nobody knows any more. */
export async function readRetiredIds(dataDir: string): Promise<readonly number[]> {
  const note = await readNote(dataDir, RETIRED_FILE);
  if (note === undefined) return [];
  const { ids } = note;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'number')) throw damaged(dataDir, RETIRED_FILE);
  return ids;
}

/** Adds one; flushed when it resolves. */
export async function retireId(dataDir: string, id: number): Promise<void> {
  const ids = [...new Set([...(await readRetiredIds(dataDir)), id])].sort((a, b) => a - b);
  await writeNote(dataDir, RETIRED_FILE, { ids });
}

/**
 * Looks at the notes before a node starts.
 * @throws RaftctlError E_REFUSED in the middle of a recovery, E_IDENTITY for an id that must not come back
 */
export async function refuseByNotes(dataDir: string, nodeId: number): Promise<void> {
  const recovery = await readRecoveryNote(dataDir);
  if (recovery?.state === 'begun') {
    throw new RaftctlError(
      'E_REFUSED',
      `${dataDir} is in the middle of a ${recovery.kind}, by plan ${recovery.planId}`,
      {
        facts: recovery.backup === '' ? [] : [`it was copied to ${recovery.backup} before`],
        hint: `finish it: the same raftctl ${recovery.kind === 'restore' ? 'snapshot restore apply' : 'recover apply'} again`,
      },
    );
  }
  await refuseRetiredId(dataDir, nodeId);
}

/** @throws RaftctlError E_IDENTITY for an id that must not come back */
export async function refuseRetiredId(dataDir: string, nodeId: number): Promise<void> {
  if ((await readRetiredIds(dataDir)).includes(nodeId)) {
    throw new RaftctlError(
      'E_IDENTITY',
      `${dataDir} was reset: node ${nodeId} lost its data here and must not come back`,
      {
        facts: ['a node that has forgotten what it voted for and acknowledged can break its cluster'],
        hint: 'start it under an id that no node of the cluster ever had: --id NEW, and add that one: raftctl member add',
      },
    );
  }
}

async function readNote(dataDir: string, name: string): Promise<Record<string, unknown> | undefined> {
  const path = join(dataDir, name);
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw new RaftctlError('E_DISK', `${path} cannot be read: ${thrown.message}`, { cause: thrown });
  });
  if (text === undefined) return undefined;
  const value = parseCheckedJson(text);
  if (value !== undefined) return value;
  throw damaged(dataDir, name);
}

function writeNote(dataDir: string, name: string, note: object): Promise<void> {
  return writeCheckedJson(join(dataDir, name), note);
}

function damaged(dataDir: string, name: string): RaftctlError {
  return new RaftctlError('E_CORRUPT', `${join(dataDir, name)} is damaged: it makes no sense`);
}
