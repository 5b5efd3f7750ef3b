import type { Stats } from 'node:fs';
import { RaftctlError } from '../base/errors.js';
import type { ClientOptions, TlsOptions } from '../client/index.js';
import { checkAuthorities, checkCertifiedKey } from '../credentials/index.js';
import type { Context } from './contexts.js';
import { credentialBytesMax, readInputFile } from './input-file.js';

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
 * @throws RaftctlError E_USAGE where nothing says which cluster, or a file of it cannot be used; E_TLS naming a certificate or a key that cannot;
 *   E_TLS_REQUIRED where plain text is asked for and the context forbids it
 */
export async function toClientOptions(flags: ConnectionFlags, context: Context | undefined): Promise<ClientOptions> {
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
  const tls = insecure ? undefined : await readTls(flags, context);
  const tokenFile = flags['token-file'] ?? context?.tokenFile;
  return {
    endpoints,
    timeoutMs: flags.timeout,
    dialTimeoutMs: flags['dial-timeout'],
    discover: !flags['no-discover'],
    insecure,
    ...(tls === undefined ? {} : { tls }),
    ...(tokenFile === undefined ? {} : { token: await readToken(tokenFile) }),
    ...(context?.clusterId === undefined ? {} : { clusterId: context.clusterId }),
    ...(flags.node === undefined ? {} : { node: flags.node }),
  };
}

const bytesMax = credentialBytesMax;

/** What may stand in a header, and what `auth token` makes. */
const tokenPattern = /^[\x21-\x7e]{1,1024}$/;

async function readToken(file: string): Promise<string> {
  const token = (await readInputFile(file, { bytesMax, check: (stats) => refuseLoose(file, stats) }))
    .toString('latin1')
    .trim();
  if (tokenPattern.test(token)) return token;
  throw new RaftctlError('E_USAGE', `${file} holds no token`, { hint: 'raftctl auth token makes one' });
}

/** For a key or a token. @throws RaftctlError E_USAGE where others than its owner can read it */
function refuseLoose(file: string, { mode }: Pick<Stats, 'mode'>): void {
  if ((mode & 0o077) === 0) return;
  throw new RaftctlError('E_USAGE', `${file} can be read by others than its owner`, { hint: `chmod 600 ${file}` });
}

/** Undefined where nothing asks for TLS by name: the client then secures what leaves this machine. */
async function readTls(flags: ConnectionFlags, context: Context | undefined): Promise<TlsOptions | undefined> {
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
    ...(ca === undefined ? {} : { ca: await readAuthorities(ca) }),
    ...(cert === undefined || key === undefined ? {} : await readCertifiedKey(cert, key)),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

async function readAuthorities(file: string): Promise<Buffer> {
  const bytes = await readInputFile(file, { bytesMax });
  checkAuthorities({ name: file, bytes });
  return bytes;
}

async function readCertifiedKey(certFile: string, keyFile: string): Promise<Pick<TlsOptions, 'cert' | 'key'>> {
  const cert = await readInputFile(certFile, { bytesMax });
  const key = await readInputFile(keyFile, { bytesMax, check: (stats) => refuseLoose(keyFile, stats) });
  checkCertifiedKey({ name: certFile, bytes: cert }, { name: keyFile, bytes: key }, Date.now());
  return { cert, key };
}
