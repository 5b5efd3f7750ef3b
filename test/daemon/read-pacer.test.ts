import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ReadPacer } from '../../src/daemon/read-pacer.js';

const limits = { turnMs: 10, waitMaxMs: 1000, waitCalmMs: 200 };
/** What one message costs to work on, on the clock of these tests. */
const costMs = 4;
/** Messages that fit a turn: the first one begins it, the third one is worked on at 8 ms, and with the fourth one, at 12 ms, it is over. */
const messagesPerTurn = 4;

let clockMs = 0;
let pacer: ReadPacer;
let server: Server;
let open: Socket[];
/** What was read, in order, by the name of its sender; and a bar for each turn of the event loop that passed. */
let seen: string[];
let isWatching = false;

beforeEach(async () => {
  clockMs = 0;
  seen = [];
  open = [];
  pacer = new ReadPacer(() => clockMs, limits);
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  isWatching = false;
  for (const socket of open) socket.destroy();
  server.close();
  await once(server, 'close');
});

/** A caller, whose other end is paced, and costs time for whatever it is sent. */
async function caller(name: string): Promise<{ readonly far: Socket; readonly from: string }> {
  const { port } = server.address() as { port: number };
  const far = connect(port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  open.push(far, near);
  pacer.add(near);
  near.on('data', () => {
    seen.push(name);
    pacer.spend();
    clockMs += costMs;
  });
  return { far, from: `${near.remoteAddress}:${near.remotePort}` };
}

async function callersNamed(name: string, count: number) {
  const callers = [];
  for (let at = 0; at < count; at++) callers.push(await caller(`${name}${at}`));
  return callers;
}

/** Marks each turn of the event loop from now on. */
function watchTurns(): void {
  isWatching = true;
  const mark = () => {
    if (!isWatching) return;
    seen.push('|');
    setImmediate(mark);
  };
  setImmediate(mark);
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await nextTurn();
}

const turns = () => seen.join(' ').split('|');
const readIn = (turn: string) => turn.split(' ').filter((name) => name !== '').length;
const total = () => turns().reduce((sum, turn) => sum + readIn(turn), 0);

test('however many callers write at once, a turn reads no more of them than fit its time, and each comes to his turn', async () => {
  const callers = await callersNamed('caller', 40);
  watchTurns();
  for (const { far } of callers) far.write('x');
  await until(() => total() === callers.length);
  expect(Math.max(...turns().map(readIn))).toBeLessThanOrEqual(messagesPerTurn);
  expect(new Set(seen).size).toBe(callers.length + 1);
});

test('a caller who never stops writing does not keep the others waiting', async () => {
  const greedy = await caller('greedy');
  const modest = await callersNamed('modest', 10);
  const pour = () => {
    if (isWatching) greedy.far.write(Buffer.alloc(1024 * 1024), pour);
  };
  watchTurns();
  pour();
  await until(() => seen.filter((name) => name === 'greedy').length > messagesPerTurn);
  for (const { far } of modest) far.write('x');
  await until(() => new Set(seen.filter((name) => name.startsWith('modest'))).size === modest.length);
});

test('a peer is read in every turn, held callers or not', async () => {
  const callers = await callersNamed('caller', 30);
  const peer = await caller('peer');
  pacer.exempt(peer.from);
  for (const { far } of callers) far.write('x');
  await until(() => total() > 0);
  // The callers are held now, and there are turns to come until all are read.
  peer.far.write('x');
  await until(() => seen.includes('peer'));
  expect(seen.length).toBeLessThan(callers.length);
  await until(() => total() === callers.length + 1);
});

test('one who turns out to be a peer while it is held is let on at once', async () => {
  const callers = await callersNamed('caller', 30);
  for (const { far } of callers) far.write('x');
  await until(() => total() > 0);
  for (const { from } of callers) pacer.exempt(from);
  await until(() => total() === callers.length);
});

test('new connections wait for a turn with time, in the order in which they came', async () => {
  const taken: number[] = [];
  const take = (number: number) => () => {
    taken.push(number);
    clockMs += costMs;
  };
  pacer.spend();
  clockMs += limits.turnMs;
  pacer.spend();
  for (let number = 1; number <= 5; number++) pacer.whenThereIsTime(take(number));
  expect(taken).toEqual([]);
  await nextTurn();
  expect(taken).toEqual([1, 2, 3]);
  await until(() => taken.length === 5);
  expect(taken).toEqual([1, 2, 3, 4, 5]);
  await nextTurn();
  pacer.whenThereIsTime(take(6));
  expect(taken).toHaveLength(6);
});

test('callers are refused from when they wait too long until they wait a short time only', async () => {
  const callers = await callersNamed('caller', 20);
  for (const { far } of callers) far.write('x');
  await until(() => total() > 0 && !pacer.isRefusing);
  clockMs += limits.waitMaxMs + 1;
  await nextTurn();
  expect(pacer.isRefusing).toBe(true);
  await until(() => total() === callers.length);
  await until(() => !pacer.isRefusing);
});

test('connections with nothing to say are not taken for callers who wait', async () => {
  await callersNamed('idle', 50);
  const busy = await caller('busy');
  for (let message = 1; message <= 20; message++) {
    busy.far.write('x');
    await until(() => total() === message);
    clockMs += limits.waitMaxMs;
  }
  await until(() => !pacer.isRefusing);
  expect(total()).toBe(20);
});
