import { randomBytes } from 'node:crypto';
import { Metadata, type ServerErrorResponse, status } from '@grpc/grpc-js';
import type { ErrorCode } from '../base/error-codes.js';
import { type Changed, messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { ErrorDetail, Changed as WireChanged } from '../gen/raftctl/v1/errors.js';

/** Key of the trailing metadata that carries an `ErrorDetail`. */
export const errorDetailKey = 'raftctl-error-bin';

/** Bytes of an error's sentence that are sent; the whole of an error stays well below the 8 KiB of metadata that every peer takes. */
export const errorTextBytesMax = 1000;
const factsBytesMax = 2000;
const hintBytesMax = 300;

/** The one table from error code to gRPC status. Those who know raftctl read the code in the detail; the status is for all others. */
const statusOfCode: Record<ErrorCode, status> = {
  E_INTERNAL: status.INTERNAL,
  E_USAGE: status.INVALID_ARGUMENT,
  E_NOT_FOUND: status.NOT_FOUND,
  E_TOO_LARGE: status.INVALID_ARGUMENT,
  E_CONN_REFUSED: status.UNAVAILABLE,
  E_CONN_TIMEOUT: status.DEADLINE_EXCEEDED,
  E_DNS: status.UNAVAILABLE,
  E_NOT_RAFTNODE: status.UNAVAILABLE,
  E_WRONG_CLUSTER: status.FAILED_PRECONDITION,
  E_WRONG_NODE: status.FAILED_PRECONDITION,
  E_TLS_REQUIRED: status.UNAVAILABLE,
  E_TLS: status.UNAVAILABLE,
  E_VERSION_SKEW: status.FAILED_PRECONDITION,
  E_PERMISSION: status.PERMISSION_DENIED,
  E_UNHEALTHY: status.FAILED_PRECONDITION,
  E_NOT_LEADER: status.UNAVAILABLE,
  E_NO_LEADER: status.UNAVAILABLE,
  E_NO_QUORUM: status.UNAVAILABLE,
  E_NOT_BOOTSTRAPPED: status.FAILED_PRECONDITION,
  E_OUTCOME_UNKNOWN: status.DEADLINE_EXCEEDED,
  E_PENDING: status.DEADLINE_EXCEEDED,
  E_ABORTED: status.ABORTED,
  E_CHANGE_FAILED: status.ABORTED,
  E_CHANGE_STUCK: status.FAILED_PRECONDITION,
  E_DIFFERS: status.FAILED_PRECONDITION,
  E_REFUSED: status.FAILED_PRECONDITION,
  E_TARGET_LAG: status.FAILED_PRECONDITION,
  E_TARGET_LEARNER: status.FAILED_PRECONDITION,
  E_TARGET_DECLINES: status.FAILED_PRECONDITION,
  E_JOINT: status.FAILED_PRECONDITION,
  E_NOT_JOINT: status.FAILED_PRECONDITION,
  E_WRONG_STATE_MACHINE: status.FAILED_PRECONDITION,
  E_SESSION_EXPIRED: status.FAILED_PRECONDITION,
  E_OVERLOADED: status.RESOURCE_EXHAUSTED,
  E_NO_SPACE: status.RESOURCE_EXHAUSTED,
  E_STOPPED: status.UNAVAILABLE,
  E_TRANSFER_TIMEOUT: status.DEADLINE_EXCEEDED,
  E_CONFLICT: status.ABORTED,
  E_CHANGE_RUNNING: status.ABORTED,
  E_TRANSFER_IN_PROGRESS: status.ABORTED,
  E_ALREADY_BOOTSTRAPPED: status.ALREADY_EXISTS,
  E_DATA_DIR_LOCKED: status.ABORTED,
  E_ADDRESS_IN_USE: status.ABORTED,
  E_NOT_CONFIRMED: status.FAILED_PRECONDITION,
  E_PARTIAL: status.ABORTED,
  E_IDENTITY: status.DATA_LOSS,
  E_CORRUPT: status.DATA_LOSS,
  E_DIVERGED: status.DATA_LOSS,
  E_DISK: status.INTERNAL,
};

const wireChanged: Record<Changed, WireChanged> = {
  no: WireChanged.NO,
  yes: WireChanged.YES,
  unknown: WireChanged.UNKNOWN,
};

/** At most `bytesMax` bytes of UTF-8, cut between characters, and well-formed whatever the text was. */
function cutText(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return bytes.toString();
  let end = bytesMax;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}

function cutFacts(facts: readonly string[]): string[] {
  const kept: string[] = [];
  let bytesLeft = factsBytesMax;
  for (const fact of facts) {
    bytesLeft -= Buffer.byteLength(fact);
    if (bytesLeft < 0) break;
    kept.push(cutText(fact, factsBytesMax));
  }
  return kept;
}

/**
 * The error that a caller gets to see for whatever was thrown. What is not a `RaftctlError` is a defect: its text and its stack go to
 * the log under an id, and the caller is told the id alone.
 */
export function callerError(thrown: unknown, logger: Logger): RaftctlError {
  if (thrown instanceof RaftctlError) return thrown;
  const id = randomBytes(6).toString('hex');
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  logger.error('a call failed by a defect', { id, error: messageOf(thrown), stack });
  return new RaftctlError('E_INTERNAL', `the node failed to answer; its log has the reason under id ${id}`, {
    changed: 'unknown',
  });
}

/** gRPC's form of an error: status, sentence, and the `ErrorDetail` in the trailing metadata. */
export function toStatus(error: RaftctlError): ServerErrorResponse {
  const message = cutText(error.message, errorTextBytesMax);
  const detail: ErrorDetail = {
    code: error.code,
    message,
    facts: cutFacts(error.facts),
    changed: wireChanged[error.changed],
    retryable: error.retryable,
    leaderHint: error.leaderHint,
    hint: cutText(error.hint ?? '', hintBytesMax),
  };
  const metadata = new Metadata();
  metadata.set(errorDetailKey, Buffer.from(ErrorDetail.encode(detail).finish()));
  return Object.assign(new Error(message), { code: statusOfCode[error.code], details: message, metadata });
}
