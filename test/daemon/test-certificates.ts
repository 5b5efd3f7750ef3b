import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsFiles } from '../../src/daemon/index.js';

/** Certificates made on the spot, so that no key is ever kept: just enough of X.509 (RFC 5280) in DER for a test authority. */

function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(body.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x82), length, body]);
}

const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const bitString = (bytes: Uint8Array) => der(0x03, Buffer.of(0), bytes);
const octets = (bytes: Uint8Array) => der(0x04, bytes);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const time = (date: Date) => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, '')));

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const commonName = (text: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))));
const extension = (id: string, value: Uint8Array) => sequence(oid(id), octets(value));
const isAuthority = extension('551d13', sequence(der(0x01, Buffer.of(0xff))));
const loopbackNames = extension(
  '551d11',
  sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1))),
);

interface Signer {
  readonly name: Buffer;
  readonly key: KeyObject;
}

function certify(subject: Buffer, publicKey: KeyObject, by: Signer, more: Buffer): string {
  const day = 86_400_000;
  const serial = Buffer.concat([Buffer.of(0x01), randomBytes(8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    by.name,
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + day))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(more)),
  );
  const certificate = sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, by.key)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

/** An authority that signs certificates for `localhost` and 127.0.0.1, good for a day. */
export class TestAuthority {
  readonly #keys = newKey();
  readonly #name = commonName('raftctl test authority');
  readonly #certificate = certify(this.#name, this.#keys.publicKey, this.#signer, isAuthority);

  /** Writes a new key and certificate, and the authority's own, into a folder. */
  issue(folder: string): TlsFiles {
    const { privateKey, publicKey } = newKey();
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), ca: join(folder, 'ca.pem') };
    mkdirSync(folder, { recursive: true });
    writeFileSync(files.cert, certify(commonName('node'), publicKey, this.#signer, loopbackNames));
    writeFileSync(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(files.ca, this.#certificate);
    return files;
  }

  get #signer(): Signer {
    return { name: this.#name, key: this.#keys.privateKey };
  }
}
