import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateIdentity } from '../../src/base/certificate-identity.js';
import { CertificateAuthority, type CertifiedKey } from '../../src/credentials/index.js';
import type { TlsFiles } from '../../src/daemon/index.js';

const dayMs = 86_400_000;

/** Id of the cluster for which test certificates are, unless a test says otherwise. */
export const testClusterId = 'c0'.repeat(16);

/** Certificates for `localhost` and 127.0.0.1, good from yesterday until tomorrow, made on the spot so that no key is ever kept. */
export class TestAuthority {
  readonly #now = Date.now();
  readonly #authority = CertificateAuthority.create({
    name: 'raftctl test authority',
    notBefore: new Date(this.#now - dayMs),
    notAfter: new Date(this.#now + 30 * dayMs),
  });

  get cert(): string {
    return this.#authority.cert;
  }

  certify(identity: CertificateIdentity | undefined, validDays = 1): CertifiedKey {
    return this.#authority.issue({
      name: 'test',
      identity,
      hosts: identity?.kind === 'client' ? [] : ['localhost', '127.0.0.1'],
      notBefore: new Date(this.#now - dayMs),
      notAfter: new Date(this.#now + validDays * dayMs),
    });
  }

  /** Writes a new key and certificate, and the authority's own, into a folder. */
  issue(folder: string, identity: CertificateIdentity | undefined, validDays?: number): TlsFiles {
    const { cert, key } = this.certify(identity, validDays);
    const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem'), ca: join(folder, 'ca.pem') };
    mkdirSync(folder, { recursive: true });
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key, { mode: 0o600 });
    writeFileSync(files.ca, this.cert);
    return files;
  }

  /** The same for node `nodeId` of the test cluster. */
  issueNode(folder: string, nodeId: number, clusterId = testClusterId): TlsFiles {
    return this.issue(folder, { kind: 'node', clusterId, nodeId });
  }
}
