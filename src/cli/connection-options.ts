import { readFileSync, statSync } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import type { ClientOptions, TlsOptions } from '../client/index.js';
import type { Context } from './contexts.js';
import { reasonOf } from './file-reason.js';

/** Values of the connection flags. */
export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly endpoints?: readonly string[] | undefined;
  readonly timeout: number;
  readonly 'dial-timeout': number;
  readonly 'no-discover': boolean;
  readonly node?: number | undefined;
  readonly cacert?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly 'tls-server-name'?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly insecure: boolean;
}

/**
 * How to reach the cluster that is meant: flags and their environment first, then the context.
 * @throws RaftctlError E_USAGE where nothing says which cluster, E_TLS_REQUIRED where plain text is asked for and the context forbids it
 */
export function toClientOptions(flags: ConnectionFlags, context: Context | undefined): ClientOptions {
  const endpoints = flags.endpoints ?? context?.endpoints ?? [];
  if (endpoints.length === 0) {
    throw new RaftctlError('E_USAGE', 'no endpoints: which cluster is meant?', {
      hint: 'give -e HOST:PORT,…, set RAFTCTL_ENDPOINTS, or name a context in the configuration file',
    });
  }
  const insecure = flags.insecure || context?.tls.mode === 'off';
  if (flags.insecure && context?.tls.mode === 'required') {
    throw new RaftctlError(
      'E_TLS_REQUIRED',
      `context ${context.name} says tls: required, and --insecure says plain text`,
    );
  }
  const tls = insecure ? undefined : readTls(flags, context);
  const tokenFile = flags['token-file'] ?? context?.tokenFile;
  return {
    endpoints,
    timeoutMs: flags.timeout,
    dialTimeoutMs: flags['dial-timeout'],
    discover: !flags['no-discover'],
    insecure,
    ...(tls === undefined ? {} : { tls }),
    ...(tokenFile === undefined ? {} : { token: readSecret(tokenFile).toString('utf8').trim() }),
    ...(context?.clusterId === undefined ? {} : { clusterId: context.clusterId }),
    ...(flags.node === undefined ? {} : { node: flags.node }),
  };
}

/** A key or a token. @throws RaftctlError E_USAGE where others than its owner can read it */
function readSecret(file: string): Buffer {
  const bytes = readBytes(file);
  if ((statSync(file).mode & 0o077) === 0) return bytes;
  throw new RaftctlError('E_USAGE', `${file} can be read by others than its owner`, { hint: `chmod 600 ${file}` });
}

/** Undefined where nothing asks for TLS by name: the client then secures what leaves this machine. */
function readTls(flags: ConnectionFlags, context: Context | undefined): TlsOptions | undefined {
  const ca = flags.cacert ?? context?.tls.ca;
  const cert = flags.cert ?? context?.tls.cert;
  const key = flags.key ?? context?.tls.key;
  const serverName = flags['tls-server-name'] ?? context?.tls.serverName;
  const named = [ca, cert, key, serverName].some((value) => value !== undefined);
  if (!named && context?.tls.mode !== 'required') return undefined;
  if ((cert === undefined) !== (key === undefined)) {
    throw new RaftctlError('E_USAGE', 'a client certificate needs both: --cert FILE and --key FILE');
  }
  return {
    ...(ca === undefined ? {} : { ca: readBytes(ca) }),
    ...(cert === undefined || key === undefined ? {} : { cert: readBytes(cert), key: readSecret(key) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (thrown) {
    throw new RaftctlError('E_USAGE', `cannot read ${file}: ${reasonOf(thrown)}`, { cause: thrown });
  }
}
