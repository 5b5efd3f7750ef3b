/** Errors of the core. Names and wording follow raft-rs and etcd/raft, so that a reader of either knows them. */
export type RaftErrorKind =
  | 'config-invalid'
  | 'step-local-message'
  | 'step-peer-not-found'
  | 'proposal-dropped'
  | 'request-snapshot-dropped'
  | 'conf-change'
  | 'malformed-message'
  | 'compacted'
  | 'unavailable'
  | 'log-temporarily-unavailable'
  | 'snapshot-out-of-date'
  | 'snapshot-temporarily-unavailable'
  | 'fatal';

/** Base of every error that the core throws on purpose. The node it was thrown from is unchanged, unless it is fatal. */
export class RaftError extends Error {
  override readonly name: string = 'RaftError';
  readonly kind: RaftErrorKind;

  constructor(kind: RaftErrorKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A proposal that was not taken: no leader, a transfer runs, forwarding is off, or too much is uncommitted. */
export class ProposalDroppedError extends RaftError {
  override readonly name = 'ProposalDroppedError';
  /** @param reason why, for people; the message stays the one that peers know */
  constructor(readonly reason: string) {
    super('proposal-dropped', 'raft proposal dropped');
  }
}

/** The entry was compacted away. */
export class CompactedError extends RaftError {
  override readonly name = 'CompactedError';
  constructor() {
    super('compacted', 'requested index is unavailable due to compaction');
  }
}

/** The entry is not in the log. */
export class UnavailableError extends RaftError {
  override readonly name = 'UnavailableError';
  constructor() {
    super('unavailable', 'requested entry at index is unavailable');
  }
}

/** The entries are being fetched; `RawNode.onEntriesFetched` will be called. */
export class LogTemporarilyUnavailableError extends RaftError {
  override readonly name = 'LogTemporarilyUnavailableError';
  constructor() {
    super('log-temporarily-unavailable', 'log is temporarily unavailable');
  }
}

/** A snapshot older than what storage holds. */
export class SnapshotOutOfDateError extends RaftError {
  override readonly name = 'SnapshotOutOfDateError';
  constructor() {
    super('snapshot-out-of-date', 'requested index is older than the existing snapshot');
  }
}

/** There is no snapshot to give right now. */
export class SnapshotTemporarilyUnavailableError extends RaftError {
  override readonly name = 'SnapshotTemporarilyUnavailableError';
  constructor() {
    super('snapshot-temporarily-unavailable', 'snapshot is temporarily unavailable');
  }
}

/** Misuse of the core or corrupt storage: the node must be stopped. */
export class FatalRaftError extends RaftError {
  override readonly name = 'FatalRaftError';
  constructor(message: string) {
    super('fatal', message);
  }
}
