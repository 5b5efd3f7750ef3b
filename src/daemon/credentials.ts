import { stat } from 'node:fs/promises';
import { messageOf, RaftctlError } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import type { TokenBook } from '../control/index.js';
import type { NodeCertificate } from '../node/node-certificate.js';
import type { CredentialsStatus } from '../node/node-options.js';
import type { TlsFiles } from './daemon-options.js';
import { readTlsFiles, type TlsMaterial } from './tls-files.js';
import { readTokenFile } from './token-file.js';

/** How often the files are looked at, in milliseconds. */
export const credentialsLookMs = 10_000;

/** Where a node's credentials come from. */
export interface CredentialsSource {
  readonly nodeId: number;
  readonly tls: TlsFiles | undefined;
  /** File of the tokens that it takes. */
  readonly tokens: string | undefined;
  readonly logger: Logger;
}

interface Held {
  readonly tls: TlsMaterial | undefined;
  readonly tokens: TokenBook | undefined;
}

/**
 * Certificate, key, authority and tokens of a node, read again when their files change. What is new counts for what is dialled and accepted from
 * then on; nothing that is open is cut off. What cannot be used changes nothing, and is said in the log and in the status of the node.
 */
export class Credentials {
  #timer: NodeJS.Timeout | undefined;
  #problem: string | undefined;
  #onTls: (tls: TlsMaterial) => void = () => {};

  private constructor(
    private readonly source: CredentialsSource,
    private held: Held,
    /** What the files looked like when they were last read. */
    private seen: string,
  ) {}

  /** @throws RaftctlError E_TLS, E_USAGE for files that cannot be used */
  static async open(source: CredentialsSource): Promise<Credentials> {
    const seen = await look(source);
    return new Credentials(source, await read(source), seen);
  }

  get tls(): TlsMaterial | undefined {
    return this.held.tls;
  }

  get tokens(): TokenBook | undefined {
    return this.held.tokens;
  }

  /** The certificate that others see, as of now; undefined without TLS. */
  get certificate(): NodeCertificate | undefined {
    if (this.tls === undefined) return undefined;
    const shown = () => this.tls?.shown;
    return {
      get names() {
        return shown()?.names ?? [];
      },
      get endsMs() {
        return shown()?.endsMs ?? 0;
      },
      mismatch: (address, names) => shown()?.mismatch(address, names),
    };
  }

  status(): CredentialsStatus {
    return { credentialsProblem: this.#problem };
  }

  /** Looks at the files now and then. @param onTls is given each new certificate */
  watch(onTls: (tls: TlsMaterial) => void, lookMs = credentialsLookMs): void {
    this.#onTls = onTls;
    if (this.source.tls === undefined && this.source.tokens === undefined) return;
    this.#timer = setTimeout(() => void this.refresh().then(() => this.#timer?.refresh()), lookMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Reads the files where they have changed since they were read. Never rejects. */
  async refresh(): Promise<void> {
    const { source } = this;
    const seen = await look(source);
    if (seen === this.seen) return;
    this.seen = seen;
    try {
      const now = await read(source);
      this.#requireSameCluster(now.tls);
      const isNewCertificate = now.tls !== undefined && this.tls?.cert.equals(now.tls.cert) !== true;
      this.held = now;
      this.#problem = undefined;
      if (now.tls !== undefined) this.#onTls(now.tls);
      const ends = now.tls === undefined ? {} : { certificateEnds: new Date(now.tls.expiresMs).toISOString() };
      source.logger.info('credentials read again', { isNewCertificate, ...ends });
    } catch (thrown) {
      this.#problem = messageOf(thrown);
      source.logger.warn('new credentials cannot be used: those before stay', { reason: this.#problem });
    }
  }

  #requireSameCluster(tls: TlsMaterial | undefined): void {
    const [was, is] = [this.tls?.identity.clusterId, tls?.identity.clusterId];
    if (was !== is) throw new RaftctlError('E_TLS', `the certificate is for cluster ${is} now, and was for ${was}`);
  }
}

async function read({ tls, tokens, nodeId }: CredentialsSource): Promise<Held> {
  return {
    tls: tls === undefined ? undefined : await readTlsFiles(tls, nodeId),
    tokens: tokens === undefined ? undefined : await readTokenFile(tokens),
  };
}

/** A change of the files changes this: another file behind the name, another size, time or mode. */
async function look({ tls, tokens }: CredentialsSource): Promise<string> {
  const files = [tls?.cert, tls?.key, tls?.ca, tokens].filter((file) => file !== undefined);
  const looks = files.map(async (file) => {
    try {
      const { ino, size, mtimeMs, mode } = await stat(file);
      return [ino, size, mtimeMs, mode].join();
    } catch (thrown) {
      return messageOf(thrown);
    }
  });
  return (await Promise.all(looks)).join(' ');
}
