import { createServer } from 'node:net';

/**
 * Each worker of the test runner has a range of its own, below the ports that the system takes for outgoing connections: so nobody takes
 * the port of a node that is down for a moment.
 */
const portsOfWorker = 10_000;
const first = 10_000 + portsOfWorker * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 2);
/** Where the next look begins. At random, since a story may begin before the sockets of the one before are gone. */
let next = Math.floor(Math.random() * portsOfWorker);

/** Ports of the loopback interface that nobody listens on, one after the other. */
export async function freePorts(count: number): Promise<number[]> {
  for (;;) {
    const from = first + Math.min(next, portsOfWorker - count);
    next = (next + count) % portsOfWorker;
    const ports = Array.from({ length: count }, (_, at) => from + at);
    const listeners = await Promise.all(ports.map((port) => listen(port).catch(() => undefined)));
    await Promise.all(listeners.map((listener) => listener?.close()));
    if (listeners.every((listener) => listener !== undefined)) return ports;
  }
}

/** Listens on a port, of the system's choice by default, and speaks nothing that a node understands. */
export function listen(port = 0): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.resume();
      socket.end('220 not what you think\r\n');
    });
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('no port');
      const close = () => new Promise<void>((done) => server.close(() => done()));
      resolve({ port: address.port, close });
    });
  });
}
