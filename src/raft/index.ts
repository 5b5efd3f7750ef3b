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
 * A whole node, in memory:
 *
 * ```ts
 * const storage = MemStorage.withConfState({ voters: [1] });
 * const node = new RawNode(defaultConfig(1, seededRandom(1), silentLogger), storage);
 * node.campaign();
 * while (node.hasReady()) {
 *   const ready = node.ready();
 *   storage.append(ready.entries);
 *   if (ready.hs !== undefined) storage.setHardState(ready.hs);
 *   node.advance(ready); // durable, and its committed entries applied
 * }
 * ```
 *
 * To start: `docs/tutorial.md` builds a cluster step by step, `docs/examples/` holds whole programs, `docs/divergences.md` says where this
 * core leaves the paper, raft-rs and etcd/raft. To read on: `raw-node.ts` is the door, `step.ts` looks at terms and at time and hands on to
 * the role (`follower.ts`, `candidate.ts`, `leader.ts`); `raft.ts` is the one record of state; `handout.ts` keeps the books of what was
 * handed out and made durable; the log is `raft-log.ts` over `Storage` and `unstable.ts`; `quorum/`, `tracker/` and `confchange/` are
 * arithmetic.
 *
 * This room never does I/O, waits, looks at a clock, draws from a global source of chance, or prints. Peers are walked in ascending id, so
 * that the same inputs give the same outputs, to the byte. A call that fails leaves the node as it was. Names are those of raft-rs, in
 * camelCase; the flow of messages is that of etcd/raft: a node's own vote and acknowledgement count once they are durable.
 */
export { type LogFields, type Logger, silentLogger } from '../base/logger.js';
export { type Random, seededRandom } from '../base/random.js';
export {
  ConfChange,
  ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  ConfChangeV2,
  ConfState,
  Entry,
  EntryType,
  HardState,
  Message,
  MessageType,
  Snapshot,
  SnapshotMetadata,
} from '../gen/raft/v1/raft.js';
export type { Peer } from './bootstrap.js';
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
export { type ChangedConfiguration, Changer } from './confchange/changer.js';
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
  CAMPAIGN_TRANSFER,
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
export { JointConfig } from './quorum/joint.js';
export { MajorityConfig } from './quorum/majority.js';
export {
  type AckedIndexer,
  type GroupAckedIndexer,
  type GroupCommittedIndex,
  majority,
  type VoteResult,
  type Votes,
} from './quorum/quorum.js';
export type { HandedOut, Raft, SoftState, StateRole } from './raft.js';
export type { ConflictPoint, RaftLog } from './raft-log.js';
export { type ProposedEntry, RawNode } from './raw-node.js';
export type { ReadState } from './read-only.js';
export type { LightReady, Ready } from './ready.js';
export { type BasicStatus, type ProgressStatus, type Status, statusJson } from './status.js';
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
export { Configuration } from './tracker/configuration.js';
export { Inflights } from './tracker/inflights.js';
export { Progress, type ProgressState } from './tracker/progress.js';
export { type MapChange, ProgressTracker, type VoteTally } from './tracker/progress-tracker.js';
export type { Unstable } from './unstable.js';
