import { describe, expect, test } from 'vitest';
import {
  CompactedError,
  FatalRaftError,
  LogTemporarilyUnavailableError,
  ProposalDroppedError,
  RaftError,
  SnapshotOutOfDateError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from '../../src/raft/errors.js';

describe('an error of the core', () => {
  // The wording is that of etcd/raft, which its transcripts print.
  test.each([
    [new ProposalDroppedError('why'), 'proposal-dropped', 'raft proposal dropped'],
    [new CompactedError(), 'compacted', 'requested index is unavailable due to compaction'],
    [new UnavailableError(), 'unavailable', 'requested entry at index is unavailable'],
    [new LogTemporarilyUnavailableError(), 'log-temporarily-unavailable', 'log is temporarily unavailable'],
    [new SnapshotOutOfDateError(), 'snapshot-out-of-date', 'requested index is older than the existing snapshot'],
    [
      new SnapshotTemporarilyUnavailableError(),
      'snapshot-temporarily-unavailable',
      'snapshot is temporarily unavailable',
    ],
    [new FatalRaftError('broken'), 'fatal', 'broken'],
  ])('is told apart by its kind, and is what its class says: %s', (error, kind, wording) => {
    expect(error).toBeInstanceOf(RaftError);
    expect([error.kind, error.message, error.name]).toEqual([kind, wording, error.constructor.name]);
  });

  test('of one kind is no error of another', () => {
    expect(new CompactedError()).not.toBeInstanceOf(UnavailableError);
    expect(new ProposalDroppedError('no leader').reason).toBe('no leader');
  });
});
