import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { defaultListenerLimits, Listener } from '../../src/daemon/listener.js';

const open: { listener: Listener; sockets: Socket[] }[] = [];
afterEach(() => {
  for (const { listener, sockets } of open.splice(0)) {
    listener.close();
    listener.destroy();
    for (const socket of sockets) socket.destroy();
  }
});

async function start(limits: Partial<typeof defaultListenerLimits>) {
  const taken: Socket[] = [];
  const listener = new Listener(
    undefined,
    (socket) => taken.push(socket.resume()),
    () => {},
    {
      ...defaultListenerLimits,
      ...limits,
    },
  );
  const sockets: Socket[] = [];
  open.push({ listener, sockets });
  const port = await listener.listen('127.0.0.1:0');
  const dial = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.resume();
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  return { listener, port, dial, taken };
}

test('a connection that says nothing is cut, one that has begun is not', async () => {
  const { dial, taken } = await start({ greetingMs: 50 });
  const silent = await dial();
  const greeting = await dial();
  greeting.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  await once(silent, 'close');
  expect(taken).toHaveLength(2);
  const late = await dial();
  await once(late, 'close');
  expect(greeting.closed).toBe(false);
});

test('connections over the limit are refused', async () => {
  const { dial, taken } = await start({ connectionsMax: 2 });
  const kept = [await dial(), await dial()];
  const extra = await dial();
  await once(extra, 'close');
  expect(taken).toHaveLength(2);
  expect(kept.map((socket) => socket.closed)).toEqual([false, false]);
});

test('an address that is in use is named', async () => {
  const { port } = await start({});
  const second = new Listener(
    undefined,
    () => {},
    () => {},
  );
  await expect(second.listen(`127.0.0.1:${port}`)).rejects.toMatchObject({
    code: 'E_ADDRESS_IN_USE',
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test('an address of another machine cannot be listened on', async () => {
  await expect(
    new Listener(
      undefined,
      () => {},
      () => {},
    ).listen('192.0.2.1:7400'),
  ).rejects.toMatchObject({ code: 'E_USAGE' });
});
