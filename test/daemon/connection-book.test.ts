import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConnectionBook } from '../../src/daemon/connection-book.js';

const limits = { connectionsMax: 4, connectionsPerAddressMax: 2, silentMs: 20 };

let server: Server;
let open: Socket[];
beforeEach(async () => {
  open = [];
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  vi.useRealTimers();
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** Both ends of a connection. */
async function connection(): Promise<{ near: Socket; far: Socket }> {
  const { port } = server.address() as { port: number };
  const far = connect(port, '127.0.0.1');
  far.on('error', () => {});
  const [near] = (await once(server, 'connection')) as [Socket];
  near.resume();
  open.push(near, far);
  return { near, far };
}

/** A book on a clock that its test moves, together with its timers. */
function newBook() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  return new ConnectionBook(limits, () => performance.now());
}

test('when all places are taken, who comes gets the place of the one that has been silent for longest', async () => {
  const book = newBook();
  const taken: Awaited<ReturnType<typeof connection>>[] = [];
  for (let count = 0; count < limits.connectionsMax; count++) {
    taken.push(await connection());
    expect(book.enter(taken[count]?.near as Socket)).toBe(true);
    vi.advanceTimersByTime(1);
  }
  const [first, second, ...later] = taken;
  first?.far.write('x');
  if (first !== undefined) await once(first.near, 'data');
  vi.advanceTimersByTime(limits.silentMs);
  const comer = await connection();
  expect(book.enter(comer.near)).toBe(true);
  expect(second?.near.destroyed).toBe(true);
  expect([first, ...later].map((other) => other?.near.destroyed)).toEqual([false, false, false]);
  expect(book.sockets()).toHaveLength(limits.connectionsMax);
});

test('where nobody has been silent, who comes is turned away', async () => {
  const book = newBook();
  for (let count = 0; count < limits.connectionsMax; count++) book.enter((await connection()).near);
  expect(book.enter((await connection()).near)).toBe(false);
  expect(book.sockets().every((socket) => !socket.destroyed)).toBe(true);
});

test('whoever leaves makes room', async () => {
  const book = newBook();
  const taken: Socket[] = [];
  for (let count = 0; count < limits.connectionsMax; count++) {
    const { near } = await connection();
    book.enter(near);
    taken.push(near);
  }
  taken[0]?.destroy();
  if (taken[0] !== undefined) await once(taken[0], 'close');
  expect(book.enter((await connection()).near)).toBe(true);
});

test('one address has no more than its share; this machine may have all', async () => {
  const book = newBook();
  const from = async (address: string) => {
    const { near } = await connection();
    Object.defineProperty(near, 'remoteAddress', { value: address });
    return book.enter(near);
  };
  expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')]).toEqual([true, true, false]);
  expect([await from('192.0.2.2'), await from('127.0.0.1')]).toEqual([true, true]);
});
