/**
 * Exit codes of the command line, stable for scripts. `docs/errors.md` explains each.
 */
export const ExitCode = {
  ok: 0,
  error: 1,
  usage: 2,
  unreachable: 3,
  auth: 4,
  notOk: 5,
  noQuorum: 6,
  unknownOutcome: 7,
  pending: 8,
  refused: 9,
  conflict: 10,
  notConfirmed: 11,
  partial: 12,
  differs: 13,
  integrity: 14,
} as const;

/**
 * The one table of error codes: what each means in a word, and the exit code of a command that ends with it.
 * A test holds it against `docs/errors.md`.
 */
export const errorCodes = {
  /** A defect of this program. */
  E_INTERNAL: { exit: ExitCode.error },
  /** A request, flag or file that cannot be understood. */
  E_USAGE: { exit: ExitCode.usage },
  /** Named thing is not there. */
  E_NOT_FOUND: { exit: ExitCode.error },
  /** Larger than a limit allows. */
  E_TOO_LARGE: { exit: ExitCode.usage },

  /** The address refused the connection. */
  E_CONN_REFUSED: { exit: ExitCode.unreachable },
  /** No answer from the address in time. */
  E_CONN_TIMEOUT: { exit: ExitCode.unreachable },
  /** The host name has no address. */
  E_DNS: { exit: ExitCode.unreachable },
  /** What answers there is no raftctl node. */
  E_NOT_RAFTNODE: { exit: ExitCode.unreachable },
  /** The node belongs to another cluster than the one that was meant. */
  E_WRONG_CLUSTER: { exit: ExitCode.unreachable },
  /** Another node answers at this address than the one that was meant. */
  E_WRONG_NODE: { exit: ExitCode.unreachable },
  /** Plaintext was asked for, or offered, where TLS is needed. */
  E_TLS_REQUIRED: { exit: ExitCode.unreachable },
  /** A connection could not be secured. */
  E_TLS: { exit: ExitCode.unreachable },
  /** The server speaks another version of the protocol, or a newer version wrote what is in the log. */
  E_VERSION_SKEW: { exit: ExitCode.unreachable },

  /** The caller has not said who it is, or may not do this. */
  E_PERMISSION: { exit: ExitCode.auth },

  /** The question was answered: no. */
  E_UNHEALTHY: { exit: ExitCode.notOk },

  /** This node is not the leader; the leader hint says who is. */
  E_NOT_LEADER: { exit: ExitCode.noQuorum },
  /** There is no leader. */
  E_NO_LEADER: { exit: ExitCode.noQuorum },
  /** Too few voters are reachable. */
  E_NO_QUORUM: { exit: ExitCode.noQuorum },
  /** The node belongs to no cluster yet. */
  E_NOT_BOOTSTRAPPED: { exit: ExitCode.refused },

  /** Sent, and then the answer was lost. */
  E_OUTCOME_UNKNOWN: { exit: ExitCode.unknownOutcome },
  /** Accepted and still running. */
  E_PENDING: { exit: ExitCode.pending },
  /** A change of the members was taken back before its end. */
  E_ABORTED: { exit: ExitCode.error },
  /** A change of the members was given up. */
  E_CHANGE_FAILED: { exit: ExitCode.error },
  /** A change of the members waits for nodes that are not there. */
  E_CHANGE_STUCK: { exit: ExitCode.notOk },
  /** What is there is not what is wanted. */
  E_DIFFERS: { exit: ExitCode.differs },

  /** A check failed; nothing was changed. */
  E_REFUSED: { exit: ExitCode.refused },
  /** The target of a transfer lags too far behind. */
  E_TARGET_LAG: { exit: ExitCode.refused },
  /** The target of a transfer is a learner. */
  E_TARGET_LEARNER: { exit: ExitCode.refused },
  /** The target of a transfer has said that it does not want to lead. */
  E_TARGET_DECLINES: { exit: ExitCode.refused },
  /** The configuration is joint. */
  E_JOINT: { exit: ExitCode.refused },
  /** The configuration is not joint. */
  E_NOT_JOINT: { exit: ExitCode.refused },
  /** The cluster runs another state machine. */
  E_WRONG_STATE_MACHINE: { exit: ExitCode.refused },
  /** The client's session is no longer kept, or its sequence went back. */
  E_SESSION_EXPIRED: { exit: ExitCode.refused },
  /** A limit of the node is reached; try again later. */
  E_OVERLOADED: { exit: ExitCode.error },
  /** The disk has too little room left. */
  E_NO_SPACE: { exit: ExitCode.error },
  /** The disk failed a write, a flush or a read. */
  E_DISK: { exit: ExitCode.error },
  /** The node is starting or stopping. */
  E_STOPPED: { exit: ExitCode.unreachable },
  /** A transfer of leadership did not end in time. */
  E_TRANSFER_TIMEOUT: { exit: ExitCode.error },

  /** Somebody else was first, or it is different now from what was assumed. */
  E_CONFLICT: { exit: ExitCode.conflict },
  /** A change of the members is running. */
  E_CHANGE_RUNNING: { exit: ExitCode.conflict },
  /** A transfer of leadership is running. */
  E_TRANSFER_IN_PROGRESS: { exit: ExitCode.conflict },
  /** The cluster was bootstrapped otherwise. */
  E_ALREADY_BOOTSTRAPPED: { exit: ExitCode.conflict },
  /** The data directory is in use. */
  E_DATA_DIR_LOCKED: { exit: ExitCode.conflict },
  /** The address is in use. */
  E_ADDRESS_IN_USE: { exit: ExitCode.conflict },

  /** A confirmation is needed and was not given. */
  E_NOT_CONFIRMED: { exit: ExitCode.notConfirmed },
  /** Some of the targets are done, others not. */
  E_PARTIAL: { exit: ExitCode.partial },

  /** The data directory belongs to another node. */
  E_IDENTITY: { exit: ExitCode.integrity },
  /** What is on disk is damaged. */
  E_CORRUPT: { exit: ExitCode.integrity },
  /** Replicas that should have the same state have not. */
  E_DIVERGED: { exit: ExitCode.integrity },
} as const satisfies Record<string, { exit: number }>;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes;
