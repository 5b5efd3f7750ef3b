import type { Metadata, ServerInterceptingCallInterface } from '@grpc/grpc-js';
import { formatIdentity, identityIn } from '../base/certificate-identity.js';
import { RaftctlError } from '../base/errors.js';
import type { Standing } from '../base/permissions.js';
import type { TokenBook, TokenOwner } from './token-book.js';
import { WrongTokens } from './wrong-tokens.js';

type AuthContext = ReturnType<ServerInterceptingCallInterface['getAuthContext']>;

/** Who makes a call. */
export interface Caller {
  /** For people, and for the audit trail. */
  readonly name: string;
  readonly standing: Standing;
  /** What it has shown. */
  readonly via: 'certificate' | 'token' | 'nothing';
  /** What that says, in full: the URI of a certificate, or whose token it is. */
  readonly identity: string;
  /** HOST:PORT of the other end of the connection. */
  readonly from: string;
  /** When its certificate ends, in milliseconds since 1970-01-01 UTC; undefined where it has none. */
  readonly expiresMs: number | undefined;
}

/** The part of a call by which its caller is known. */
export interface IncomingCall {
  readonly metadata: Metadata;
  getPeer(): string;
  getAuthContext(): AuthContext;
}

/** How a node knows its callers. */
export interface CallersOptions {
  /** Cluster of the node's own certificate; undefined where there is no TLS. */
  readonly clusterId?: string | undefined;
  /** The tokens that it takes, now; undefined where it takes none. */
  readonly tokens?: () => TokenBook | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly wallClock: () => number;
}

type Shown = Omit<Caller, 'from'>;
type PeerCertificate = NonNullable<AuthContext['sslPeerCertificate']>;

/**
 * Tells who makes a call. A token counts before a certificate: it is what the caller has shown for this call. Without TLS and without tokens
 * everybody who reaches the port may do everything.
 */
export class Callers {
  /** gRPC asks at each call, and each connection gives the same object: nothing is read twice. */
  readonly #certificates = new WeakMap<PeerCertificate, Shown>();

  readonly #wrongTokens: WrongTokens;

  constructor(private readonly options: CallersOptions) {
    this.#wrongTokens = new WrongTokens(options.wallClock);
  }

  /** Cluster of the node's own certificate; undefined where there is no TLS. */
  get clusterId(): string | undefined {
    return this.options.clusterId;
  }

  /** @throws RaftctlError E_PERMISSION for a token or a certificate that is none here */
  of(call: IncomingCall): Caller {
    return { ...this.#shownBy(call), from: call.getPeer() };
  }

  #shownBy(call: IncomingCall): Shown {
    const { clusterId, tokens } = this.options;
    const authorizations = call.metadata.get('authorization');
    if (authorizations.length > 0) return this.#tokenIn(authorizations, call.getPeer());
    if (clusterId !== undefined) return this.#certificateOf(call.getAuthContext().sslPeerCertificate, clusterId);
    if (tokens?.() !== undefined) return nobody;
    return anybody;
  }

  #tokenIn(authorizations: readonly (string | Buffer)[], from: string): Shown {
    const book = this.options.tokens?.();
    if (book === undefined) throw refused('this node takes no tokens', 'show a certificate: --cert FILE --key FILE');
    const waitMs = this.#wrongTokens.waitMs(from);
    if (waitMs > 0) {
      throw refused(
        'too many wrong tokens have come from this address: none is looked at for now',
        `mend the token, and ask again in ${Math.ceil(waitMs / 1000)} s; a certificate is taken meanwhile`,
      );
    }
    const owner = ownerOf(authorizations.map(String), book);
    if (typeof owner === 'string') {
      this.#wrongTokens.note(from);
      throw refused(owner);
    }
    const { name, role } = owner;
    return { name, standing: role, via: 'token', identity: `token of ${role} ${name}`, expiresMs: undefined };
  }

  #certificateOf(certificate: PeerCertificate | undefined, clusterId: string): Shown {
    if (certificate === undefined) return nobody;
    const known = this.#certificates.get(certificate) ?? readCertificate(certificate, clusterId);
    this.#certificates.set(certificate, known);
    // A connection may outlive the certificate that it began with.
    if (known.expiresMs !== undefined && known.expiresMs < this.options.wallClock()) {
      throw refused(`the certificate of ${known.name} has expired`);
    }
    return known;
  }
}

/** Whose token it is that a call carries, or why it is nobody's. */
function ownerOf([authorization = '', ...more]: readonly string[], book: TokenBook): TokenOwner | string {
  if (more.length > 0) return 'a call carries one token, and no more';
  const token = /^Bearer (.*)$/.exec(authorization)?.[1];
  return (token === undefined ? undefined : book.ownerOf(token)) ?? 'the token is not one that this node knows';
}

/** Whoever reaches the port of a node that asks for nothing. */
const anybody: Shown = {
  name: 'anybody',
  standing: 'breakglass',
  via: 'nothing',
  identity: 'plain text without a token',
  expiresMs: undefined,
};

/** Whoever has shown nothing to a node that asks for something. */
const nobody: Shown = { ...anybody, name: 'nobody', standing: undefined, identity: 'neither certificate nor token' };

function readCertificate({ subjectaltname, valid_to }: PeerCertificate, clusterId: string): Shown {
  const identity = identityIn(subjectaltname);
  if (identity === undefined) {
    throw refused('the certificate does not say who its holder is', 'raftctl certs create makes certificates that do');
  }
  if (identity.clusterId !== clusterId) {
    throw refused(`the certificate is for cluster ${identity.clusterId}, and this node is of cluster ${clusterId}`);
  }
  const isNode = identity.kind === 'node';
  return {
    name: isNode ? `node ${identity.nodeId}` : identity.name,
    standing: isNode ? 'node' : identity.role,
    via: 'certificate',
    identity: formatIdentity(identity),
    expiresMs: Date.parse(valid_to),
  };
}

function refused(message: string, hint?: string): RaftctlError {
  return new RaftctlError('E_PERMISSION', message, hint === undefined ? {} : { hint });
}
