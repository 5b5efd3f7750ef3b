import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { checkServerIdentity, createSecureContext, type SecureContextOptions } from 'node:tls';
import { parseAddress } from '../base/address.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { NodeCertificate } from '../node/node-certificate.js';
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

/** What others are to know of a node's certificate, and how they hold it against an address: just as TLS does. */
export function nodeCertificate({ cert }: Pick<TlsMaterial, 'cert'>): NodeCertificate {
  const { subjectAltName = '', validTo } = new X509Certificate(cert);
  const names = subjectAltName === '' ? [] : subjectAltName.split(', ');
  return {
    names: names.slice(0, certificateNamesMax),
    endsMs: Date.parse(validTo),
    mismatch: (address, shown) => {
      const subjectaltname = shown.join(', ');
      // What TLS looks at of a certificate, and nothing else.
      const certificate = { subject: {}, subjectaltname } as Parameters<typeof checkServerIdentity>[1];
      const { host = '' } = parseAddress(address) ?? {};
      try {
        return checkServerIdentity(host, certificate)?.message;
      } catch (thrown) {
        // Names that are none are said by strangers only: TLS made them of a certificate itself.
        return messageOf(thrown);
      }
    },
  };
}

/** Names of its certificate that a node tells of itself. */
const certificateNamesMax = 64;

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
