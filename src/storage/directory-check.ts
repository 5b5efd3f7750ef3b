import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { DirectoryInspection } from './directory-inspection.js';
import { rangeOf } from './environment.js';
import { decodeLogRecord, isIntact } from './log-record.js';
import { readRecoveryNote, readRetiredIds } from './offline-notes.js';
import { verifySnapshotFile } from './offline-snapshot.js';
import { SNAPSHOT_FOLDER } from './open-store.js';
import { checksumOf, unsealRecord } from './sealed-record.js';
import { readSettings } from './settings-file.js';
import { COMPLETE } from './snapshot-catalog.js';
import type { StoredState } from './stored-state.js';

/** Findings that are named; further ones are counted. */
const NAMED_MAX = 100;
/** Records that are looked at as of one moment. */
const RECORDS_PER_VIEW = 1000;

/** What was looked at, and what is wrong with it. */
export interface DirectoryCheck {
  readonly entries: number;
  readonly stateRecords: number;
  readonly snapshotFiles: number;
  /** What is damaged, each in a sentence; the first hundred. */
  readonly damaged: readonly string[];
  readonly damagedCount: number;
}

/**
 * Reads everything in a data directory and holds it against its checksums: notes, settings, the log with its chain, the applied state,
 * the snapshot files. Goes on behind what is damaged, as far as that can be.
 */
export async function checkDirectory(inspection: DirectoryInspection): Promise<DirectoryCheck> {
  return new Checking(inspection).run();
}

class Checking {
  readonly #damaged: string[] = [];
  #damagedCount = 0;

  constructor(private readonly inspection: DirectoryInspection) {}

  async run(): Promise<DirectoryCheck> {
    const { path } = this.inspection;
    await this.#attempt(() => readSettings(path));
    await this.#attempt(() => readRecoveryNote(path));
    await this.#attempt(() => readRetiredIds(path));
    const isReadable = await this.#attempt(() => this.inspection.stored());
    const entries = isReadable ? await this.#checkLog() : 0;
    const stateRecords = isReadable ? await this.#checkState() : 0;
    const snapshotFiles = await this.#checkSnapshots();
    return { entries, stateRecords, snapshotFiles, damaged: this.#damaged, damagedCount: this.#damagedCount };
  }

  async #checkLog(): Promise<number> {
    let checked = 0;
    for (let next = 1; ; await nextTurn()) {
      const stored = this.inspection.stored();
      next = Math.max(next, stored.bounds.truncatedIndex + 1);
      const end = Math.min(stored.bounds.lastIndex, next + RECORDS_PER_VIEW - 1);
      if (next > end) return checked;
      for (; next <= end; next++, checked++) {
        const at = next;
        const isReadable = await this.#attempt(() => this.#checkEntry(at, stored));
        // Pages that make no sense make none for the entries behind either.
        if (!isReadable && !this.#isThere(at)) return checked;
      }
    }
  }

  #checkEntry(index: number, { bounds }: StoredState): void {
    const record = this.inspection.record(index);
    if (record === undefined) throw damaged(`entry ${index} of the log is missing`);
    if (!isIntact(this.inspection.checksumBefore(index, bounds), index, record)) {
      throw damaged(`entry ${index} of the log is damaged, or does not follow the one before it`);
    }
    decodeLogRecord(index, record);
    if (index === bounds.lastIndex && checksumOf(record) !== bounds.lastChecksum) {
      throw damaged(`entry ${index}, the last of the log, is not the one that belongs there`);
    }
  }

  #isThere(index: number): boolean {
    try {
      this.inspection.record(index);
      return true;
    } catch {
      return false;
    }
  }

  async #checkState(): Promise<number> {
    let checked = 0;
    for (let after: Uint8Array | undefined; ; await nextTurn()) {
      const { keyspace } = this.inspection.stored();
      const table = this.inspection.environment.states[keyspace];
      const start = after ?? new Uint8Array();
      const options = { start, exclusiveStart: after !== undefined, limit: RECORDS_PER_VIEW };
      let records = 0;
      const isReadable = await this.#attempt(() => {
        for (const { key, value } of rangeOf(table, options)) {
          records++;
          after = key;
          if (unsealRecord(key, value) === undefined) {
            this.#name(`the record ${Buffer.from(key).toString('hex')} of the state is damaged`);
          }
        }
      });
      checked += records;
      if (!isReadable || records < RECORDS_PER_VIEW) return checked;
    }
  }

  async #checkSnapshots(): Promise<number> {
    const folder = join(this.inspection.path, SNAPSHOT_FOLDER);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(COMPLETE));
    for (const name of names) {
      await this.#attempt(async () => {
        const { header } = await verifySnapshotFile(join(folder, name));
        const { clusterId } = this.inspection.identity;
        if (header.clusterId !== clusterId) throw damaged(`${join(folder, name)} is of cluster ${header.clusterId}`);
      });
    }
    return names.length;
  }

  /** @returns whether it went well; what is damaged is named */
  async #attempt(look: () => unknown): Promise<boolean> {
    try {
      await look();
      return true;
    } catch (thrown) {
      // A node that runs takes snapshot files away that are no longer needed.
      const isGone = this.inspection.holder !== undefined && isMissingFile(thrown);
      if (!isGone) this.#name(messageOf(thrown));
      return isGone;
    }
  }

  #name(sentence: string): void {
    this.#damagedCount++;
    if (this.#damaged.length < NAMED_MAX) this.#damaged.push(sentence);
  }
}

function damaged(message: string): RaftctlError {
  return new RaftctlError('E_CORRUPT', message);
}

function isMissingFile(thrown: unknown): boolean {
  return thrown instanceof RaftctlError && thrown.code === 'E_USAGE';
}
