import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { checkServerIdentity, createSecureContext, type SecureContextOptions } from 'node:tls';
import { parseAddress } from '../base/address.js';
import { type CertificateIdentity, identityIn } from '../base/certificate-identity.js';
import { messageOf, RaftctlError } from '../base/errors.js';
import { checkAuthorities, checkCertifiedKey } from '../credentials/index.js';
import type { NodeCertificate } from '../node/node-certificate.js';
import type { TlsFiles } from './daemon-options.js';

/** What a node's certificate says of it. */
export type NodeIdentityOfCertificate = Extract<CertificateIdentity, { kind: 'node' }>;

/** What the files hold, checked to fit together. */
export interface TlsMaterial extends SecureContextOptions {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly identity: NodeIdentityOfCertificate;
  /** When the certificate ends, in milliseconds since 1970-01-01 UTC. */
  readonly expiresMs: number;
  /** What others are to know of it. */
  readonly shown: NodeCertificate;
}

/**
 * Reads a node's certificate, key and authority.
 * @param nodeId of the node, which must be the certificate's
 * @throws RaftctlError E_TLS naming the file: not there, open to others than its owner, or not what it should be
 */
export async function readTlsFiles(files: TlsFiles, nodeId: number): Promise<TlsMaterial> {
  await checkKeyMode(files.key);
  const [ca, cert, key] = await Promise.all([readPem(files.ca), readPem(files.cert), readPem(files.key)]);
  checkAuthorities({ name: files.ca, bytes: ca });
  const certificate = checkCertifiedKey({ name: files.cert, bytes: cert }, { name: files.key, bytes: key }, Date.now());
  try {
    createSecureContext({ ca, cert, key });
  } catch (cause) {
    throw new RaftctlError('E_TLS', `the certificate ${files.cert} cannot be used with the key ${files.key}`, {
      facts: [messageOf(cause)],
      cause,
    });
  }
  return {
    ca,
    cert,
    key,
    identity: checkIdentity(files.cert, certificate, nodeId),
    expiresMs: Date.parse(certificate.validTo),
    shown: nodeCertificate({ cert }),
  };
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

function readPem(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw new RaftctlError('E_TLS', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  });
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

function checkIdentity(path: string, { subjectAltName }: X509Certificate, nodeId: number): NodeIdentityOfCertificate {
  const identity = identityIn(subjectAltName);
  if (identity?.kind !== 'node') {
    throw new RaftctlError('E_TLS', `the certificate ${path} is not that of a node`, {
      facts: [
        `its names are ${subjectAltName ?? 'none'}`,
        'wanted is a URI spiffe://raftctl/<cluster id>/node/<node id>',
      ],
      hint: 'raftctl certs create',
    });
  }
  if (identity.nodeId === nodeId) return identity;
  throw new RaftctlError('E_TLS', `the certificate ${path} is that of node ${identity.nodeId}, not of node ${nodeId}`);
}
