import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { ChannelCredentials, Client, type MethodDefinition, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterServiceService } from '../../src/gen/raftctl/v1/cluster.js';
import { HistoryServiceService } from '../../src/gen/raftctl/v1/history.js';
import {
  CompareAndSetRequest,
  GetRequest,
  KvServiceService,
  ListRequest,
  PutRequest,
} from '../../src/gen/raftctl/v1/kv.js';
import { LeaderServiceService } from '../../src/gen/raftctl/v1/leader.js';
import { ListEntriesRequest, LogServiceService } from '../../src/gen/raftctl/v1/log.js';
import { ChangeMembersRequest, MemberServiceService, UpdateMemberRequest } from '../../src/gen/raftctl/v1/member.js';
import { SnapshotServiceService } from '../../src/gen/raftctl/v1/snapshot.js';
import { detailOf, unary } from '../control/control-server.js';
import { allMethods } from '../fuzz/protos.js';
import { RunningNode } from '../fuzz/running-node.js';
import { WireClient } from '../fuzz/wire-client.js';

/** What requests say, by the numbers of docs/bad-input.md. One node for all: none of it may harm the next. */
let node: RunningNode;
let client: Client;
let wire: WireClient;
beforeAll(async () => {
  node = await RunningNode.start();
  client = new Client(node.address, ChannelCredentials.createInsecure());
  wire = await WireClient.connect(node.address);
});
afterAll(async () => {
  await node.expectServing();
  expect(node.defect).toBeUndefined();
  client.close();
  wire.close();
  await node.close();
});

type AnyMethod = MethodDefinition<never, unknown>;

/** The code with which a call ends, and its sentence; `taken` where it ends well. */
async function outcome(method: object, request: object): Promise<string> {
  const { path, responseStream, requestSerialize, responseDeserialize } = method as AnyMethod;
  try {
    if (!responseStream) await unary(client, method as AnyMethod, request as never);
    else {
      const stream = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request as never);
      for await (const _ of stream);
    }
    return 'taken';
  } catch (thrown) {
    const detail = detailOf(thrown as ServiceError);
    return detail === undefined ? String(thrown) : `${detail.code} ${detail.message}`;
  }
}

const { put, get, list, compareAndSet } = KvServiceService;
const members = (fields: Parameters<typeof ChangeMembersRequest.fromPartial>[0]) =>
  ChangeMembersRequest.fromPartial({ requestId: 'r', ...fields });
const peer = (id: number, address: string) =>
  members({ learners: { ids: [id] }, peers: [{ id, name: `n${id}`, address }], dryRun: true });
const cas = (expect: object | undefined) =>
  CompareAndSetRequest.fromPartial({ key: 'cas', value: '1', expect } as never);

describe('bad input, what is in the messages', () => {
  test.each<[string, object, object, RegExp]>([
    ['17: an empty key', put, PutRequest.fromPartial({ value: '1' }), /^E_USAGE key: the key is empty/],
    [
      '17: a key of a byte too many',
      put,
      PutRequest.fromPartial({ key: 'x'.repeat(1025), value: '1' }),
      /^E_USAGE key:/,
    ],
    [
      '17: a key of three megabytes',
      put,
      PutRequest.fromPartial({ key: 'x'.repeat(3 << 20), value: '1' }),
      /^E_USAGE key:/,
    ],
    ['18: an empty value', put, PutRequest.fromPartial({ key: 'a' }), /^E_USAGE value: the value is empty/],
    [
      '18: a value over the limit',
      put,
      PutRequest.fromPartial({ key: 'a', value: `"${'x'.repeat(3 << 20)}"` }),
      /^E_TOO_LARGE/,
    ],
    [
      '18: a value of brackets in brackets',
      put,
      PutRequest.fromPartial({ key: 'a', value: '['.repeat(5000) }),
      /^E_USAGE value/,
    ],
    [
      '19: node 0',
      LeaderServiceService.transferLeader,
      { target: 0, maxLag: undefined },
      /^E_REFUSED there is no other voter/,
    ],
    [
      '19: a node that nobody knows',
      LeaderServiceService.transferLeader,
      { target: 2 ** 53 - 1, maxLag: undefined },
      /^E_NOT_FOUND/,
    ],
    ['20: the hash of index 0', ClusterServiceService.getStateHash, { index: 0 }, /^E_USAGE index/],
    [
      '20: a range that ends before it begins',
      LogServiceService.listEntries,
      ListEntriesRequest.fromPartial({ from: 9, to: 3 }),
      /^E_USAGE to/,
    ],
    [
      '20: a range behind the last entry',
      LogServiceService.listEntries,
      ListEntriesRequest.fromPartial({ from: 2 ** 53 - 1 }),
      /^taken/,
    ],
    [
      '21: a cluster id that is none',
      ClusterServiceService.bootstrap,
      { spec: { clusterId: 'c1', name: '', members: [], voters: [], learners: [] }, nodeId: 1 },
      /^E_USAGE spec.cluster_id/,
    ],
    ['30: a change of nothing', MemberServiceService.changeMembers, members({}), /^E_USAGE voters/],
    ['30: no voters', MemberServiceService.changeMembers, members({ voters: { ids: [] } }), /^E_USAGE voters/],
    ['30: a voter twice', MemberServiceService.changeMembers, members({ voters: { ids: [1, 1] } }), /^E_USAGE voters/],
    [
      '30: a voter that is a learner',
      MemberServiceService.changeMembers,
      members({ voters: { ids: [1] }, learners: { ids: [1] } }),
      /^E_USAGE voters/,
    ],
    [
      '30: a stranger',
      MemberServiceService.changeMembers,
      members({ voters: { ids: [1, 9] } }),
      /^E_(USAGE|NOT_FOUND|REFUSED).*9/,
    ],
    ['30: node 0', MemberServiceService.changeMembers, members({ voters: { ids: [0] } }), /^E_USAGE/],
    [
      '30: a thousand nodes',
      MemberServiceService.changeMembers,
      members({ voters: { ids: Array.from({ length: 1000 }, (_, at) => at + 1) } }),
      /^E_/,
    ],
    [
      '30: the removal of the last voter',
      MemberServiceService.changeMembers,
      members({ learners: { ids: [1] } }),
      /^E_/,
    ],
    ['31: no address', MemberServiceService.changeMembers, peer(2, ''), /^E_USAGE peers.address/],
    [
      '31: an address without a port',
      MemberServiceService.changeMembers,
      peer(2, 'localhost'),
      /^E_USAGE peers.address/,
    ],
    ['31: every address', MemberServiceService.changeMembers, peer(2, '0.0.0.0:7400'), /^E_USAGE peers.address/],
    ['31: port 0', MemberServiceService.changeMembers, peer(2, 'a:0'), /^E_USAGE peers.address/],
    ['31: a port that there is not', MemberServiceService.changeMembers, peer(2, 'a:70000'), /^E_USAGE peers.address/],
    [
      '31: an address with a password',
      MemberServiceService.changeMembers,
      peer(2, 'http://user:pass@a:1'),
      /^E_USAGE peers.address/,
    ],
    [
      '31: an address of two kilobytes',
      MemberServiceService.changeMembers,
      peer(2, `${'a'.repeat(2000)}:1`),
      /^E_USAGE peers.address/,
    ],
    ['31: the path of a socket', MemberServiceService.changeMembers, peer(2, 'unix:/tmp/x'), /^E_USAGE peers.address/],
    [
      '31: a name that orders a terminal about',
      MemberServiceService.updateMember,
      UpdateMemberRequest.fromPartial({ id: 1, name: '\u001b[2J' }),
      /^E_USAGE name/,
    ],
    [
      '33: a snapshot that is to keep more entries than there are',
      SnapshotServiceService.triggerSnapshot,
      { keepEntries: 2 ** 53 - 1 },
      /^taken/,
    ],
    ['34: a condition that is none', compareAndSet, cas(undefined), /^E_USAGE expect/],
    [
      '34: a condition on version 0',
      compareAndSet,
      cas({ condition: { $case: 'version', value: 0 } }),
      /^E_USAGE expect.version/,
    ],
    [
      '34: a condition that nothing is there, and is false',
      compareAndSet,
      cas({ condition: { $case: 'absent', value: false } }),
      /^E_USAGE expect.absent/,
    ],
    ['36: a page of more than there may be', list, ListRequest.fromPartial({ limit: 2 ** 32 - 1 }), /^taken/],
    [
      '36: a place that is none to go on after',
      list,
      ListRequest.fromPartial({ after: 'x'.repeat(2000) }),
      /^E_USAGE after/,
    ],
    [
      '37: the history from a change that is still to come',
      HistoryServiceService.listEvents,
      { since: 2 ** 53 - 1, types: [], limit: 0 },
      /^(taken|E_USAGE)/,
    ],
    [
      '38: a session of nobody',
      put,
      PutRequest.fromPartial({ key: 'a', value: '1', session: { clientId: '', sequence: 1, lowestPending: 1 } }),
      /^E_USAGE session.client_id/,
    ],
    [
      '38: a sequence of 0',
      put,
      PutRequest.fromPartial({ key: 'a', value: '1', session: { clientId: 'c', sequence: 0, lowestPending: 0 } }),
      /^E_USAGE session.sequence/,
    ],
    [
      '38: a session that waits for what it has not asked',
      put,
      PutRequest.fromPartial({ key: 'a', value: '1', session: { clientId: 'c', sequence: 1, lowestPending: 2 } }),
      /^E_USAGE session.lowest_pending/,
    ],
  ])('bad input %s', async (_, method, request, wanted) => {
    expect(await outcome(method, request)).toMatch(wanted);
  });

  test.each(['\0', '\u202e', '__proto__', 'constructor', '/a', '..', 'x'.repeat(1024)])(
    'bad input 17: the key %j is one like any other',
    async (key) => {
      expect(await outcome(put, PutRequest.fromPartial({ key, value: '"here"' }))).toBe('taken');
      expect(await node.get(key)).toBe('"here"');
      expect(Object.prototype).not.toHaveProperty('here');
    },
  );

  test('bad input 18: a value is kept to the byte', async () => {
    const value = ` { "a" : [1.0, "\\u00e9é\u{1f600}"] } `;
    expect(await outcome(put, PutRequest.fromPartial({ key: 'exact', value }))).toBe('taken');
    expect(await node.get('exact')).toBe(value);
  });

  test.each<[string, Buffer]>([
    ['15: bytes of no kind', Buffer.from('ff'.repeat(30), 'hex')],
    ['15: a number that does not end', Buffer.from(`08${'ff'.repeat(20)}`, 'hex')],
    ['15: ten thousand groups in groups that nobody knows', Buffer.alloc(10_000, (15 << 3) | 3)],
    ['15: a length beyond the end', Buffer.from('0a7f61', 'hex')],
    ['17: a key that is no UTF-8', Buffer.from('0a01ff12023131', 'hex')],
    ['19: an id of 2^64 - 1', Buffer.from('1a0b10ffffffffffffffffff01', 'hex')],
  ])('bad input %s: no request is made of it', async (_, message) => {
    const end = await wire.call({ path: put.path, messages: [message], timeoutMs: 20_000 });
    expect([end.detail?.code, end.hung]).toEqual(['E_USAGE', false]);
  });

  test('bad input 15: a field of another kind, fields that nobody knows, and a million of one, are no harm', async () => {
    const key = new BinaryWriter().uint32((1 << 3) | 2).string('bad-input-15');
    const wrong = key
      .uint32(2 << 3)
      .uint32(7)
      .finish();
    const wrongKind = await wire.call({ path: put.path, messages: [Buffer.from(wrong)], timeoutMs: 20_000 });
    expect(wrongKind.detail?.code).toBe('E_USAGE');
    const unknown = Buffer.concat([
      GetRequest.encode(GetRequest.fromPartial({ key: 'a' })).finish(),
      Buffer.from([0xfa, 0x7f, 1, 0]),
    ]);
    expect(await wire.call({ path: get.path, messages: [unknown], timeoutMs: 20_000 })).toMatchObject({
      grpcStatus: 0,
    });
    const million = Buffer.concat([
      Buffer.from([0x0a, 0xc4, 0x84, 0x3d, 0x0a, 0xc0, 0x84, 0x3d]),
      Buffer.alloc(1_000_000, 1),
    ]);
    const many = await wire.call({
      path: MemberServiceService.changeMembers.path,
      messages: [million],
      timeoutMs: 30_000,
    });
    expect([many.detail?.code, many.hung]).toEqual(['E_USAGE', false]);
  });

  test('bad input 16: nothing, said to each method, is a request or names what it lacks', async () => {
    const lines: string[] = [];
    for (const { path, descriptor } of allMethods()) {
      const isStream = descriptor.methodKind === 'server_streaming';
      // Has something to say when something happens, and not before.
      const isSilent = path === HistoryServiceService.watchEvents.path;
      const timeoutMs = isSilent ? 500 : 20_000;
      const end = await wire.call({ path, messages: [Buffer.alloc(0)], timeoutMs, hangUpAfterAnswer: isStream });
      expect(end.hung).toBe(false);
      const said = end.detail === undefined ? end.grpcMessage : `${end.detail.code} ${end.detail.message}`;
      lines.push(`${path} ${isSilent || end.grpcStatus === 0 || end.answerBytes > 0 ? 'taken' : said}`);
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('bad-input-nothing.txt');
  });

  test('bad input 36: no page is larger than the largest, whatever is asked for', async () => {
    for (let at = 0; at < 3; at++) {
      await outcome(put, PutRequest.fromPartial({ key: `page${at}`, value: JSON.stringify('x'.repeat(600_000)) }));
    }
    const page = await unary(client, list, ListRequest.fromPartial({ prefix: 'page', limit: 2 ** 32 - 1 }));
    expect([page.pairs.length, page.more]).toEqual([2, true]);
  });
});
