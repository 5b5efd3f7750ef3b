import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { healthWatchersMax } from '../../src/control/health.js';
import { Role } from '../../src/gen/raftctl/v1/cluster.js';
import { ControlServer, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const { Check, List, Watch } = healthService;
if (Check === undefined || List === undefined || Watch === undefined) throw new Error('the health service has changed');

let node: FakeNode;
let control: ControlServer;
let client: Client;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = new Client(`127.0.0.1:${control.port}`, credentials.createInsecure());
});
afterEach(() => {
  client.close();
  control.stop();
});

test.each(['', 'raftctl.v1.KvService', 'raftctl.v1.ClusterService'])(
  '"%s" serves while a leader is known',
  async (service) => {
    expect(await unary(client, Check, { service })).toMatchObject({ status: 'SERVING' });
  },
);

test('follows the node and, in the end, its stop', async () => {
  const watch = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, {
    service: '',
  });
  watch.on('error', () => {});
  const next = () => new Promise<unknown>((resolve) => watch.once('data', resolve));
  expect(await next()).toMatchObject({ status: 'SERVING' });

  let change = next();
  node.change({ role: Role.CANDIDATE, leader: 0 });
  expect(await change).toMatchObject({ status: 'NOT_SERVING' });

  change = next();
  node.change({ role: Role.LEADER, leader: 1 });
  expect(await change).toMatchObject({ status: 'SERVING' });

  change = next();
  node.change({ role: Role.NONE, leader: 2 });
  expect(await change).toMatchObject({ status: 'NOT_SERVING' });

  change = next();
  node.change({ role: Role.FOLLOWER });
  expect(await change).toMatchObject({ status: 'SERVING' });

  change = next();
  control.services.refuseCalls();
  expect(await change).toMatchObject({ status: 'NOT_SERVING' });
});

test('a service that is not there is NOT_FOUND', async () => {
  const { error } = await failure(unary(client, Check, { service: 'raftctl.v1.Nonsense' }));
  expect(error.code).toBe(status.NOT_FOUND);
});

test('a name that somebody makes up is told of no more than that it is unknown', async () => {
  const { error, detail } = await failure(unary(client, Check, { service: 'x'.repeat(100_000) }));
  expect([error.code, detail?.code]).toEqual([status.NOT_FOUND, 'E_NOT_FOUND']);
  expect(error.details).not.toContain('x'.repeat(10));
  const watch = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, {
    service: 'raftctl.v1.Nonsense',
  });
  const ended = new Promise<ServiceError>((resolve) => watch.once('error', resolve));
  expect(await new Promise<unknown>((resolve) => watch.once('data', resolve))).toEqual({ status: 'SERVICE_UNKNOWN' });
  watch.cancel();
  expect((await ended).code).toBe(status.CANCELLED);
});

test('bytes that are no question are refused as such', async () => {
  for (const method of [Check, Watch]) {
    const raw = { ...method, requestSerialize: () => Buffer.from('0aff', 'hex') };
    const { error, detail } = await failure(unary(client, raw, {}));
    expect([error.code, detail?.code]).toEqual([status.INVALID_ARGUMENT, 'E_USAGE']);
  }
});

test('every service is listed', async () => {
  const { statuses } = await unary<object, { statuses: Record<string, unknown> }>(client, List, {});
  expect(statuses['raftctl.v1.KvService']).toEqual({ status: 'SERVING' });
});

test('more watchers than it takes are refused, until one goes', async () => {
  const open = () => {
    const watch = client.makeServerStreamRequest(Watch.path, Watch.requestSerialize, Watch.responseDeserialize, {
      service: 'x',
    });
    const first = new Promise<unknown>((resolve) => {
      watch.once('data', resolve);
      watch.once('error', resolve);
    });
    return { watch, first };
  };
  const watchers = Array.from({ length: healthWatchersMax }, open);
  for (const { first } of watchers) expect(await first).toEqual({ status: 'SERVICE_UNKNOWN' });
  expect(await open().first).toMatchObject({ code: status.RESOURCE_EXHAUSTED });
  watchers[0]?.watch.cancel();
  await vi.waitUntil(async () => !((await open().first) instanceof Error));
});
