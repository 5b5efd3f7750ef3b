import type { Entry, HardState, Message, Snapshot } from '../gen/raft/v1/raft.js';
import type { SoftState } from './raft.js';
import type { ReadState } from './read-only.js';

/**
 * What a node wants done: send, write, apply. The only way out of the core.
 *
 * 1. Send `messages`, at once if you like.
 * 2. Write `snapshot`, then `entries` (cutting off what stood at their indexes), then `hs`, durably where `mustSync`.
 * 3. When all that is durable, and not before, send `persistedMessages`.
 * 4. Apply `snapshot`, then `committedEntries`.
 */
export interface Ready {
  /** 1, 2, … */
  readonly number: number;
  /** Leader and role, where they have changed. */
  readonly ss: SoftState | undefined;
  /** Term, vote and commit, where they have changed. */
  readonly hs: HardState | undefined;
  /** Reads that may be answered once their index is applied. */
  readonly readStates: readonly ReadState[];
  readonly entries: readonly Entry[];
  /** Replaces log and state. Comes before `entries`, never with `committedEntries`. */
  readonly snapshot: Snapshot | undefined;
  /** In order, each exactly once as long as the node lives. A normal entry without data is to be skipped. */
  readonly committedEntries: readonly Entry[];
  /** Of a leader: its own disk write may overlap them (Thesis §10.2.1). */
  readonly messages: readonly Message[];
  /** Votes, acknowledgements, and all that a node sends that is no leader: what they say must be durable before. */
  readonly persistedMessages: readonly Message[];
  /** False where only the commit index has changed, if anything: then nothing need be flushed. */
  readonly mustSync: boolean;
}

/** What `advance` and `advanceAppend` have brought to light: no need to wait for the next `Ready`. */
export interface LightReady {
  /** Commit index, where it has changed. It need not be durable, as long as the log is not compacted behind the one that is. */
  readonly commitIndex: number | undefined;
  readonly committedEntries: readonly Entry[];
  /** Of a leader. */
  readonly messages: readonly Message[];
}

/** A `Ready` that was handed out and is not durable yet. */
export interface ReadyRecord {
  readonly number: number;
  /** 0: it had none. */
  readonly snapshotIndex: number;
  /** Index of its first entry; NO_LIMIT where it had none. */
  readonly firstEntry: number;
  /** Index and term of its last entry; 0 where it had none. */
  readonly lastEntry: number;
  readonly lastTerm: number;
  /** Votes and acknowledgements of this node to itself. */
  readonly toSelf: readonly Message[];
}
