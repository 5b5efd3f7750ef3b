import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { RaftctlError } from '../base/errors.js';
import { ConfState, HardState } from '../gen/raft/v1/raft.js';
import { BootstrapSpec } from '../gen/raftctl/v1/cluster.js';
import { AppliedState, LogBounds } from '../gen/raftctl/v1/storage.js';
import type { AppliedMark } from '../node/ports.js';
import type { Environment, KeyspaceNumber } from './environment.js';
import { MetaRecord } from './meta-records.js';
import { REBUILD_HINT } from './rebuild-hint.js';

/** Whose database this is, and when it was last opened; rewritten at each start. */
export interface BootRecord {
  readonly nodeId: number;
  readonly startedMs: number;
}

export const hardStateRecord = new MetaRecord('hard-state', HardState);
export const boundsRecord = new MetaRecord('log-bounds', LogBounds);
export const appliedRecord = new MetaRecord('applied-state', AppliedState);
export const bootstrapRecord = new MetaRecord('bootstrap-spec', BootstrapSpec);
export const bootRecord = new MetaRecord<BootRecord>('boot', {
  encode: ({ nodeId, startedMs }) => new BinaryWriter().fixed64(nodeId).fixed64(startedMs),
  decode: (bytes) => {
    const reader = new BinaryReader(bytes);
    return { nodeId: Number(reader.fixed64()), startedMs: Number(reader.fixed64()) };
  },
});

/** What the meta table says, once it is known to make sense. */
export interface StoredState {
  readonly hardState: HardState;
  readonly bounds: LogBounds;
  readonly applied: AppliedMark;
  readonly keyspace: KeyspaceNumber;
  readonly bootstrapSpec: BootstrapSpec | undefined;
}

/**
 * Reads the meta table and holds its records against each other.
 * @throws RaftctlError E_CORRUPT
 */
export function readStoredState(environment: Environment): StoredState {
  const stored = hardStateRecord.read(environment);
  const bounds = boundsRecord.read(environment);
  const appliedState = appliedRecord.read(environment);
  const bootstrapSpec = bootstrapRecord.read(environment);
  if (bootstrapSpec !== undefined && (stored === undefined || bounds === undefined || appliedState === undefined)) {
    throw inconsistent('a record that belongs beside the bootstrap specification is missing');
  }
  const hardState = stored ?? HardState.create();
  const log = bounds ?? LogBounds.create();
  const applied = markOf(appliedState ?? AppliedState.create());
  if (applied.index < log.truncatedIndex || applied.index > log.lastIndex) {
    throw inconsistent(`entry ${applied.index} is applied, but the log is (${log.truncatedIndex}, ${log.lastIndex}]`);
  }
  if (hardState.commit > log.lastIndex) {
    throw inconsistent(`entry ${hardState.commit} is committed, but the log ends at ${log.lastIndex}`);
  }
  return {
    // What is applied was committed, even where the commit index itself was not written yet.
    hardState: { ...hardState, commit: Math.max(hardState.commit, applied.index) },
    bounds: log,
    applied,
    keyspace: keyspaceNumber(appliedState ?? AppliedState.create()),
    bootstrapSpec,
  };
}

/** Where apply stands, as the node speaks of it. */
export function markOf({ index, term, confState, configIndex }: AppliedState): AppliedMark {
  return { index, term, confState: confState ?? ConfState.create(), configIndex };
}

/** @throws RaftctlError E_CORRUPT */
export function keyspaceNumber({ keyspace }: AppliedState): KeyspaceNumber {
  if (keyspace !== 0 && keyspace !== 1) throw inconsistent(`there is no keyspace ${keyspace}`);
  return keyspace;
}

function inconsistent(reason: string): RaftctlError {
  return new RaftctlError('E_CORRUPT', `the database contradicts itself: ${reason}`, { hint: REBUILD_HINT });
}
