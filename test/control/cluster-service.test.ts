import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type BootstrapSpec,
  ClusterServiceClient,
  ClusterServiceService,
  GetStateHashResponse,
  StateHashPhase,
  type WatchStatusResponse,
} from '../../src/gen/raftctl/v1/cluster.js';
import { ControlServer, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const member = (id: number, address = `127.0.0.1:${7400 + id}`) => ({ id, name: `n${id}`, address, addedIndex: 0 });
const spec: BootstrapSpec = {
  clusterId: '0123456789abcdef0123456789abcdef',
  name: 'prod',
  members: [member(1), member(2), member(3), member(4)],
  voters: [1, 2, 3],
  learners: [4],
};

let node: FakeNode;
let control: ControlServer;
let client: ClusterServiceClient;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = control.client(ClusterServiceClient);
});
afterEach(() => control.stop());

describe('bootstrap', () => {
  test('is prepared and made with the specification as it was sent', async () => {
    const seen: unknown[] = [];
    node.prepareBootstrap = (...given) => seen.push(given);
    node.bootstrap = async (...given) => {
      seen.push(given);
      return false;
    };
    expect(await unary(client, ClusterServiceService.prepareBootstrap, { spec, nodeId: 1 })).toEqual({
      nodeId: 1,
      existing: undefined,
      stateMachine: 'kv',
    });
    expect(await unary(client, ClusterServiceService.bootstrap, { spec, nodeId: 1 })).toEqual({
      configIndex: 1,
      changed: false,
    });
    expect(seen).toEqual([
      [spec, 1],
      [spec, 1],
    ]);
  });

  const membersAt = (address: string) => ({ ...spec, members: [member(1, address), ...spec.members.slice(1)] });
  test.each<[string, BootstrapSpec | undefined, number, RegExp]>([
    ['no specification', undefined, 1, /^spec: /],
    ['no node', spec, 0, /^node_id: /],
    ['a cluster id that is none', { ...spec, clusterId: 'prod' }, 1, /^spec.cluster_id: /],
    ['a name with control characters', { ...spec, name: 'a\nb' }, 1, /^spec.name: /],
    ['no voters', { ...spec, voters: [], learners: [1, 2, 3, 4] }, 1, /^spec.voters: /],
    ['a voter that is a learner too', { ...spec, learners: [3, 4] }, 1, /^spec.voters and spec.learners: .* twice/],
    ['a member that is neither', { ...spec, learners: [] }, 1, /^spec.members: /],
    ['a voter that is no member', { ...spec, learners: [5] }, 1, /^spec.members: /],
    ['one address for two', membersAt('127.0.0.1:7402'), 1, /^spec.members.address: .* two members/],
    ['an address without a port', membersAt('localhost'), 1, /^spec.members.address: must be HOST:PORT/],
    ['port 0', membersAt('localhost:0'), 1, /^spec.members.address: /],
    ['port 70000', membersAt('localhost:70000'), 1, /^spec.members.address: /],
    ['an address that means all', membersAt('0.0.0.0:7400'), 1, /^spec.members.address: /],
    ['an address with a password', membersAt('me:secret@host:7400'), 1, /^spec.members.address: /],
    ['a very long address', membersAt(`${'h'.repeat(2048)}:1`), 1, /^spec.members.address: /],
  ])('is refused with %s', async (_, given, nodeId, sentence) => {
    const { error } = await failure(unary(client, ClusterServiceService.bootstrap, { spec: given, nodeId }));
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(error.details).toMatch(sentence);
  });
});

describe('status', () => {
  test('is the node’s own view', async () => {
    node.state = { ...node.state, leader: 3, configIndex: 12 };
    const response = await unary(client, ClusterServiceService.getStatus, {});
    expect(response.status).toMatchObject({ id: 1, leader: 3, configIndex: 12 });
  });

  test('is watched: first as it is, then the latest after each change, however many there were', async () => {
    const watch = client.watchStatus({});
    const seen: number[] = [];
    watch.on('error', () => {});
    const next = () =>
      new Promise<void>((resolve) =>
        watch.once('data', ({ status: state }: WatchStatusResponse) => {
          seen.push(state?.configIndex ?? -1);
          resolve();
        }),
      );
    await next();
    const after = next();
    for (let configIndex = 1; configIndex <= 50; configIndex++) node.change({ configIndex });
    await after;
    expect(seen).toEqual([0, 50]);
    watch.cancel();
    await vi.waitUntil(() => node.listeners === 1, { interval: 5 });
  });

  test('is watched ten times a second at most', async () => {
    const watch = client.watchStatus({});
    watch.on('error', () => {});
    const times: number[] = [];
    await new Promise<void>((resolve) => {
      watch.on('data', () => {
        times.push(performance.now());
        if (times.length === 4) resolve();
        else node.change({ configIndex: times.length });
      });
    });
    watch.cancel();
    // The first answer may have been held up on its way; the last is at least three intervals after the first was written.
    expect((times.at(-1) ?? 0) - (times[1] ?? 0)).toBeGreaterThan(150);
  });
});

describe('the hash of the state', () => {
  test('is begun behind an index, and told as far as it has come', async () => {
    node.stateHashes = {
      begin: async ({ at }) => ({ index: at + 1 }),
      result: (index) => GetStateHashResponse.fromPartial({ nodeId: 1, appliedIndex: index - 1, phase: 1 }),
    };
    const begun = await unary(client, ClusterServiceService.beginStateHash, { at: 9, bytesPerSecond: 0 });
    expect(begun).toEqual({ index: 10 });
    const told = await unary(client, ClusterServiceService.getStateHash, begun);
    expect(told).toMatchObject({ nodeId: 1, appliedIndex: 9, phase: StateHashPhase.WAITING, hash: '' });
  });

  test('is refused by who does not lead, and for no index', async () => {
    const begin = unary(client, ClusterServiceService.beginStateHash, { at: 0, bytesPerSecond: 0 });
    expect((await failure(begin)).detail).toMatchObject({ code: 'E_NOT_LEADER' });
    const get = unary(client, ClusterServiceService.getStateHash, { index: 0 });
    expect((await failure(get)).error.details).toMatch(/^index: /);
  });
});
