import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  KvAnswer,
  KvCommand,
  KvQuery,
  KvResult,
  KvServiceClient,
  KvServiceService,
} from '../../src/gen/raftctl/v1/kv.js';
import { CommandKind, Consistency } from '../../src/gen/raftctl/v1/proposal.js';
import type { Proposal } from '../../src/node/node-api.js';
import { ControlServer, failure, unary } from './control-server.js';
import { FakeNode } from './fake-node.js';

const pair = { key: 'a', value: '1', version: 3, modifiedIndex: 17 };
const session = { clientId: 'me', sequence: 4, lowestPending: 2 };

let node: FakeNode;
let control: ControlServer;
let client: KvServiceClient;
beforeEach(async () => {
  node = new FakeNode();
  control = await ControlServer.start(node);
  client = control.client(KvServiceClient);
});
afterEach(() => control.stop());

/** Answers the next command with this result, and keeps what was proposed. */
function answerCommand(result: Partial<KvResult>): { proposals: Proposal[] } {
  const proposals: Proposal[] = [];
  node.propose = async (proposal) => {
    proposals.push(proposal);
    const bytes = KvResult.encode(KvResult.fromPartial(result)).finish();
    return { index: 21, term: 4, result: bytes, duplicate: false };
  };
  return { proposals };
}

/** Answers the next query with these pairs, and keeps what was asked. */
function answerQuery(answer: Partial<KvAnswer>): { queries: { query: KvQuery; consistency: number }[] } {
  const queries: { query: KvQuery; consistency: number }[] = [];
  node.query = async (query, consistency) => {
    queries.push({ query: KvQuery.decode(query), consistency });
    return { result: KvAnswer.encode(KvAnswer.fromPartial(answer)).finish(), index: 20 };
  };
  return { queries };
}

describe('commands', () => {
  test('put proposes the machine’s own bytes under the client’s session and gives the new version', async () => {
    const { proposals } = answerCommand({ applied: true, version: 4, prev: pair });
    const response = await unary(client, KvServiceService.put, { key: 'a', value: '{"x":1}', session });
    expect(response).toEqual({ index: 21, term: 4, version: 4, prev: pair });
    expect(proposals).toHaveLength(1);
    expect(proposals[0]).toMatchObject({ kind: CommandKind.MACHINE, session });
    expect(KvCommand.decode(proposals[0]?.payload ?? new Uint8Array()).op).toEqual({
      $case: 'put',
      value: { key: 'a', value: '{"x":1}' },
    });
  });

  test('delete says whether there was something', async () => {
    answerCommand({ applied: true, prev: pair });
    expect(await unary(client, KvServiceService.delete, { key: 'a', session })).toMatchObject({
      deleted: true,
      prev: pair,
    });
    answerCommand({ applied: true });
    expect(await unary(client, KvServiceService.delete, { key: 'a', session })).toMatchObject({ deleted: false });
  });

  test('a compare-and-set that does not match is an answer, not an error', async () => {
    answerCommand({ applied: false, version: 3, prev: pair });
    const expectation = { condition: { $case: 'version' as const, value: 2 } };
    const request = { key: 'a', expect: expectation, value: '5', session };
    expect(await unary(client, KvServiceService.compareAndSet, request)).toMatchObject({ swapped: false, version: 3 });
  });
});

describe('queries', () => {
  test('get is linearizable unless it says otherwise, and no pair is an answer', async () => {
    const { queries } = answerQuery({ pairs: [] });
    const response = await unary(client, KvServiceService.get, { key: 'a', consistency: Consistency.UNSPECIFIED });
    expect(response).toEqual({ pair: undefined, index: 20 });
    await unary(client, KvServiceService.get, { key: 'a', consistency: Consistency.LOCAL });
    expect(queries).toEqual([
      { query: { op: { $case: 'get', value: { key: 'a' } } }, consistency: Consistency.LINEARIZABLE },
      { query: { op: { $case: 'get', value: { key: 'a' } } }, consistency: Consistency.LOCAL },
    ]);
  });

  test('list hands on where it stands', async () => {
    const { queries } = answerQuery({ pairs: [pair], more: true });
    const request = { prefix: 'a', limit: 1, after: '', consistency: Consistency.LEASE };
    expect(await unary(client, KvServiceService.list, request)).toEqual({ pairs: [pair], more: true, index: 20 });
    expect(queries[0]?.query.op).toEqual({ $case: 'list', value: { prefix: 'a', limit: 1, after: '' } });
  });
});

describe('refusals come before anything is proposed', () => {
  const put = (key: string, value: string) => unary(client, KvServiceService.put, { key, value, session: undefined });

  test.each([
    ['an empty key', () => put('', '1'), /^key: the key is empty/],
    ['a key over the limit', () => put('é'.repeat(513), '1'), /^key: the key has 1026 bytes/],
    ['an empty value', () => put('a', ''), /^value: the value is empty/],
    ['a value that is no JSON', () => put('a', '{x}'), /^value: the value is not JSON/],
    [
      'a compare-and-set that expects nothing',
      () =>
        unary(client, KvServiceService.compareAndSet, { key: 'a', expect: undefined, value: '1', session: undefined }),
      /^expect: must say absent, version or value/,
    ],
  ])('%s', async (_, call, sentence) => {
    const { proposals } = answerCommand({ applied: true });
    const { error, detail } = await failure(call());
    expect(error.code).toBe(status.INVALID_ARGUMENT);
    expect(detail?.message).toMatch(sentence);
    expect(proposals).toHaveLength(0);
  });

  test('another state machine', async () => {
    node.stateMachine = 'register';
    const { proposals } = answerCommand({ applied: true });
    const { error, detail } = await failure(put('a', '1'));
    expect(error.code).toBe(status.FAILED_PRECONDITION);
    expect(detail?.code).toBe('E_WRONG_STATE_MACHINE');
    expect(proposals).toHaveLength(0);
  });

  test('keys that mean something to JavaScript are keys like any other', async () => {
    const { proposals } = answerCommand({ applied: true, version: 1 });
    for (const key of ['__proto__', 'constructor', '\0', '../..', '\u202e']) await put(key, '1');
    const keys = proposals.map(({ payload }) => {
      const { op } = KvCommand.decode(payload);
      return op?.$case === 'put' ? op.value.key : undefined;
    });
    expect(keys).toEqual(['__proto__', 'constructor', '\0', '../..', '\u202e']);
  });
});
