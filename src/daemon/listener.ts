import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { isLoopback, parseAddress } from '../base/address.js';
import { assert } from '../base/assert.js';
import { bindError } from './bind-error.js';
import type { TlsMaterial } from './tls-files.js';

/** Limits of the socket in front of the gRPC server. */
export interface ListenerLimits {
  readonly connectionsMax: number;
  /** From one address; those of this machine do not count. */
  readonly connectionsPerAddressMax: number;
  /** Until a connection has to be secured, and its first bytes are there. */
  readonly greetingMs: number;
}

export const defaultListenerLimits: ListenerLimits = {
  connectionsMax: 1000,
  connectionsPerAddressMax: 50,
  greetingMs: 10_000,
};

/** Bytes with which every HTTP/2 connection begins. */
const prefaceBytes = 24;

/**
 * The port of a node. Stands in front of the gRPC server because that one bounds neither connections nor the time of a greeting, and
 * hands it only connections that are within the limits and, with TLS, belong to somebody whom our authority knows.
 */
export class Listener {
  readonly #server: NetServer;
  readonly #sockets = new Map<Socket, string>();
  readonly #limits: ListenerLimits;

  /** @param onConnection is given each connection, secured where there is TLS */
  constructor(tls: TlsMaterial | undefined, onConnection: (socket: Socket) => void, limits = defaultListenerLimits) {
    this.#limits = limits;
    this.#server = tls === undefined ? createNetServer() : secureServer(tls, limits.greetingMs);
    this.#server.maxConnections = limits.connectionsMax;
    this.#server.on('connection', (socket) => this.#admit(socket));
    this.#server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      if (socket.destroyed) return;
      this.#cutSilent(socket);
      onConnection(socket);
    });
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

  /** Takes no more connections; those that are there stay. */
  close(): void {
    this.#server.close();
  }

  /** Cuts every connection. */
  destroy(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #admit(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    if (this.#countFrom(address) >= this.#limits.connectionsPerAddressMax && !isLoopback(address)) {
      socket.destroy();
      return;
    }
    this.#sockets.set(socket, address);
    socket.once('close', () => this.#sockets.delete(socket));
    // Whoever reads the socket hears of its end; an error without a listener would end the process.
    socket.on('error', () => {});
    socket.setNoDelay(true);
  }

  #countFrom(address: string): number {
    let count = 0;
    for (const known of this.#sockets.values()) if (known === address) count++;
    return count;
  }

  #cutSilent(socket: Socket): void {
    const timer = setTimeout(() => {
      if (socket.bytesRead < prefaceBytes) socket.destroy();
    }, this.#limits.greetingMs);
    socket.once('close', () => clearTimeout(timer));
  }
}

function secureServer({ ca, cert, key }: TlsMaterial, handshakeTimeout: number): NetServer {
  const server = createTlsServer({
    ca,
    cert,
    key,
    handshakeTimeout,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['h2'],
  });
  server.on('secureConnection', (socket) => socket.on('error', () => {}));
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}
