import { jsonProblem, keyPartProblem, keyProblem } from '../base/kv-limits.js';
import {
  type CompareAndSetRequest,
  type CompareAndSetResponse,
  type DeleteRequest,
  type DeleteResponse,
  type GetRequest,
  type GetResponse,
  KvAnswer,
  KvCommand,
  type KvExpectation,
  KvQuery,
  KvResult,
  type KvServiceServer,
  type ListRequest,
  type ListResponse,
  type PutRequest,
  type PutResponse,
} from '../gen/raftctl/v1/kv.js';
import type { Consistency, Session } from '../gen/raftctl/v1/proposal.js';
import type { NodeApi } from '../node/node-api.js';
import type { CallContext, CallRunner } from './call-runner.js';
import { machineCalls } from './machine-calls.js';
import { badField } from './request-checks.js';

/** The key-value machine over gRPC: encodes commands and queries, decodes what the machine answers. */
export function kvService(node: NodeApi, runner: CallRunner): KvServiceServer {
  const machine = machineCalls(node, 'kv');

  const command = async (op: KvCommand['op'], session: Session | undefined, context: CallContext) => {
    const { index, term, result } = await machine.propose(KvCommand.encode({ op }).finish(), session, context);
    return { index, term, result: KvResult.decode(result) };
  };
  const query = async (op: KvQuery['op'], consistency: Consistency, context: CallContext) => {
    const { index, result } = await machine.query(KvQuery.encode({ op }).finish(), consistency, context);
    return { index, answer: KvAnswer.decode(result) };
  };

  return {
    get: runner.unary('reads', async ({ key, consistency }: GetRequest, context): Promise<GetResponse> => {
      check('key', keyProblem(key));
      const { index, answer } = await query({ $case: 'get', value: { key } }, consistency, context);
      return { pair: answer.pairs[0], index };
    }),
    put: runner.unary('changes', async ({ key, value, session }: PutRequest, context): Promise<PutResponse> => {
      check('key', keyProblem(key));
      check('value', jsonProblem(value));
      const { index, term, result } = await command({ $case: 'put', value: { key, value } }, session, context);
      return { index, term, version: result.version, prev: result.prev };
    }),
    delete: runner.unary('changes', async ({ key, session }: DeleteRequest, context): Promise<DeleteResponse> => {
      check('key', keyProblem(key));
      const { index, term, result } = await command({ $case: 'delete', value: { key } }, session, context);
      return { index, term, deleted: result.prev !== undefined, prev: result.prev };
    }),
    compareAndSet: runner.unary(
      'changes',
      async ({ key, expect, value, session }: CompareAndSetRequest, context): Promise<CompareAndSetResponse> => {
        check('key', keyProblem(key));
        check('value', jsonProblem(value));
        checkExpectation(expect);
        const op = { $case: 'compareAndSet' as const, value: { key, expect, value } };
        const { index, term, result } = await command(op, session, context);
        return { index, term, swapped: result.applied, version: result.version, prev: result.prev };
      },
    ),
    list: runner.unary('reads', async (request: ListRequest, context): Promise<ListResponse> => {
      const { prefix, limit, after, consistency } = request;
      check('prefix', keyPartProblem(prefix));
      check('after', keyPartProblem(after));
      const { index, answer } = await query({ $case: 'list', value: { prefix, limit, after } }, consistency, context);
      return { pairs: answer.pairs, more: answer.more, index };
    }),
  };
}

function check(field: string, problem: string | undefined): void {
  if (problem !== undefined) throw badField(field, problem);
}

function checkExpectation(expect: KvExpectation | undefined): void {
  const condition = expect?.condition;
  if (condition === undefined) throw badField('expect', 'must say absent, version or value');
  if (condition.$case === 'absent' && !condition.value) throw badField('expect.absent', 'must be true');
  if (condition.$case === 'version' && condition.value < 1) throw badField('expect.version', 'must be 1 or more');
  if (condition.$case === 'value') check('expect.value', jsonProblem(condition.value));
}
