import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';

/** No bound. Never on the wire. */
export const NO_LIMIT = Number.MAX_SAFE_INTEGER;
/** No node. */
export const INVALID_ID = 0;
/** No entry. */
export const INVALID_INDEX = 0;

/** `safe`: a quorum confirms each round of reads. `lease-based`: answered at once within the leader's lease; needs `checkQuorum`. */
export type ReadOnlyOption = 'safe' | 'lease-based';

/**
 * How a node behaves. Times are in ticks, sizes in encoded bytes (raft-rs `Config`, and what etcd/raft has beyond it).
 */
export interface Config {
  /** Not 0, unique in the group. */
  readonly id: number;
  /** Ticks without a word from the leader before a node campaigns; also the leader's lease and the period of check-quorum. */
  readonly electionTick: number;
  /** Ticks between heartbeats; less than `electionTick`. */
  readonly heartbeatTick: number;
  /** Last applied index at a restart: `Ready` hands out nothing at or below it. */
  readonly applied: number;
  /** Encoded bytes of the entries of one append; 0 sends one entry a message. */
  readonly maxSizePerMsg: number;
  /** Appends under way to one peer before the leader waits for an answer. */
  readonly maxInflightMsgs: number;
  /** Bytes under way to one peer; NO_LIMIT: only the count matters (etcd `MaxInflightBytes`). */
  readonly maxInflightBytes: number;
  /** A leader that has not heard from a quorum within `electionTick` steps down. */
  readonly checkQuorum: boolean;
  /** Asks for votes without raising the term first (Thesis §9.6). */
  readonly preVote: boolean;
  /** Randomised time-outs are drawn from [min, max); 0: `electionTick` and twice that. */
  readonly minElectionTick: number;
  readonly maxElectionTick: number;
  readonly readOnlyOption: ReadOnlyOption;
  /** Does not send empty appends only to tell followers of a new commit index. */
  readonly skipBcastCommit: boolean;
  /** Joins a new append to an unsent one to the same peer. */
  readonly batchAppend: boolean;
  /** A node of higher priority does not vote for one of lower priority with an equal log. */
  readonly priority: number;
  /** Bytes of uncommitted proposals that a leader takes. */
  readonly maxUncommittedSize: number;
  /** Bytes of committed entries in one Ready; one entry is always handed out. */
  readonly maxCommittedSizePerReady: number;
  /** Entries past the persisted ones that a leader may hand out as committed. */
  readonly maxApplyUnpersistedLogLimit: number;
  /** A follower drops proposals instead of sending them on to the leader. */
  readonly disableProposalForwarding: boolean;
  /** Takes any configuration change, whatever is pending (etcd `DisableConfChangeValidation`). */
  readonly disableConfChangeValidation: boolean;
  /** A leader that is removed or made a learner steps down when that is applied (etcd `StepDownOnRemoval`). */
  readonly stepDownOnRemoval: boolean;
  /** Sends the commit index on responses and vote messages, so that it travels faster (raft-rs). */
  readonly piggybackCommit: boolean;
  readonly random: Random;
  readonly logger: Logger;
}
