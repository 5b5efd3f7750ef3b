import type { RaftctlError } from '../base/errors.js';
import type { Random } from '../base/random.js';

/** Certificates of a connection, each as the bytes of a PEM file. */
export interface TlsOptions {
  /** Authorities that the nodes' certificates must come from; left out, those that the machine trusts. */
  readonly ca?: Uint8Array;
  /** What this client shows the nodes; both or neither. */
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  /** Name to expect in the nodes' certificates instead of the host that is dialled. */
  readonly serverName?: string;
}

/** What a client is made with; only the endpoints are needed. */
export interface ClientOptions {
  /** Addresses to find the cluster by: `host:port`, `[v6]:port` or `unix:path`. Any one live node is enough. */
  readonly endpoints: readonly string[];
  /** Longest time for one call with all its retries, in milliseconds. Default: 10 000. */
  readonly timeoutMs?: number;
  /** Longest time for one address when looking around, in milliseconds. Default: 2000. */
  readonly dialTimeoutMs?: number;
  /** Given: every connection is secured. Left out: those that leave this machine are, unless `insecure` is set. */
  readonly tls?: TlsOptions;
  /** Token that says who this client is, instead of a certificate. Never sent in plain text beyond this machine. */
  readonly token?: string;
  /** Plain text to all addresses. */
  readonly insecure?: boolean;
  /** Refuse to talk to a cluster with another id. */
  readonly clusterId?: string;
  /** Ask just this node, and do not go on to the leader. */
  readonly node?: number;
  /** Whether to talk to members that the cluster names, beside the endpoints. Default: true. */
  readonly discover?: boolean;
  /** Name of this client's session, 1 to 64 bytes. A second client with the same one repeats the first one's proposals. Default: a random UUID. */
  readonly clientId?: string;
  /** Told before each new attempt, why the last one failed. */
  readonly onRetry?: (error: RaftctlError) => void;
  /** Where the jitter of the pauses comes from. */
  readonly random?: Random;
}

/** Options with every default in its place. */
export type Settings = Required<Omit<ClientOptions, 'tls' | 'token' | 'clusterId' | 'node' | 'onRetry' | 'clientId'>> &
  Pick<ClientOptions, 'tls' | 'token' | 'clusterId' | 'node' | 'onRetry'>;

/** Longest time for one call, unless the caller says otherwise. */
export const defaultTimeoutMs = 10_000;
/** Longest time for one address when looking around, unless the caller says otherwise; also the most it is given. */
export const defaultDialTimeoutMs = 2000;

/** Puts the defaults in. */
export function toSettings(options: ClientOptions): Settings {
  return {
    timeoutMs: defaultTimeoutMs,
    insecure: false,
    discover: true,
    random: Math.random,
    ...options,
    dialTimeoutMs: Math.min(options.dialTimeoutMs ?? defaultDialTimeoutMs, defaultDialTimeoutMs),
  };
}
