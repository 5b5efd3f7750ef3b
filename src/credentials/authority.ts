import {
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { type CertificateIdentity, formatIdentity } from '../base/certificate-identity.js';
import {
  bitString,
  boolean,
  integer,
  objectId,
  octetString,
  sequence,
  set,
  tagged,
  taggedBytes,
  time,
  utf8String,
} from './der.js';

/** A certificate and its private key, each as the text of a PEM file. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

/** What is to be certified. */
export interface CertificateRequest {
  /** For people: the common name, which nobody trusts. */
  readonly name: string;
  readonly identity?: CertificateIdentity | undefined;
  /** Host names and IP addresses at which the holder may be dialled. */
  readonly hosts?: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const ids = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const signatureAlgorithm = sequence(objectId(ids.ecdsaWithSha256));

/** Bits of a key usage (RFC 5280 §4.2.1.3), the first one highest. */
const usage = { digitalSignature: 0x80, certificateSigning: 0x04, revocationListSigning: 0x02 } as const;

/**
 * An authority that signs certificates of nodes and clients: X.509 version 3 (RFC 5280) with keys on the curve P-256. For laboratories and small
 * clusters; it keeps no list of what it signed and revokes nothing.
 */
export class CertificateAuthority {
  private constructor(
    /** Its name, for people. */
    readonly name: string,
    /** Its own certificate, as the text of a PEM file. */
    readonly cert: string,
    private readonly key: KeyObject,
    private readonly subject: Buffer,
  ) {}

  /** A new authority that certifies itself. */
  static create(request: Pick<CertificateRequest, 'name' | 'notBefore' | 'notAfter'>): CertificateAuthority {
    const { privateKey, publicKey } = newKey();
    const subject = commonName(request.name);
    const keyId = keyIdentifier(publicKey);
    const extensions = [
      extension(ids.basicConstraints, sequence(boolean(true), integer(Buffer.of(0))), 'critical'),
      extension(ids.keyUsage, usageBits(usage.certificateSigning | usage.revocationListSigning), 'critical'),
      extension(ids.subjectKeyIdentifier, octetString(keyId)),
    ];
    const cert = certify({ ...request, subject, publicKey, extensions }, { subject, key: privateKey });
    return new CertificateAuthority(request.name, cert, privateKey, subject);
  }

  /**
   * The authority of these two PEM texts.
   * @throws Error where they are no certificate and key of one authority
   */
  static load({ cert, key }: CertifiedKey): CertificateAuthority {
    const certificate = new X509Certificate(cert);
    const privateKey = createPrivateKey(key);
    if (!certificate.checkPrivateKey(privateKey)) throw new Error('the key is not the one of the certificate');
    if (!certificate.ca) throw new Error('the certificate is not the one of an authority');
    const name = /^CN=(.*)$/.exec(certificate.subject)?.[1];
    if (name === undefined) throw new Error('the authority was not made by raftctl certs create');
    return new CertificateAuthority(name, cert, privateKey, commonName(name));
  }

  /** Its private key, as the text of a PEM file. */
  exportKey(): string {
    return exportKey(this.key);
  }

  /** A new key with its certificate. Who can be dialled is a server and a client; everybody else is a client alone. */
  issue(request: CertificateRequest): CertifiedKey {
    const { privateKey, publicKey } = newKey();
    const { hosts = [], identity } = request;
    const purposes = hosts.length > 0 ? [ids.serverAuth, ids.clientAuth] : [ids.clientAuth];
    const names = [
      ...(identity === undefined ? [] : [taggedBytes(6, Buffer.from(formatIdentity(identity)))]),
      ...hosts.map(hostName),
    ];
    const authorityKeyId = taggedBytes(0, keyIdentifier(new X509Certificate(this.cert).publicKey));
    const extensions = [
      extension(ids.basicConstraints, sequence(), 'critical'),
      extension(ids.keyUsage, usageBits(usage.digitalSignature), 'critical'),
      extension(ids.extendedKeyUsage, sequence(...purposes.map(objectId))),
      extension(ids.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
      extension(ids.authorityKeyIdentifier, sequence(authorityKeyId)),
      ...(names.length === 0 ? [] : [extension(ids.subjectAltName, sequence(...names))]),
    ];
    const certified = { ...request, subject: commonName(request.name), publicKey, extensions };
    const signer = { subject: this.subject, key: this.key };
    return { cert: certify(certified, signer), key: exportKey(privateKey) };
  }
}

interface Certified extends Pick<CertificateRequest, 'notBefore' | 'notAfter'> {
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function certify(
  { notBefore, notAfter, subject, publicKey, extensions }: Certified,
  signer: { readonly subject: Buffer; readonly key: KeyObject },
): string {
  const serial = randomBytes(16);
  // Positive, and of its full length: RFC 5280 §4.1.2.2.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    tagged(0, integer(Buffer.of(2))),
    integer(serial),
    signatureAlgorithm,
    signer.subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const certificate = sequence(body, signatureAlgorithm, bitString(sign('sha256', body, signer.key)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const exportKey = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const commonName = (text: string) => sequence(set(sequence(objectId(ids.commonName), utf8String(text))));

function extension(id: string, value: Uint8Array, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [boolean(true)];
  return sequence(objectId(id), ...flag, octetString(value));
}

/** Bits of one byte; those that are not used at its end are said to be so. */
function usageBits(bits: number): Buffer {
  let unused = 0;
  while (unused < 7 && (bits & (1 << unused)) === 0) unused++;
  return bitString(Buffer.of(bits), unused);
}

/** The first method of RFC 5280 §4.2.1.2 but with SHA-256, cut to the usual length: it only has to tell keys apart. */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const digest = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
  return digest.subarray(0, 20);
}

function hostName(host: string): Buffer {
  const version = isIP(host);
  if (version === 0) return taggedBytes(2, Buffer.from(host));
  return taggedBytes(7, version === 4 ? Buffer.from(host.split('.').map(Number)) : ipv6Bytes(host));
}

/** The 16 bytes of an address that `isIP` knows, without a zone or an IPv4 tail. */
function ipv6Bytes(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const all = tail === undefined ? before : [...before, ...zeros, ...after];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}
