import { createServer as createNetServer, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureVersion,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import { parseAddress } from '../base/address.js';
import { assert } from '../base/assert.js';
import { bindError } from './bind-error.js';
import { ConnectionBook, type ConnectionLimits } from './connection-book.js';
import type { TlsMaterial } from './tls-files.js';

/** Limits of the socket in front of the gRPC server. */
export interface ListenerLimits extends ConnectionLimits {
  /** Until a connection has to be secured, and its first bytes are there. */
  readonly greetingMs: number;
}

export const defaultListenerLimits: ListenerLimits = {
  connectionsMax: 1000,
  connectionsPerAddressMax: 50,
  silentMs: 2000,
  greetingMs: 10_000,
};

/** Bytes with which every HTTP/2 connection begins. */
const prefaceBytes = 24;

/** Oldest version of TLS that is spoken. */
const minVersion: SecureVersion = 'TLSv1.3';

/** How connections are secured, and what their other ends must show. */
export interface ListenerSecurity {
  readonly tls: TlsMaterial;
  /** Whether one without a certificate is let in, to show a token instead. One that shows a stranger's certificate never is. */
  readonly withoutCertificate: boolean;
}

/**
 * The port of a node. Stands in front of the gRPC server because that one bounds neither connections nor the time of a greeting, and
 * hands it only connections that are within the limits and, with TLS, belong to somebody whom our authority knows.
 */
export class Listener {
  /** Nothing is read of a connection before its turn has come. */
  readonly #server = createNetServer({ pauseOnConnect: true }, (socket) => this.#admit(socket));
  readonly #secure: TlsServer | undefined;
  readonly #book: ConnectionBook;
  readonly #limits: ListenerLimits;

  /**
   * @param onConnection is given each connection, secured where there is TLS
   * @param onRefused is told of each one that could not be secured, and why
   * @param whenThereIsTime runs what takes a connection in, now or later: securing one costs as much as many calls do
   */
  constructor(
    security: ListenerSecurity | undefined,
    private readonly onConnection: (socket: Socket) => void,
    private readonly onRefused: (from: string, reason: string) => void,
    limits = defaultListenerLimits,
    private readonly whenThereIsTime = (run: () => void): void => run(),
  ) {
    this.#limits = limits;
    this.#book = new ConnectionBook(limits, () => performance.now());
    if (security !== undefined) this.#secure = this.#secureServer(security);
  }

  /**
   * Starts to listen.
   * @returns the port, which was chosen by the system where 0 was asked for
   * @throws RaftctlError E_ADDRESS_IN_USE, or E_USAGE for an address that is not this machine's
   */
  async listen(text: string): Promise<number> {
    const address = parseAddress(text);
    assert(address !== undefined, 'the address is checked before');
    const listening = new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address.host, port: address.port }, () => resolve());
    });
    await listening.catch((cause: unknown) => {
      throw bindError(text, cause);
    });
    const bound = this.#server.address();
    assert(typeof bound === 'object' && bound !== null, 'a TCP server has an address and a port');
    return bound.port;
  }

  /** Shows this certificate to those who connect from now on, and wants theirs to be of its authority; only where there was one before. */
  secureWith({ ca, cert, key }: TlsMaterial): void {
    assert(this.#secure !== undefined, 'a listener stays secured, or plain');
    this.#secure.setSecureContext({ ca, cert, key, minVersion });
  }

  /** Takes no more connections; those that are there stay. */
  close(): void {
    this.#server.close();
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const socket of this.#book.sockets()) socket.destroy();
  }

  #admit(socket: Socket): void {
    // Whoever reads the socket hears of its end; an error without a listener would end the process.
    socket.on('error', () => {});
    if (!this.#book.enter(socket)) {
      socket.destroy();
      return;
    }
    socket.setNoDelay(true);
    this.whenThereIsTime(() => {
      if (socket.destroyed) return;
      if (this.#secure !== undefined) {
        this.#secure.emit('connection', socket);
        return;
      }
      // HTTP/2 takes a socket for one that is being read.
      socket.read(0);
      this.#take(socket);
    });
  }

  #take(socket: Socket): void {
    if (socket.destroyed) return;
    this.#cutSilent(socket);
    this.onConnection(socket);
  }

  #cutSilent(socket: Socket): void {
    const timer = setTimeout(() => {
      if (socket.bytesRead < prefaceBytes) socket.destroy();
    }, this.#limits.greetingMs);
    socket.once('close', () => clearTimeout(timer));
  }

  #secureServer({ tls: { ca, cert, key }, withoutCertificate }: ListenerSecurity): TlsServer {
    const server = createTlsServer({
      ca,
      cert,
      key,
      handshakeTimeout: this.#limits.greetingMs,
      requestCert: true,
      // Judged below: left to itself, the server would cut strangers off without a word to us.
      rejectUnauthorized: false,
      minVersion,
      ALPNProtocols: ['h2'],
    });
    server.on('secureConnection', (socket) => {
      socket.on('error', () => {});
      const certificate = keepCertificate(socket);
      const isBare = Object.keys(certificate).length === 0;
      if (socket.authorized || (isBare && withoutCertificate)) {
        this.#take(socket);
        return;
      }
      const stranger = `its certificate is not one of our authority: ${socket.authorizationError}`;
      this.onRefused(addressOf(socket), isBare ? 'it has shown no certificate' : stranger);
      socket.destroy();
    });
    server.on('tlsClientError', (error, socket) => {
      this.onRefused(addressOf(socket), handshakeFailure(error));
      socket.destroy();
    });
    return server;
  }
}

/** gRPC asks for the certificate at each call; decoding it costs about as much as a small call does. */
function keepCertificate(socket: TLSSocket) {
  const certificate = socket.getPeerCertificate(true);
  socket.getPeerCertificate = () => certificate;
  return certificate;
}

function handshakeFailure(error: Error): string {
  if ('reason' in error) return String(error.reason);
  const hungUp = 'code' in error && error.code === 'ECONNRESET';
  return hungUp ? 'it hung up: it may not trust the certificate of this node' : error.message;
}

const addressOf = ({ remoteAddress = 'unknown', remotePort = 0 }: Socket) => `${remoteAddress}:${remotePort}`;
