import { Client, credentials, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Role } from '../../src/gen/raftctl/v1/cluster.js';
import { ControlServer, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const { Check, Watch } = healthService;
if (Check === undefined || Watch === undefined) throw new Error('the health service has changed');

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
