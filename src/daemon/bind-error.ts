import { messageOf, RaftctlError } from '../base/errors.js';

/** What the operator is told when a port cannot be listened on. */
export function bindError(address: string, cause: unknown): RaftctlError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'EADDRINUSE') {
    return new RaftctlError('E_ADDRESS_IN_USE', `the address ${address} is in use by another process`, { cause });
  }
  return new RaftctlError('E_USAGE', `cannot listen on ${address}: ${messageOf(cause)}`, { cause });
}
