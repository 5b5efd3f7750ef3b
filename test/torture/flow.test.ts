import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { Flow } from './flow.js';
import { Links } from './links.js';

/** Two ends of a connection that goes through a proxy: what is written to `near` comes out of `far`, over the link from 1 to 2. */
let near: Socket;
let far: Socket;
let links: Links;
const open: { close(): unknown }[] = [];

beforeEach(async () => {
  links = new Links([1, 2], seededRandom(1));
  const server = createServer().listen(0, '127.0.0.1');
  const proxy = createServer((incoming) => {
    const outgoing = connect(portOf(server), '127.0.0.1');
    for (const socket of [incoming, outgoing]) socket.on('error', () => {});
    new Flow(incoming, outgoing, links.between(1, 2));
    new Flow(outgoing, incoming, links.between(2, 1));
  }).listen(0, '127.0.0.1');
  open.push(server, proxy);
  await Promise.all([once(server, 'listening'), once(proxy, 'listening')]);
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  near = connect(portOf(proxy), '127.0.0.1');
  [far] = await accepted;
  for (const socket of [near, far]) socket.on('error', () => {});
});
afterEach(() => {
  for (const socket of [near, far]) socket.destroy();
  for (const server of open.splice(0)) server.close();
});

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function received(socket: Socket): Promise<string> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return bytes.toString();
}

test('bytes go both ways', async () => {
  near.write('ask');
  expect(await received(far)).toBe('ask');
  far.write('answer');
  expect(await received(near)).toBe('answer');
});

test('a link that is cut one way carries nothing that way and everything the other way, and once healed what was held up', async () => {
  links.cutFrom([1]);
  let heard = '';
  far.on('data', (bytes) => {
    heard += bytes;
  });
  near.write('held up');
  far.write('goes through');
  expect(await received(near)).toBe('goes through');
  // A second exchange over the whole way: had anything come through, it would be here by now.
  far.write('again');
  expect(await received(near)).toBe('again');
  expect(heard).toBe('');
  links.heal();
  await once(far, 'data');
  expect(heard).toBe('held up');
});

test('over a link that is cut nobody learns that the other end is gone', async () => {
  links.cutFrom([1]);
  let isClosed = false;
  far.once('close', () => {
    isClosed = true;
  });
  near.destroy();
  await once(near, 'close');
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  links.heal();
  await once(far, 'close');
});

test('a slow link takes its time, and keeps the order', async () => {
  links.between(1, 2).slow({ delayMs: 40, jitterMs: 30, bytesPerSecond: 1e9 });
  const begun = performance.now();
  let heard = '';
  far.on('data', (bytes) => {
    heard += bytes;
  });
  for (let count = 0; count < 5; count++) {
    near.write(String(count));
    await new Promise((resolve) => setImmediate(resolve));
  }
  near.end();
  await once(far, 'end');
  expect(heard).toBe('01234');
  expect(performance.now() - begun).toBeGreaterThanOrEqual(39);
});

test('a narrow link lets no more through than it can', async () => {
  links.between(1, 2).slow({ delayMs: 0, jitterMs: 0, bytesPerSecond: 100_000 });
  const begun = performance.now();
  let count = 0;
  far.on('data', (bytes) => {
    count += bytes.length;
  });
  near.end(Buffer.alloc(20_000));
  await once(far, 'end');
  expect(count).toBe(20_000);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(199);
});

test('a sender that sends more than a link carries is held back, and all of it arrives', async () => {
  links.cutFrom([1]);
  const bytes = 32 * 1024 * 1024;
  near.end(Buffer.alloc(bytes));
  far.write('there');
  await received(near);
  expect(near.bytesWritten - near.writableLength).toBeLessThan(bytes);
  links.heal();
  let count = 0;
  far.on('data', (piece) => {
    count += piece.length;
  });
  await once(far, 'end');
  expect(count).toBe(bytes);
});
