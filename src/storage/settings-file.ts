import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { NodeSettings } from '../node/ports.js';
import { parseCheckedJson, writeCheckedJson } from './checked-json.js';

/** Name of the file within the data directory. It is not there before something is set. */
export const SETTINGS_FILE = 'settings.json';

const defaultSettings: NodeSettings = { drained: false, electionsPaused: false };

/**
 * Reads what is set for the node. What the file does not say is as in a fresh directory.
 * @throws RaftctlError E_CORRUPT for a file that makes no sense: a node that was told not to lead must not forget it; E_DISK
 */
export async function readSettings(dataDir: string): Promise<NodeSettings> {
  const path = join(dataDir, SETTINGS_FILE);
  const text = await readFile(path, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined;
    throw new RaftctlError('E_DISK', `${path} cannot be read: ${thrown.message}`, { cause: thrown });
  });
  if (text === undefined) return defaultSettings;
  try {
    const value = parseCheckedJson(text);
    if (value === undefined) throw new TypeError('it is not what was written');
    const { drained, electionsPaused } = { ...defaultSettings, ...value };
    if (typeof drained !== 'boolean' || typeof electionsPaused !== 'boolean') throw new TypeError('it has no booleans');
    return { drained, electionsPaused };
  } catch (thrown) {
    throw new RaftctlError('E_CORRUPT', `${path} is damaged: it does not say what is set for this node`, {
      hint: `remove ${path}, start the node, and set anew what is to hold: raftctl node drain, raftctl node election pause`,
      cause: thrown,
    });
  }
}

/** Writes the settings; flushed, with their folder, when it resolves. @throws RaftctlError E_DISK; they are as they were then */
export async function writeSettings(dataDir: string, { drained, electionsPaused }: NodeSettings): Promise<void> {
  const path = join(dataDir, SETTINGS_FILE);
  await writeCheckedJson(path, { drained, electionsPaused }).catch((thrown: unknown) => {
    throw new RaftctlError('E_DISK', `${path} cannot be written: ${messageOf(thrown)}`, { cause: thrown });
  });
}
