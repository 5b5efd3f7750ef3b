import { gzipSync } from 'node:zlib';
import { permissions } from '../../src/base/permissions.js';
import type { Chance } from './chance.js';
import { fuzzNode } from './control-door.js';
import type { Door } from './fuzzing.js';
import { judge } from './judgement.js';
import { mutate } from './mutations.js';
import { framed, WireClient, type WireEnd } from './wire-client.js';

const paths = Object.entries(permissions).flatMap(([service, methods]) =>
  Object.keys(methods).map((method) => `/${service}/${method}`),
);

/** Sixteen megabytes in sixteen thousand bytes: four times what a message may have. */
const bomb = gzipSync(Buffer.alloc(16 * 1024 * 1024));

/** What gRPC puts around a message: paths, headers, the prefix of a message, its compression. */
export const fuzzFrames: Door = (seed, budget) =>
  fuzzNode(seed, budget, async (_, chance, { address }) => {
    // What one input does to its connection is not to become of the others.
    const client = await WireClient.connect(address);
    const path = hostilePath(chance);
    const outcome = judge(path, await callHostile(client, path, chance));
    client.close();
    return outcome;
  });

function hostilePath(chance: Chance): string {
  const path = paths[chance.int(0, paths.length)] ?? '/';
  if (!chance.oneIn(3)) return path;
  const decorated = [
    `/${path}`,
    `${path}/`,
    `${path}?x`,
    path.toLowerCase(),
    path.replace('/G', '/%47'),
    '/',
    '/a',
    '*',
  ] as const;
  return chance.pick([...decorated, `/${'a'.repeat(5000)}/b`, `${path}${chance.int(0, 1000)}`]);
}

function callHostile(client: WireClient, path: string, chance: Chance): Promise<WireEnd> {
  const body = hostileBody(chance);
  return client.call({
    path,
    raw: chance.oneIn(3) ? mutate(body, chance) : body,
    headers: hostileHeaders(chance),
    timeoutMs: chance.pick([30, 100, 300]),
    hangUpAfterAnswer: chance.oneIn(2),
    neverEnds: chance.oneIn(10),
  });
}

function hostileBody(chance: Chance): Buffer {
  const message = chance.bytes(chance.int(0, 40));
  const lie = framed(message);
  lie.writeUInt32BE(chance.pick([0, 1, 2 ** 31, 2 ** 32 - 1, message.length + 1, 5 * 2 ** 20]), 1);
  return chance.pick<Buffer>([
    Buffer.alloc(0),
    framed(message),
    lie,
    framed(bomb, true),
    framed(gzipSync(message), true),
    framed(message, true),
    Buffer.concat([framed(message), framed(message)]),
    framed(Buffer.alloc(5 * 2 ** 20)),
    Buffer.concat(chance.list(2000, () => framed(Buffer.alloc(0)))),
  ]);
}

function hostileHeaders(chance: Chance): Record<string, string> {
  const headers: Record<string, string> = {};
  const set = (name: string, ...values: [string, ...string[]]) => {
    if (chance.oneIn(3)) headers[name] = chance.pick(values);
  };
  set('grpc-encoding', 'gzip', 'deflate', 'identity', 'br', '', 'x'.repeat(2000), '__proto__');
  set('content-type', 'application/grpc+proto', 'application/grpc+json', 'application/grpc-web', 'text/html', '');
  set('authorization', 'Bearer x', `Bearer ${'x'.repeat(7000)}`, 'Bearer', '', 'Basic eDp5');
  set('x-note-bin', 'AAAA', '!!!!', '=', 'A');
  set('grpc-accept-encoding', 'x', '');
  set('grpc-status', '0');
  set('user-agent', 'x'.repeat(9000));
  for (const bad of ['zzz', '-1S', '0n', '']) if (chance.oneIn(30)) headers['grpc-timeout'] = bad;
  if (chance.oneIn(20)) for (let at = 0; at < 100; at++) headers[`x-${at}`] = 'x';
  return headers;
}
