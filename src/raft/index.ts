/**
 * The consensus core: Raft as a value that takes one input and says what is to be done.
 *
 * ```
 *        tick, step(message), propose, readIndex, transferLeader, applyConfChange, …
 *                                      │
 *                                 ┌────▼─────┐   reads    ┌─────────┐
 *                                 │ RawNode  │───────────►│ Storage │ stable log, read-only to the core
 *                                 └────┬─────┘            └────▲────┘
 *                                      │ Ready                 │
 *                                      ▼                       │
 *             messages · entries, hard state, snapshot ────────┘ written by whoever holds the node
 *             · committed entries · read states
 * ```
 *
 * Inside: `raft.ts` is the one record of state; `step.ts` looks at terms and at time and hands on to the role (`follower.ts`,
 * `candidate.ts`, `leader.ts`), which use `election.ts`, `proposals.ts`, `replication.ts`, `reads.ts`, `membership.ts`, `transfer.ts` and
 * `snapshot-install.ts`. `handout.ts` keeps the books of what was handed out, taken over and made durable; `raw-node.ts` is the door.
 * The log is `raft-log.ts` over `Storage` and `unstable.ts`. `quorum/`, `tracker/` and `confchange/` are arithmetic.
 *
 * This room never does I/O, waits, looks at a clock, draws from a global source of chance, or prints. Peers are walked in ascending id, so
 * that the same inputs give the same outputs, to the byte. A call that fails leaves the node as it was.
 *
 * Names are those of raft-rs, in camelCase. The flow of messages is that of etcd/raft: a node's own vote and acknowledgement count once
 * they are durable. Where it leaves the paper: reads are numbered by the leader (`read-only.ts`), a joint configuration can be rolled
 * back (`confchange/changer.ts`), and a rejected append says which term it is in, so that a whole term is skipped at a time.
 *
 * Read next: `raw-node.ts`, then `step.ts`.
 */
export {
  confStateEqual,
  decodeConfChange,
  encodeConfChange,
  enterJoint,
  intoV2,
  isRollback,
  leaveJoint,
  newConfChangeSingle,
  parseConfChange,
  stringifyConfChange,
} from './conf-change.js';
export {
  type Config,
  defaultConfig,
  INVALID_ID,
  INVALID_INDEX,
  NO_LIMIT,
  type ReadOnlyOption,
  validateConfig,
} from './config.js';
export {
  CompactedError,
  FatalRaftError,
  LogTemporarilyUnavailableError,
  ProposalDroppedError,
  RaftError,
  type RaftErrorKind,
  SnapshotOutOfDateError,
  SnapshotTemporarilyUnavailableError,
  UnavailableError,
} from './errors.js';
export type { Knobs } from './knobs.js';
export { MemStorage } from './mem-storage.js';
export type { MembershipTarget } from './membership.js';
export {
  EMPTY,
  emptyConfState,
  entriesSize,
  entrySize,
  isConfChangeEntry,
  isLocalMessage,
  isResponseMessage,
  limitSize,
  newEntry,
  newMessage,
  snapshotIndex,
  snapshotTerm,
  voteResponseType,
} from './messages.js';
export type { Raft, SoftState, StateRole } from './raft.js';
export { type ProposedEntry, RawNode } from './raw-node.js';
export type { ReadState } from './read-only.js';
export type { LightReady, Ready } from './ready.js';
export type { ProgressStatus, Status } from './status.js';
export { canAsync, type GetEntriesContext, type RaftState, type Storage } from './storage.js';
export {
  type TraceConfAction,
  type TraceConfChange,
  type TraceEvent,
  type TraceEventName,
  type TraceMessage,
  type Tracer,
  traceLine,
} from './trace.js';
export type { Configuration } from './tracker/configuration.js';
export type { Progress, ProgressState } from './tracker/progress.js';
export type { ProgressTracker } from './tracker/progress-tracker.js';
