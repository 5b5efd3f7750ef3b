import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import type { Body } from '../../src/maelstrom/protocol.js';
import { temporaryFolder } from '../end-to-end/binary.js';
import { LinkFaults } from './link-faults.js';
import { MaelstromProcess } from './maelstrom-process.js';
import { Router } from './router.js';

const folder = temporaryFolder();
const faults = new LinkFaults(seededRandom(1));
const router = new Router({
  nodes: ['n1', 'n2', 'n3'],
  args: ['--data-dir', folder.path, '--log-level', 'warn'],
  faults,
});
let clients = 0;

/** A request until it is answered otherwise than by "not now"; each time by a new client, whose first request it is. */
async function ask(dest: string, body: Body): Promise<Body | undefined> {
  while (true) {
    const answer = await router.request(`c${++clients}`, dest, body, 10_000);
    if (answer?.['code'] !== 11) return withoutIds(answer);
  }
}

function withoutIds(answer: Body | undefined): Body | undefined {
  if (answer === undefined) return undefined;
  const { in_reply_to: _, text: __, ...rest } = answer;
  return rest;
}

beforeAll(() => Promise.all(router.nodes.map((name) => router.start(name))));
afterAll(async () => {
  expect(await router.close()).toBeUndefined();
  folder.remove();
});

describe('the workload lin-kv, asked of any node', () => {
  test('reads what was written, and says so where there is nothing', async () => {
    expect(await ask('n1', { type: 'read', key: 'a' })).toEqual({ type: 'error', code: 20 });
    expect(await ask('n2', { type: 'write', key: 'a', value: [1, { b: null }] })).toEqual({ type: 'write_ok' });
    expect(await ask('n3', { type: 'read', key: 'a' })).toEqual({ type: 'read_ok', value: [1, { b: null }] });
  });

  test('tells keys apart as JSON does', async () => {
    await ask('n1', { type: 'write', key: 7, value: 'number' });
    await ask('n1', { type: 'write', key: '7', value: 'text' });
    await ask('n1', { type: 'write', key: { y: 1, x: 2 }, value: 'object' });
    expect(await ask('n2', { type: 'read', key: 7 })).toMatchObject({ value: 'number' });
    expect(await ask('n2', { type: 'read', key: '7' })).toMatchObject({ value: 'text' });
    expect(await ask('n2', { type: 'read', key: { x: 2, y: 1 } })).toMatchObject({ value: 'object' });
  });

  test('swaps where the value is as expected, and names what else it is', async () => {
    expect(await ask('n1', { type: 'cas', key: 'b', from: 1, to: 2 })).toEqual({ type: 'error', code: 20 });
    await ask('n1', { type: 'write', key: 'b', value: 1 });
    expect(await ask('n2', { type: 'cas', key: 'b', from: 2, to: 3 })).toEqual({ type: 'error', code: 22 });
    expect(await ask('n3', { type: 'cas', key: 'b', from: 1, to: 2 })).toEqual({ type: 'cas_ok' });
    expect(await ask('n1', { type: 'read', key: 'b' })).toEqual({ type: 'read_ok', value: 2 });
  });

  test('makes a missing key where it may, and still compares one that is there', async () => {
    const cas = (from: number, to: number) =>
      ask('n2', { type: 'cas', key: 'c', from, to, create_if_not_exists: true });
    expect(await cas(1, 2)).toEqual({ type: 'cas_ok' });
    expect(await cas(1, 3)).toEqual({ type: 'error', code: 22 });
    expect(await cas(2, 3)).toEqual({ type: 'cas_ok' });
    expect(await ask('n1', { type: 'read', key: 'c' })).toMatchObject({ value: 3 });
  });

  test('explains its answers to whoever asks for it, and to nobody else', async () => {
    const first = await ask('n1', { type: 'write', key: 'd', value: 'x', explain: true });
    expect(first).toEqual({ type: 'write_ok', prev: null, version: 1, index: expect.any(Number) });
    const second = await ask('n2', { type: 'cas', key: 'd', from: 'x', to: 'y', explain: true });
    expect(second).toEqual({ type: 'cas_ok', prev: 'x', version: 2, index: expect.any(Number) });
    const failed = await ask('n3', { type: 'cas', key: 'd', from: 'x', to: 'z', explain: true });
    expect(failed).toMatchObject({ code: 22, prev: 'y', version: 2 });
  });

  test.each([
    ['a write without a value', { type: 'write', key: 'e' }, 12],
    ['a cas without what it expects', { type: 'cas', key: 'e', to: 1 }, 12],
    ['a key that is too long', { type: 'read', key: 'k'.repeat(2000) }, 12],
    ['a request that there is not', { type: 'txn', txn: [] }, 10],
    ['an init of another node', { type: 'init', node_id: 'n9', node_ids: ['n9'] }, 14],
    ['a part of a snapshot from a stranger', { type: 'raft_snapshot' }, undefined],
  ])('answers %s with its code', async (_, body, code) => {
    if (code !== undefined) expect(await ask('n1', body)).toMatchObject({ type: 'error', code });
    else expect(await router.request('c0', 'n1', body, 10_000)).toMatchObject({ type: 'error', code: 11 });
  });
});

test('a request that comes twice is applied once', async () => {
  const process = new MaelstromProcess(['--log-level', 'warn'], (line) => lines.push(JSON.parse(line)));
  const lines: { body: Body }[] = [];
  const say = (id: number, body: Body) =>
    process.write(JSON.stringify({ src: 'c1', dest: 'n1', body: { ...body, msg_id: id } }));
  const answers = (id: number) => lines.filter(({ body }) => body.in_reply_to === id).map(({ body }) => body);
  const answered = async (id: number, count: number) => {
    while (answers(id).length < count) await new Promise(setImmediate);
    return answers(id);
  };
  say(1, { type: 'init', node_id: 'n1', node_ids: ['n1'] });
  await answered(1, 1);
  let id = 1;
  do say(++id, { type: 'write', key: 'a', value: 'first', explain: true });
  while ((await answered(id, 1))[0]?.['code'] === 11);
  say(id + 1, { type: 'write', key: 'a', value: 'second', explain: true });
  await answered(id + 1, 1);
  // The first one again, as a network may deliver it.
  say(id, { type: 'write', key: 'a', value: 'first', explain: true });
  const [once, twice] = await answered(id, 2);
  expect(twice).toEqual(once);
  say(id + 2, { type: 'read', key: 'a' });
  expect(await answered(id + 2, 1)).toMatchObject([{ value: 'second' }]);
  expect(await process.close()).toEqual({ exitCode: 0, signal: null });
});

describe('what is no message', () => {
  test('is left out, and named on stderr alone', async () => {
    const lines: string[] = [];
    const process = new MaelstromProcess([], (line) => lines.push(line));
    for (const line of ['', 'no JSON', '[]', '{"src":1}', '{"src":"c1","dest":"n1","body":{}}']) process.write(line);
    process.write('{"src":"c1","dest":"n1","body":{"type":"read","key":1,"msg_id":5}}');
    expect(await process.close()).toEqual({ exitCode: 0, signal: null });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ dest: 'c1', body: { code: 11, in_reply_to: 5 } }]);
    expect(process.log.match(/is no message and is left out/g)).toHaveLength(4);
  });

  test('and an option that there is not ends the program before it begins', async () => {
    const process = new MaelstromProcess(['--tick-ms', 'soon'], () => {});
    expect(await process.ended).toEqual({ exitCode: 2, signal: null });
    expect(process.log).toContain('--tick-ms takes a whole number from 1 to 9999999, not "soon"');
  });
});
