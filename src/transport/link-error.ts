import { status } from '@grpc/grpc-js';
import type { ErrorCode } from '../base/error-codes.js';

/** Why a connection failed, for people and for programs. */
export interface LinkError {
  readonly code: ErrorCode;
  readonly text: string;
}

/** What gRPC, Node and TLS write into a failed connection's details, and what it means. The first that fits counts. */
const causes: readonly { readonly pattern: RegExp; readonly code: ErrorCode; readonly text: string }[] = [
  { pattern: /ECONNREFUSED/, code: 'E_CONN_REFUSED', text: 'connection refused' },
  { pattern: /ENOTFOUND|EAI_AGAIN|Name resolution failed/, code: 'E_DNS', text: 'the host name has no address' },
  { pattern: /EHOSTUNREACH|ENETUNREACH/, code: 'E_CONN_TIMEOUT', text: 'no route to the host' },
  { pattern: /ETIMEDOUT|Keepalive|keepalive/, code: 'E_CONN_TIMEOUT', text: 'no answer' },
  { pattern: /certificate|altnames|CERT_|SSL|TLS|wrong version number/, code: 'E_TLS', text: 'not secured' },
  {
    pattern: /ECONNRESET|EPIPE|Connection dropped|GOAWAY|Stream refused|Write error|RST_STREAM/,
    code: 'E_CONN_REFUSED',
    text: 'connection lost',
  },
];

/** Longest piece of gRPC's own text that is passed on, in characters. */
const detailsCharactersMax = 200;

/** Makes something readable of a gRPC status that ended, or prevented, a connection. */
export function describeStatus(code: status, details: string): LinkError {
  const said = details.slice(0, detailsCharactersMax);
  switch (code) {
    case status.OK:
      return { code: 'E_STOPPED', text: 'ended by the peer' };
    case status.FAILED_PRECONDITION:
    case status.PERMISSION_DENIED:
      return { code: 'E_REFUSED', text: `refused: ${said}` };
    case status.INVALID_ARGUMENT:
    case status.INTERNAL:
    case status.UNKNOWN:
      return { code: 'E_REFUSED', text: said };
    case status.RESOURCE_EXHAUSTED:
      return { code: 'E_OVERLOADED', text: said };
    case status.UNIMPLEMENTED:
      return { code: 'E_NOT_RAFTNODE', text: 'what answers there is no raftctl node' };
    case status.DEADLINE_EXCEEDED:
      return { code: 'E_CONN_TIMEOUT', text: 'no answer' };
    case status.CANCELLED:
      return { code: 'E_STOPPED', text: 'connection lost' };
    default: {
      const cause = causes.find(({ pattern }) => pattern.test(details));
      if (cause === undefined) return { code: 'E_STOPPED', text: said };
      return { code: cause.code, text: cause.code === 'E_TLS' ? `${cause.text}: ${said}` : cause.text };
    }
  }
}
