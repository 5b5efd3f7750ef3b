import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { TlsFiles } from './daemon-options.js';

/** What the files hold, checked to fit together. */
export interface TlsMaterial extends SecureContextOptions {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a node's certificate, key and authority.
 * @throws RaftctlError E_TLS naming the file: not there, open to others than its owner, or not what it should be
 */
export async function readTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  await checkKeyMode(files.key);
  const [ca, cert, key] = await Promise.all([readPem(files.ca), readPem(files.cert), readPem(files.key)]);
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw new RaftctlError('E_TLS', `the certificate ${files.cert} cannot be used with the key ${files.key}`, {
      facts: [messageOf(cause)],
      cause,
    });
  }
  return { ca, cert, key };
}

async function readPem(path: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new RaftctlError('E_TLS', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
  if (!bytes.includes('-----BEGIN ')) throw new RaftctlError('E_TLS', `${path} is not a PEM file`);
  return bytes;
}

async function checkKeyMode(path: string): Promise<void> {
  const mode = await stat(path).then(
    (found) => found.mode,
    () => 0,
  );
  if ((mode & 0o077) === 0) return;
  throw new RaftctlError('E_TLS', `the private key ${path} can be read by others than its owner`, {
    hint: `chmod 600 ${path}`,
  });
}
