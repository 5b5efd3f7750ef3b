import { HardState } from '../../../src/gen/raft/v1/raft.js';
import { AppliedState, LogBounds } from '../../../src/gen/raftctl/v1/storage.js';
import { decodeLogRecord, logKey } from '../../../src/storage/log-record.js';
import { unsealRecord } from '../../../src/storage/sealed-record.js';
import type { Machine } from './machine.js';
import { textOf } from './ordered-table.js';

/* What a node has on its disk, read from there: its own word is under test. */

function metaRecord({ tables }: Machine, name: string): Uint8Array | undefined {
  const key = Buffer.from(name);
  const sealed = tables.get('meta')?.get(textOf(key));
  return sealed === undefined ? undefined : unsealRecord(key, sealed);
}

/** Term, vote and commit index as they are on the disk. */
export function durableHardState(machine: Machine): HardState {
  const record = metaRecord(machine, 'hard-state');
  return record === undefined ? HardState.create() : HardState.decode(record);
}

/** Where the log on the disk begins and ends. */
export function durableBounds(machine: Machine): LogBounds {
  const record = metaRecord(machine, 'log-bounds');
  return record === undefined ? LogBounds.create() : LogBounds.decode(record);
}

/** Up to where the state on the disk is applied. */
export function durableApplied(machine: Machine): AppliedState {
  const record = metaRecord(machine, 'applied-state');
  return record === undefined ? AppliedState.create() : AppliedState.decode(record);
}

/** Term of an index as it is on the disk; of one that is compacted away as of now, that is the one that was committed. */
export function durableTerm(machine: Machine, index: number): number | undefined {
  const { truncatedIndex, truncatedTerm, lastIndex } = durableBounds(machine);
  if (index === truncatedIndex) return truncatedTerm;
  const record = machine.tables.get('log')?.get(textOf(logKey(index)));
  return index < truncatedIndex || index > lastIndex || record === undefined
    ? undefined
    : decodeLogRecord(index, record).term;
}
