import type { Socket } from 'node:net';
import { isLoopback } from '../base/address.js';
import type { MonotonicClock } from '../node/ports.js';

/** How many connections a node has at once. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  /** From one address; those of this machine do not count. */
  readonly connectionsPerAddressMax: number;
  /** Where there are too many, one on which nothing has moved for so long makes room for another, in milliseconds. Peers are never so silent. */
  readonly silentMs: number;
}

interface Connection {
  readonly address: string;
  /** Bytes both ways when it was last looked at, and when they were last others than before. */
  bytes: number;
  movedAtMs: number;
}

/**
 * The connections that a node has. When there are as many as may be, whoever comes takes the place of the one that has been silent for longest: a
 * crowd that connects and asks for nothing does not lock out a peer or an operator.
 */
export class ConnectionBook {
  readonly #connections = new Map<Socket, Connection>();
  readonly #countFrom = new Map<string, number>();
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: ConnectionLimits,
    private readonly clock: MonotonicClock,
  ) {}

  sockets(): readonly Socket[] {
    return [...this.#connections.keys()];
  }

  /** Enters a new connection; false where there is no place for it. */
  enter(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const count = this.#countFrom.get(address) ?? 0;
    if (count >= this.limits.connectionsPerAddressMax && !isLoopback(address)) return false;
    if (this.#connections.size >= this.limits.connectionsMax && !this.#makeRoom()) return false;
    this.#countFrom.set(address, (this.#countFrom.get(address) ?? 0) + 1);
    this.#connections.set(socket, { address, bytes: 0, movedAtMs: this.clock() });
    socket.once('close', () => this.#leave(socket));
    this.#lookWhileCrowded();
    return true;
  }

  #leave(socket: Socket): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#connections.delete(socket);
    const left = (this.#countFrom.get(connection.address) ?? 1) - 1;
    if (left === 0) this.#countFrom.delete(connection.address);
    else this.#countFrom.set(connection.address, left);
    this.#lookWhileCrowded();
  }

  #makeRoom(): boolean {
    let silent: Socket | undefined;
    let movedAtMs = this.clock() - this.limits.silentMs;
    for (const [socket, connection] of this.#connections) {
      if (connection.movedAtMs > movedAtMs) continue;
      silent = socket;
      movedAtMs = connection.movedAtMs;
    }
    if (silent === undefined) return false;
    this.#leave(silent);
    silent.destroy();
    return true;
  }

  /** Nobody has to know who is silent as long as there is room. */
  #lookWhileCrowded(): void {
    const isCrowded = this.#connections.size > this.limits.connectionsMax * (3 / 4);
    if (isCrowded && this.#looking === undefined) {
      this.#look();
      this.#looking = setInterval(() => this.#look(), this.limits.silentMs / 2).unref();
    } else if (!isCrowded && this.#looking !== undefined) {
      clearInterval(this.#looking);
      this.#looking = undefined;
    }
  }

  #look(): void {
    const now = this.clock();
    for (const [socket, connection] of this.#connections) {
      const bytes = socket.bytesRead + socket.bytesWritten;
      if (bytes !== connection.bytes) connection.movedAtMs = now;
      connection.bytes = bytes;
    }
  }
}
