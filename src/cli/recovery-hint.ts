import type { RaftctlError } from '../base/errors.js';

const recovery = 'quorum lost? raftctl recover --help';

/** Errors that say that nobody leads: who reads one may have lost the majority for good, and should know where to go then. */
const leaderless: ReadonlySet<string> = new Set(['E_NO_QUORUM', 'E_NO_LEADER']);

/** The error, with a hint at its end where a quorum may be lost. */
export function withRecoveryHint(error: RaftctlError): RaftctlError {
  if (!leaderless.has(error.code) || error.hint?.endsWith(recovery)) return error;
  return error.with({ hint: error.hint ? `${error.hint}; ${recovery}` : recovery });
}
