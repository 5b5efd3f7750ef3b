import { type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { type ErrorCode, errorCodes } from '../base/error-codes.js';
import { type Changed, type ErrorDetails, RaftctlError } from '../base/errors.js';
import { ErrorDetail, Changed as WireChanged } from '../gen/raftctl/v1/errors.js';
import { canBeDialled } from './address.js';

/** Key of the trailing metadata that carries an `ErrorDetail`. */
const errorDetailKey = 'raftctl-error-bin';

/** What is known of the call that failed. */
export interface FailedCall {
  readonly address: string;
  /** `/package.Service/Method`. */
  readonly path: string;
  /** Whether the connection was to be secured. */
  readonly secured: boolean;
}

/** A failure to get through to a node, told from the text that the network and TLS libraries give. */
interface Fault {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly say: (address: string, reason: string) => string;
  readonly hint?: string;
  /** Whether a moment later it may be different. */
  readonly retryable: boolean;
}

const lab = 'the node is listening without TLS: --insecure talks to it in plain text';

/** The first that matches counts. All of them happen before the request is sent. */
const connectFaults: readonly Fault[] = [
  {
    pattern: /ECONNREFUSED/,
    code: 'E_CONN_REFUSED',
    say: (address) => `${address} refused the connection`,
    hint: 'is the node running? raftctl node start --help',
    retryable: true,
  },
  {
    pattern: /ENOENT/,
    code: 'E_CONN_REFUSED',
    say: (address) => `there is no socket at ${address}`,
    retryable: true,
  },
  {
    pattern: /Name resolution failed|ENOTFOUND|EAI_AGAIN/,
    code: 'E_DNS',
    say: (address) => `the host name of ${address} has no address`,
    retryable: false,
  },
  {
    pattern: /wrong version number|http request|packet length too long/,
    code: 'E_TLS',
    say: (address) => `cannot talk TLS to ${address}: the server answers in plain text`,
    hint: lab,
    retryable: false,
  },
  {
    pattern: /certificate required|alert bad certificate|alert number (?:42|116)/,
    code: 'E_TLS',
    say: (address) => `${address} wants a certificate from its clients`,
    hint: 'show one with --cert FILE --key FILE',
    retryable: false,
  },
  {
    pattern: /certificate|ALTNAME|issuer|SSL|TLS/,
    code: 'E_TLS',
    say: (address, reason) => `the connection to ${address} cannot be secured: ${reason}`,
    hint: 'name the authority with --cacert FILE, and the expected name with --tls-server-name',
    retryable: false,
  },
  {
    pattern: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN/,
    code: 'E_CONN_TIMEOUT',
    say: (address) => `${address} cannot be reached`,
    retryable: true,
  },
  {
    pattern: /Protocol error/,
    code: 'E_NOT_RAFTNODE',
    say: (address) => `what answers at ${address} is no raftctl node: it does not speak gRPC`,
    retryable: false,
  },
];

/** Statuses that a server gives without a detail of ours, because it is another one or a proxy stands between. */
const codeOfStatus: Partial<Record<status, ErrorCode>> = {
  [status.INVALID_ARGUMENT]: 'E_USAGE',
  [status.NOT_FOUND]: 'E_NOT_FOUND',
  [status.ALREADY_EXISTS]: 'E_CONFLICT',
  [status.PERMISSION_DENIED]: 'E_PERMISSION',
  [status.UNAUTHENTICATED]: 'E_PERMISSION',
  [status.RESOURCE_EXHAUSTED]: 'E_OVERLOADED',
  [status.FAILED_PRECONDITION]: 'E_REFUSED',
  [status.ABORTED]: 'E_CONFLICT',
  [status.DATA_LOSS]: 'E_CORRUPT',
};

/**
 * The one table from what gRPC says to the error that is shown. `changed` is `unknown` exactly where the request may have reached the node and
 * nothing came back.
 */
export function fromStatus(error: ServiceError, call: FailedCall): RaftctlError {
  return fromDetail(error.metadata) ?? fromTransport(error, call);
}

function fromDetail(metadata: Metadata | undefined): RaftctlError | undefined {
  const [bytes] = metadata?.get(errorDetailKey) ?? [];
  if (!(bytes instanceof Uint8Array)) return undefined;
  const detail = decodeDetail(bytes);
  if (detail === undefined) return undefined;
  const { leaderHint } = detail;
  return new RaftctlError(knownCode(detail.code), cut(detail.message), {
    facts: detail.facts.slice(0, factsMax).map(cut),
    changed: changedOf[detail.changed] ?? 'unknown',
    retryable: detail.retryable,
    ...(leaderHint === undefined || !canBeDialled(leaderHint.address) ? {} : { leaderHint }),
    ...(detail.hint === '' ? {} : { hint: cut(detail.hint) }),
  });
}

/** Undefined for what no node of ours has written. */
function decodeDetail(bytes: Uint8Array): ErrorDetail | undefined {
  try {
    return ErrorDetail.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Lines behind an error's sentence that are taken of a server, which may be anybody. */
const factsMax = 64;
/** Characters of each text. */
const textCharsMax = 2000;

function cut(text: string): string {
  return text.length <= textCharsMax ? text : `${text.slice(0, textCharsMax)}…`;
}

/** A code as it came; a newer node's own is shown as a refusal of another version. */
export function knownCode(code: string): ErrorCode {
  return Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'E_VERSION_SKEW';
}

const changedOf: Record<WireChanged, Changed> = {
  [WireChanged.UNSPECIFIED]: 'unknown',
  [WireChanged.NO]: 'no',
  [WireChanged.YES]: 'yes',
  [WireChanged.UNKNOWN]: 'unknown',
};

/** What the library says of a call whose deadline came before it had a connection. */
const unsent = /waiting for (?:name resolution|metadata filters)|Waiting for LB pick/;

function fromTransport(error: ServiceError, { address, path, secured }: FailedCall): RaftctlError {
  const details = cut(error.details ?? error.message);
  const make = (code: ErrorCode, message: string, more: ErrorDetails = {}) =>
    new RaftctlError(code, message, { cause: error, ...more });
  if (error.code === status.UNIMPLEMENTED || details.includes('HTTP status code')) {
    return make(
      'E_NOT_RAFTNODE',
      `what answers at ${address} is no raftctl node, or one of another version: no ${path}`,
    );
  }
  if (error.code === status.DEADLINE_EXCEEDED) {
    // The library here says what it was still waiting for. The node's own one ends a call, which the node has taken, with the bare code.
    const isUnsent = unsent.test(details);
    return make('E_CONN_TIMEOUT', `no answer from ${address} in time`, {
      changed: isUnsent ? 'no' : 'unknown',
      retryable: true,
    });
  }
  if (error.code === status.RESOURCE_EXHAUSTED && details.includes('larger than max')) {
    return make('E_TOO_LARGE', `the message is too large for one call: ${details}`);
  }
  const code = codeOfStatus[error.code];
  if (code !== undefined) return make(code, `${address} refused the call: ${details}`);
  if (error.code === status.UNAVAILABLE && /No connection established|Name resolution failed/.test(details)) {
    return cannotConnect(details, address, secured, make);
  }
  if (error.code === status.UNAVAILABLE || error.code === status.CANCELLED) {
    return make('E_CONN_REFUSED', `the connection to ${address} was lost`, { changed: 'unknown', retryable: true });
  }
  return make('E_INTERNAL', `${address} failed to answer: ${details}`, { changed: 'unknown' });
}

function cannotConnect(
  details: string,
  address: string,
  secured: boolean,
  make: (code: ErrorCode, message: string, more: ErrorDetails) => RaftctlError,
): RaftctlError {
  const reason =
    /Last error: (?:Error(?: \[\w+\])?: )?([^\n]*?)(?:\. Resolution note.*)?$/m.exec(details)?.[1] ?? details;
  const fault = connectFaults.find(({ pattern }) => pattern.test(details));
  if (fault !== undefined) {
    const { code, say, hint, retryable } = fault;
    return make(code, say(address, reason), hint === undefined ? { retryable } : { retryable, hint });
  }
  if (secured) {
    // TLS 1.3: the node judges the certificate of a client when that holds the connection for secured already.
    return make('E_CONN_REFUSED', `${address} closed the connection at once`, {
      retryable: true,
      hint: 'the log of the node says why: it may not take the certificate of --cert',
    });
  }
  return make('E_TLS_REQUIRED', `${address} closes plain-text connections at once; it may want TLS`, {
    retryable: true,
    hint: 'secure the connection with --cacert FILE',
  });
}
