import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Metadata, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClusterServiceClient, type NodeStatus } from '../../src/gen/raftctl/v1/cluster.js';
import { Changed } from '../../src/gen/raftctl/v1/errors.js';
import { KvServiceClient, KvServiceService } from '../../src/gen/raftctl/v1/kv.js';
import { MemberServiceClient, MemberServiceService } from '../../src/gen/raftctl/v1/member.js';
import { CommandKind, ProposalServiceClient, ProposalServiceService } from '../../src/gen/raftctl/v1/proposal.js';
import { failure, type RecordingLogger, unary } from '../control/control-server.js';
import { RunningDaemons } from './running-daemons.js';

let running: RunningDaemons;
let folder: string;
let logger: RecordingLogger;
beforeEach(() => {
  running = new RunningDaemons();
  ({ folder, logger } = running);
});
afterEach(async () => {
  await running.close();
  expect(logger.errors).toEqual([]);
});

const start: RunningDaemons['start'] = (...given) => running.start(...given);
const bootstrap: RunningDaemons['bootstrap'] = (...given) => running.bootstrap(...given);
const until: RunningDaemons['until'] = (...given) => running.until(...given);
const put: RunningDaemons['put'] = (...given) => running.put(...given);
const clientOf: RunningDaemons['clientOf'] = (...given) => running.clientOf(...given);

const isLeading = ({ id, leader }: NodeStatus) => leader === id;

describe('a node', () => {
  test('serves, stops, and starts again from its data directory', async () => {
    const first = await start(1);
    expect(first.address).toMatch(/^127\.0\.0\.1:\d+$/);
    await bootstrap([first]);
    await until(first, isLeading);
    const { index } = await put(first, 'a');
    await first.stop();

    const again = await start(1, { listen: first.address });
    await until(again, isLeading);
    const kv = clientOf(KvServiceClient, again);
    const { pair } = await unary(kv, KvServiceService.get, { key: 'a', consistency: 0 });
    expect(pair).toMatchObject({ key: 'a', value: '1', modifiedIndex: index });
  });

  test('is refused where another one has its data directory or its port, and leaves nothing open', async () => {
    const first = await start(1);
    await expect(start(1)).rejects.toMatchObject({ code: 'E_DATA_DIR_LOCKED' });
    await expect(start(2, { listen: first.address })).rejects.toMatchObject({
      code: 'E_ADDRESS_IN_USE',
      message: expect.stringContaining(first.address),
    });
    const occupied = createServer().listen(0, '127.0.0.1');
    await once(occupied, 'listening');
    const bound = occupied.address();
    const metrics = `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
    await expect(start(2, { metrics })).rejects.toMatchObject({ code: 'E_ADDRESS_IN_USE' });
    occupied.close();
    await start(2);
  });

  test('keeps the id that its data directory has', async () => {
    await (await start(1)).stop();
    await expect(start(2, { dataDir: join(folder, 'n1') })).rejects.toMatchObject({ code: 'E_IDENTITY' });
  });

  test('refuses a state machine that is not there before it opens anything', async () => {
    await expect(start(1, { stateMachine: './no-such-machine.js' })).rejects.toMatchObject({ code: 'E_USAGE' });
    await start(1);
  });

  test('stops while streams are open: they end with E_STOPPED, and nobody is waited for', async () => {
    const daemon = await start(1);
    await bootstrap([daemon]);
    await until(daemon, isLeading);
    const watch = clientOf(ClusterServiceClient, daemon).watchStatus({}).resume();
    const proposals = clientOf(ProposalServiceClient, daemon).proposeStream();
    const ended = [watch, proposals].map(async (stream) => {
      const [error] = await once(stream, 'error').catch((thrown: unknown) => [thrown]);
      return error;
    });
    await once(watch, 'data');
    proposals.on('data', () => {});
    proposals.write({ tag: 1, kind: 1, payload: Buffer.of(1), session: undefined });
    await once(proposals, 'data');
    await daemon.stop();
    expect((await Promise.all(ended)).map(({ code }) => code)).toEqual([status.UNAVAILABLE, status.UNAVAILABLE]);
    const { error } = await failure(put(daemon, 'b'));
    expect(error.code).toBe(status.UNAVAILABLE);
  });

  test('tells its health, first that it serves and then that it does not', async () => {
    const { Watch } = healthService;
    if (Watch === undefined) throw new Error('the health service has changed');
    const daemon = await start(1);
    const seen: string[] = [];
    const watch = clientOf(ClusterServiceClient, daemon).makeServerStreamRequest(
      Watch.path,
      Watch.requestSerialize,
      Watch.responseDeserialize,
      { service: '' },
    );
    watch.on('error', () => {});
    watch.on('data', ({ status: health }: { status: string }) => seen.push(health));
    const told = (count: number) => vi.waitUntil(() => seen.length === count, { interval: 5, timeout: 20_000 });
    await told(1);
    await bootstrap([daemon]);
    await told(2);
    await Promise.all([daemon.stop(), told(3)]);
    expect(seen).toEqual(['NOT_SERVING', 'SERVING', 'NOT_SERVING']);
  });

  test('cannot go on when its state machine throws: says so, and still stops in order', async () => {
    const stateMachine = join(folder, 'machine.mjs');
    writeFileSync(
      stateMachine,
      `export default {
        name: 'brittle',
        apply() { throw new Error('this command breaks me'); },
        read: () => new Uint8Array(),
        describe: () => 'a command',
      };`,
    );
    const daemon = await start(1, { stateMachine });
    await bootstrap([daemon]);
    await until(daemon, isLeading);
    const client = clientOf(ProposalServiceClient, daemon);
    const request = { kind: CommandKind.RAW, payload: Buffer.of(1), session: undefined };
    const { detail } = await failure(unary(client, ProposalServiceService.propose, request));
    expect(detail).toMatchObject({ code: 'E_OUTCOME_UNKNOWN', changed: Changed.UNKNOWN });
    await expect(daemon.failed).rejects.toThrow('this command breaks me');
    await daemon.stop();
    expect(logger.errors.splice(0).map(({ message }) => message)).toEqual(['the node cannot go on']);
  });

  test('refuses metadata that no honest caller sends, and takes what is below', async () => {
    const daemon = await start(1);
    const client = clientOf(ClusterServiceClient, daemon);
    const call = (metadata: Metadata) =>
      new Promise((resolve, reject) =>
        client.getStatus({}, metadata, (error, response) => (error ? reject(error) : resolve(response))),
      );
    const large = new Metadata();
    large.set('x-large', 'x'.repeat(9000));
    await expect(call(large)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const many = new Metadata();
    for (let key = 0; key < 100; key++) many.set(`x-${key}`, '1');
    await expect(call(many)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    const usual = new Metadata();
    usual.set('x-request-id', 'x'.repeat(4000));
    expect(await call(usual)).toMatchObject({ status: { id: 1 } });
  });

  test('gives its metrics to Prometheus, and nothing else on that port', async () => {
    const daemon = await start(7, { metrics: '127.0.0.1:0' });
    const base = `http://${daemon.metricsAddress}`;
    const text = await (await fetch(`${base}/metrics`)).text();
    expect(text).toMatch(/^raftctl_build_info\{version="[^"]+",node="7",cluster="",state_machine="kv"\} 1$/m);
    expect(text).toMatch(/^raftctl_leader 0$/m);
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect((await fetch(base)).status).toBe(404);
    expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405);
  });

  test('counts what it does', async () => {
    const daemon = await start(1, { metrics: '127.0.0.1:0' });
    await bootstrap([daemon]);
    await until(daemon, isLeading);
    await put(daemon, 'a');
    await put(daemon, 'b');
    const text = await (await fetch(`http://${daemon.metricsAddress}/metrics`)).text();
    expect(text).toMatch(/^raftctl_proposal_seconds_count 2$/m);
    expect(text).toMatch(/^raftctl_is_leader 1$/m);
    expect(text).toMatch(/^raftctl_voters 1$/m);
    expect(Number(/^raftctl_applied_index (\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(3);
  });
});

describe('nodes', () => {
  test('make a cluster, hand over when their leader stops, and take a new node’s announcement', async () => {
    const nodes = await Promise.all([1, 2, 3].map((id) => start(id)));
    await bootstrap(nodes);
    const [first] = nodes;
    if (first === undefined) throw new Error('no node');
    const { leader } = await until(first, (state) => state.leader !== 0);
    const leading = nodes[leader - 1];
    const [follower] = nodes.filter((daemon) => daemon !== leading);
    if (leading === undefined || follower === undefined) throw new Error('no leader');

    await start(4, { join: [follower.address] });
    const members = clientOf(MemberServiceClient, leading);
    await vi.waitUntil(
      async () => (await unary(members, MemberServiceService.listMembers, {})).announced.some(({ id }) => id === 4),
      { interval: 20, timeout: 20_000 },
    );

    await put(leading, 'a');
    await leading.stop();
    const after = await until(follower, (state) => state.leader !== 0 && state.leader !== leader);
    const next = nodes[after.leader - 1];
    if (next === undefined) throw new Error('no new leader');
    await put(next, 'b');
  });
});
