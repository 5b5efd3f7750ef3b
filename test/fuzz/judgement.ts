import { status } from '@grpc/grpc-js';
import { errorCodes } from '../../src/base/error-codes.js';
import { RaftctlError } from '../../src/base/errors.js';
import { toStatus } from '../../src/control/error-status.js';
import type { WireEnd } from './wire-client.js';

/**
 * What gRPC itself says, before any code of ours is asked, and the cause with which it does. All else must have a code of ours. INTERNAL is
 * its word for bytes that cannot be unpacked, and for a time that is none.
 */
const libraryRefusals: ReadonlyMap<number, RegExp> = new Map([
  [status.RESOURCE_EXHAUSTED, /larger than|metadata of a call/i],
  [status.UNIMPLEMENTED, /does not implement|unsupported encoding|request message|compressed/i],
  [status.DEADLINE_EXCEEDED, /^Deadline exceeded$/],
  [status.INTERNAL, /^(Failed to decompress message|Invalid grpc-timeout value)/],
  [status.CANCELLED, /./],
]);

/** What nodes end each other's streams with: a status and a sentence, for there is no command to end with a code. */
const peerRefusals: ReadonlySet<number> = new Set([
  status.INVALID_ARGUMENT,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.RESOURCE_EXHAUSTED,
]);

/** How a call ended, in a word; a sentence that begins with `BAD` where it must not end so. */
export function judge(path: string, end: WireEnd): string {
  if (end.hung) return 'BAD the server never ended the call';
  if (end.grpcStatus === undefined) {
    if (end.httpStatus === undefined || end.httpStatus === 200) return end.answerBytes > 0 ? 'hung up on' : 'reset';
    return `HTTP ${end.httpStatus}`;
  }
  if (end.grpcStatus === status.OK) return 'taken';
  if (end.detail !== undefined) return judgeDetail(end.detail.code, end);
  const isPeers = path.startsWith('/raftctl.v1.TransportService/') && peerRefusals.has(end.grpcStatus);
  return isPeers ? `${status[end.grpcStatus]} to a peer` : judgeBare(end);
}

function judgeDetail(code: string, end: WireEnd): string {
  if (code === 'E_INTERNAL') return `BAD a defect: ${end.grpcMessage}`;
  if (!isErrorCode(code)) return `BAD there is no code ${code}`;
  // Whoever has not said who he is has a status of its own.
  if (code === 'E_PERMISSION' && end.grpcStatus === status.UNAUTHENTICATED) return code;
  const wanted = toStatus(new RaftctlError(code, '')).code;
  return wanted === end.grpcStatus ? code : `BAD ${code} as ${status[end.grpcStatus ?? 0]}, not ${status[wanted ?? 0]}`;
}

function judgeBare({ grpcStatus = -1, grpcMessage }: WireEnd): string {
  const name = status[grpcStatus] ?? String(grpcStatus);
  const isLibrary = libraryRefusals.get(grpcStatus)?.test(grpcMessage) === true;
  return isLibrary ? name : `BAD ${name} without a code of ours: ${grpcMessage}`;
}

function isErrorCode(code: string): code is keyof typeof errorCodes {
  return Object.hasOwn(errorCodes, code);
}
