import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { messageOf, RaftctlError } from '../base/errors.js';

/** Bytes of a PEM file, and what it is called. */
export interface PemFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Bits of an RSA key below which it is no secret any more (NIST SP 800-57). */
const rsaBitsMin = 2048;

/**
 * Holds a certificate against its key before TLS does, whose errors name no file.
 * @param nowMs milliseconds since 1970-01-01 UTC
 * @returns the certificate
 * @throws RaftctlError E_TLS naming the file
 */
export function checkCertifiedKey(cert: PemFile, key: PemFile, nowMs: number): X509Certificate {
  const certificate = certificateIn(cert);
  const privateKey = keyIn(key);
  checkStrength(cert.name, publicKeyOf(cert.name, certificate));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw refusal(`the certificate ${cert.name} is not that of the key ${key.name}`, {
      hint: 'where the file holds a chain, the certificate itself comes first in it',
    });
  }
  checkTimes(cert.name, certificate, nowMs);
  return certificate;
}

/** Holds a file of authorities to what TLS can use. @throws RaftctlError E_TLS naming the file */
export function checkAuthorities(file: PemFile): void {
  certificateIn(file);
}

/** The first one. */
function certificateIn({ name, bytes }: PemFile): X509Certificate {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN ')) throw refusal(`${name} is no certificate: it is not a PEM file`);
  if (!/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/.test(text)) {
    throw refusal(`${name} holds no certificate`, isKey(text) ? { hint: 'it holds a key: are the two swapped?' } : {});
  }
  try {
    return new X509Certificate(bytes);
  } catch (cause) {
    throw refusal(`the certificate in ${name} is damaged`, { facts: [messageOf(cause)], cause });
  }
}

/** Read apart from the rest, and damaged apart from it. */
function publicKeyOf(name: string, certificate: X509Certificate): KeyObject {
  try {
    return certificate.publicKey;
  } catch (cause) {
    throw refusal(`the key of the certificate ${name} is damaged`, { facts: [messageOf(cause)], cause });
  }
}

function keyIn({ name, bytes }: PemFile): KeyObject {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('-----BEGIN ')) throw refusal(`${name} is no private key: it is not a PEM file`);
  if (!isKey(text)) {
    const isCertificate = text.includes('CERTIFICATE-----');
    throw refusal(
      `${name} holds no private key`,
      isCertificate ? { hint: 'it holds a certificate: are the two swapped?' } : {},
    );
  }
  if (/-----BEGIN ENCRYPTED |Proc-Type: *4, *ENCRYPTED/.test(text)) {
    throw refusal(`the private key ${name} is encrypted, and nobody is asked for its passphrase`, {
      hint: `openssl pkey -in ${name} -out PLAIN, with mode 0600`,
    });
  }
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch (cause) {
    throw refusal(`the private key in ${name} is damaged`, { facts: [messageOf(cause)], cause });
  }
}

function isKey(text: string): boolean {
  return text.includes('PRIVATE KEY-----');
}

function checkStrength(name: string, { asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  const bits = asymmetricKeyDetails?.modulusLength;
  if (asymmetricKeyType !== 'rsa' || bits === undefined || bits >= rsaBitsMin) return;
  throw refusal(`the key of the certificate ${name} is too weak: RSA of ${bits} bits`, {
    hint: `it takes ${rsaBitsMin} bits, or a key on an elliptic curve`,
  });
}

function checkTimes(name: string, { validFrom, validTo }: X509Certificate, nowMs: number): void {
  if (nowMs > Date.parse(validTo)) throw refusal(`the certificate ${name} has expired on ${validTo}`);
  if (nowMs < Date.parse(validFrom)) throw refusal(`the certificate ${name} is not valid before ${validFrom}`);
}

function refusal(message: string, details: ConstructorParameters<typeof RaftctlError>[2] = {}): RaftctlError {
  return new RaftctlError('E_TLS', message, details);
}
