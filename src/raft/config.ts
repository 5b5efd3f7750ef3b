import type { Logger } from '../base/logger.js';
import type { Random } from '../base/random.js';
import { isCount } from './counts.js';
import { RaftError } from './errors.js';
import type { Tracer } from './trace.js';

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
  /**
   * A Ready also hands out committed entries that are not persisted yet, such as those it carries itself, on every node: for applications
   * that persist a Ready before they apply it, which is etcd/raft's synchronous order. Never with `advanceAppendAsync` and an apply that
   * does not wait.
   */
  readonly applyUnstableEntries: boolean;
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
  /** Takes the node's events, for a trace that can be validated. Left out, nothing is made of them. */
  readonly trace?: Tracer | undefined;
}

/** A configuration that suits most groups; spread it and change what differs. Safe reads, no pre-vote, no check-quorum (raft-rs `Config::new`). */
export function defaultConfig(id: number, random: Random, logger: Logger): Config {
  return {
    id,
    electionTick: 20,
    heartbeatTick: 2,
    applied: 0,
    maxSizePerMsg: 1024 * 1024,
    maxInflightMsgs: 256,
    maxInflightBytes: NO_LIMIT,
    checkQuorum: false,
    preVote: false,
    minElectionTick: 0,
    maxElectionTick: 0,
    readOnlyOption: 'safe',
    skipBcastCommit: false,
    batchAppend: false,
    priority: 0,
    maxUncommittedSize: NO_LIMIT,
    maxCommittedSizePerReady: NO_LIMIT,
    maxApplyUnpersistedLogLimit: 0,
    applyUnstableEntries: false,
    disableProposalForwarding: false,
    disableConfChangeValidation: false,
    stepDownOnRemoval: false,
    piggybackCommit: false,
    random,
    logger,
  };
}

/** Lower end of the randomised election time-out, in ticks. */
export function minElectionTick(config: Config): number {
  return config.minElectionTick === 0 ? config.electionTick : config.minElectionTick;
}

/** Upper end, exclusive, of the randomised election time-out, in ticks. */
export function maxElectionTick(config: Config): number {
  return config.maxElectionTick === 0 ? 2 * config.electionTick : config.maxElectionTick;
}

/** Settings that are whole numbers, not negative. Whatever arithmetic meets NaN or a half goes wrong without a word. */
const COUNTS = [
  'id',
  'electionTick',
  'heartbeatTick',
  'applied',
  'maxSizePerMsg',
  'maxInflightMsgs',
  'maxInflightBytes',
  'minElectionTick',
  'maxElectionTick',
  'maxUncommittedSize',
  'maxCommittedSizePerReady',
  'maxApplyUnpersistedLogLimit',
] as const satisfies readonly (keyof Config)[];

/**
 * Refuses a configuration that cannot work.
 * @throws RaftError of kind `config-invalid`
 */
export function validateConfig(config: Config): void {
  const min = minElectionTick(config);
  const max = maxElectionTick(config);
  const rules: readonly [boolean, string][] = [
    [config.id === INVALID_ID, 'invalid node id'],
    [config.heartbeatTick <= 0, 'heartbeat tick must greater than 0'],
    [config.electionTick <= config.heartbeatTick, 'election tick must be greater than heartbeat tick'],
    [min < config.electionTick, `min election tick ${min} must not be less than election_tick ${config.electionTick}`],
    [min >= max, `min election tick ${min} should be less than max election tick ${max}`],
    [config.maxInflightMsgs <= 0, 'max inflight messages must be greater than 0'],
    [config.maxInflightBytes < config.maxSizePerMsg, 'max inflight bytes must be >= max message size'],
    [config.maxInflightBytes === 0, 'max inflight bytes must be greater than 0'],
    [
      config.readOnlyOption === 'lease-based' && !config.checkQuorum,
      'read_only_option == LeaseBased requires check_quorum == true',
    ],
    [config.maxUncommittedSize < config.maxSizePerMsg, 'max uncommitted size should greater than max_size_per_msg'],
    ...COUNTS.map((field): [boolean, string] => [
      !isCount(config[field]),
      `${field} must be a whole number from 0 to ${NO_LIMIT}, not ${config[field]}`,
    ]),
    [!Number.isSafeInteger(config.priority), `priority must be a whole number, not ${config.priority}`],
  ];
  for (const [broken, message] of rules) {
    if (broken) throw new RaftError('config-invalid', message);
  }
}
