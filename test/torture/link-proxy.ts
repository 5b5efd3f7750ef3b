import { connect, createServer, type Server, type Socket } from 'node:net';
import { Flow } from './flow.js';
import type { Links } from './links.js';
import { dialledBy } from './socket-owner.js';

/** Where a node is found by others, and where it listens. */
export interface ProxiedNode {
  readonly id: number;
  readonly publicPort: number;
  readonly port: number;
}

/**
 * Stands in front of one node, at the address that the cluster knows. A connection that another node has dialled goes over the links between
 * the two, one for each direction; any other one, as of a client, goes through untouched.
 */
export class LinkProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  /** @param processes of the nodes that run, by their id */
  constructor(
    private readonly node: ProxiedNode,
    private readonly links: Links,
    private readonly processes: () => ReadonlyMap<number, number>,
  ) {
    this.#server = createServer({ noDelay: true }, (socket) => this.#carry(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.node.publicPort, '127.0.0.1', resolve);
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #carry(incoming: Socket): void {
    const processes = this.processes();
    const pid = dialledBy(incoming, [...processes.values()]);
    const from = [...processes].find(([, each]) => each === pid)?.[0];
    const outgoing = connect({ port: this.node.port, host: '127.0.0.1', noDelay: true });
    for (const socket of [incoming, outgoing]) {
      this.#sockets.add(socket);
      // Its end follows, and is all that the other side learns.
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
    }
    const { id } = this.node;
    new Flow(incoming, outgoing, from === undefined ? undefined : this.links.between(from, id));
    new Flow(outgoing, incoming, from === undefined ? undefined : this.links.between(id, from));
  }
}
