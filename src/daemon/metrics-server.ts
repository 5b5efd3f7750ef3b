import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { parseAddress } from '../base/address.js';
import { assert } from '../base/assert.js';
import { messageOf } from '../base/errors.js';
import type { Logger } from '../base/logger.js';
import { bindError } from './bind-error.js';

/** `GET /metrics` on a port of its own, for Prometheus. */
export class MetricsServer {
  readonly #server: Server;

  constructor(registry: Registry, logger: Logger) {
    this.#server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      if (request.url !== '/metrics' || request.method !== 'GET') {
        response.writeHead(request.url === '/metrics' ? 405 : 404).end();
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        (error) => {
          logger.error('the metrics cannot be read', { error: messageOf(error) });
          response.writeHead(500).end();
        },
      );
    });
    this.#server.maxConnections = 50;
  }

  /** @returns the port, which the system chose where 0 was asked for */
  async listen(text: string): Promise<number> {
    const address = parseAddress(text);
    assert(address !== undefined, 'the address is checked before');
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => reject(bindError(text, cause)));
      this.#server.listen(address.port, address.host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
